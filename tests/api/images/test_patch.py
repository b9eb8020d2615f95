from __future__ import annotations

from typing import Any

import pytest

from tests.api.images.caller import OLD_PATCH, Caller


def test_operations_apply_in_order_and_all_or_nothing(alice: Caller) -> None:
    image = alice.make(name="old", a="1")
    add = {"op": "add", "path": "/b~1c", "value": "2"}
    done = alice.patch(
        image["id"], add, {"op": "replace", "path": "/b~1c", "value": "3"}, {"op": "remove", "path": "/a"}
    )
    assert done.status_code == 200
    assert done.json()["b/c"] == "3"
    assert "a" not in done.json()
    failed = alice.patch(
        image["id"], {"op": "replace", "path": "/name", "value": "new"}, {"op": "remove", "path": "/a"}
    )
    assert failed.status_code == 409
    assert alice.show(image["id"])["name"] == "old"


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"op": "replace", "path": "/status", "value": "active"}, 403),
        ({"op": "replace", "path": "/id", "value": "x"}, 403),
        ({"op": "add", "path": "/os_glance_x", "value": "x"}, 403),
        ({"op": "add", "path": "/locations/-", "value": {}}, 403),
        ({"op": "remove", "path": "/name"}, 403),
        ({"op": "replace", "path": "/owner", "value": "b" * 32}, 403),
        ({"op": "replace", "path": "/visibility", "value": "public"}, 403),
        ({"op": "replace", "path": "/unknown", "value": "x"}, 409),
        ({"op": "remove", "path": "/unknown"}, 409),
        ({"op": "replace", "path": "/visibility", "value": "x"}, 400),
        ({"op": "replace", "path": "/min_ram", "value": None}, 400),
        ({"op": "test", "path": "/name", "value": "x"}, 400),
        ({"op": "add", "path": "name", "value": "x"}, 400),
        ({"op": "add", "path": "/tags/-", "value": "x"}, 400),
        ({"op": "add", "path": "/a~2", "value": "x"}, 400),
        ({"op": "add", "path": "/", "value": "x"}, 400),
        ({"op": "add", "path": "/a"}, 400),
        ({"op": ["add"], "path": 5}, 400),
        ("text", 400),
    ],
)
def test_bad_operation_is_refused(alice: Caller, operation: Any, status: int) -> None:
    image = alice.make(a="1")
    assert alice.patch(image["id"], operation).status_code == status
    assert alice.show(image["id"]) == image


def test_other_media_types_and_broken_bodies_are_refused(alice: Caller) -> None:
    path = f"/images/{alice.make()['id']}"
    kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    assert alice("PATCH", path, json=[]).status_code == 415
    assert alice("PATCH", path, kind, content=b"{").status_code == 400
    assert alice("PATCH", path, kind, json={}).status_code == 400


def test_old_media_type_knows_only_new_names_in_add(alice: Caller) -> None:
    image = alice.make(a="1")
    assert alice.patch(image["id"], {"replace": "/name", "value": "n"}, kind=OLD_PATCH).json()["name"] == "n"
    assert alice.patch(image["id"], {"add": "/b", "value": "n"}, kind=OLD_PATCH).status_code == 200
    assert alice.patch(image["id"], {"add": "/a", "value": "n"}, kind=OLD_PATCH).status_code == 409
    assert alice.patch(image["id"], {"add": "/a", "remove": "/b"}, kind=OLD_PATCH).status_code == 400


def test_formats_are_fixed_once_there_are_bytes(alice: Caller, raw: dict[str, Any]) -> None:
    image = alice.make(**raw)
    assert alice.replace(image["id"], "disk_format", "iso").status_code == 200
    assert alice.put(image["id"], b"x").status_code == 204
    assert alice.replace(image["id"], "disk_format", "raw").status_code == 403


def test_admin_sets_owner_and_makes_public(alice: Caller, bob: Caller, admin: Caller) -> None:
    image = alice.make()
    assert admin.replace(image["id"], "visibility", "public").status_code == 200
    assert bob.show(image["id"])["visibility"] == "public"
    assert bob.replace(image["id"], "name", "mine").status_code == 403
    assert bob("DELETE", f"/images/{image['id']}").status_code == 403
    assert admin.replace(image["id"], "owner", bob.project).status_code == 200
    assert bob.replace(image["id"], "name", "mine").status_code == 200
