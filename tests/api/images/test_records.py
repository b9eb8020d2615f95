from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.images.caller import Caller

FIELDS = {
    "id", "name", "status", "visibility", "protected", "tags", "owner", "min_disk", "min_ram", "size", "virtual_size",
    "checksum", "os_hash_algo", "os_hash_value", "os_hidden", "disk_format", "container_format", "created_at",
    "updated_at", "file", "self", "schema",
}  # fmt: skip
ID = "0d6a6a2c-1111-4222-8333-0123456789ab"


def test_new_image_is_queued_and_has_exactly_the_fields_of_glance(alice: Caller, raw: dict[str, Any]) -> None:
    answer = alice("POST", "/images", json={**raw, "name": "größe", "hw_disk_bus": "scsi", "tags": ["x", "x"]})
    image = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"http://moorage.test/image/v2/images/{image['id']}"
    assert set(image) == FIELDS | {"hw_disk_bus"}
    assert (image["status"], image["visibility"], image["owner"]) == ("queued", "shared", alice.project)
    assert (image["tags"], image["size"], image["file"]) == (["x"], None, f"/v2/images/{image['id']}/file")
    assert alice.show(image["id"]) == image


def test_given_id_is_taken_once_even_after_deletion(alice: Caller, bob: Caller) -> None:
    alice.make(id=ID)
    assert bob("POST", "/images", json={"id": ID}).status_code == 409
    assert alice("DELETE", f"/images/{ID}").status_code == 204
    assert alice("POST", "/images", json={"id": ID}).status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"id": "not-a-uuid"}, 400),
        ({"id": f"{ID}\n"}, 400),
        ({"name": "n" * 256}, 400),
        ({"name": 5}, 400),
        ({"disk_format": "wrong"}, 400),
        ({"container_format": "wrong"}, 400),
        ({"visibility": "secret"}, 400),
        ({"min_disk": -1}, 400),
        ({"min_disk": "5"}, 400),
        ({"protected": "true"}, 400),
        ({"tags": ["t" * 256]}, 400),
        ({"mine": 5}, 400),
        ({"mine": "a\0b"}, 400),
        ({"tags": ["a\0b"]}, 400),
        ({"k" * 256: "v"}, 400),
        ({"status": "active"}, 403),
        ({"size": 5}, 403),
        ({"locations": []}, 403),
        ({"deleted": "x"}, 403),
        ({"os_glance_foo": "x"}, 403),
        ({"owner": "b" * 32}, 403),
        ({"visibility": "public"}, 403),
        ({f"p{n}": "v" for n in range(129)}, 413),
    ],
)
def test_bad_create_is_refused_and_leaves_nothing(alice: Caller, body: dict[str, Any], status: int) -> None:
    assert alice("POST", "/images", json=body).status_code == status
    assert alice.listed() == []


def test_error_names_field_value_and_reason(alice: Caller) -> None:
    message = alice("POST", "/images", json={"disk_format": "wrong"}).json()["error"]["message"]
    assert "disk_format" in message
    assert "'wrong'" in message


def test_deleted_image_and_its_file_are_gone(alice: Caller, raw: dict[str, Any], tmp_path: Path) -> None:
    image = alice.make(**raw)
    alice.put(image["id"], b"x" * 10)
    assert alice("DELETE", f"/images/{image['id']}").status_code == 204
    assert alice("GET", f"/images/{image['id']}").status_code == 404
    assert alice("DELETE", f"/images/{image['id']}").status_code == 404
    assert list((tmp_path / "images").iterdir()) == []


def test_protected_image_is_deleted_only_after_protection_ends(alice: Caller) -> None:
    image = alice.make(protected=True)
    assert alice("DELETE", f"/images/{image['id']}").status_code == 403
    assert alice.replace(image["id"], "protected", False).status_code == 200
    assert alice("DELETE", f"/images/{image['id']}").status_code == 204


@pytest.mark.parametrize("image_id", ["", "x", "%00", "a%2Fb", ID])
def test_unknown_and_malformed_ids_are_not_found(alice: Caller, image_id: str) -> None:
    for method in ("GET", "DELETE"):
        assert alice(method, f"/images/{image_id}").status_code == 404
    assert alice.replace(image_id, "name", "x").status_code == 404


def test_tags_are_added_once_and_removed(alice: Caller, bob: Caller) -> None:
    image = alice.make()
    path = f"/images/{image['id']}/tags"
    assert alice("PUT", f"{path}/a%2Fb").status_code == 204
    assert alice("PUT", f"{path}/a%2Fb").status_code == 204
    assert alice.show(image["id"])["tags"] == ["a/b"]
    assert alice("PUT", f"{path}/{'t' * 256}").status_code == 400
    assert bob("PUT", f"{path}/t").status_code == 404
    assert alice("DELETE", f"{path}/a%2Fb").status_code == 204
    assert alice("DELETE", f"{path}/a%2Fb").status_code == 404


def test_reader_reads_but_does_not_write(client: Any, alice: Caller) -> None:
    reader = Caller(client, f"reader:{alice.project}")
    image = alice.make()
    assert reader.show(image["id"])["id"] == image["id"]
    assert reader("POST", "/images", json={}).status_code == 403
    assert reader("DELETE", f"/images/{image['id']}").status_code == 403
