from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moorage import errors
from moorage.context import Context
from moorage.images.service import upload as uploads
from tests.api.images.caller import Caller

DATA = bytes(range(256)) * 12000  # 3 MiB: several pieces


def in_pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), 70_000):
        yield data[start : start + 70_000]


def qcow2(size: int, backing: int = 0, features: int = 0) -> bytes:
    return struct.pack(">4sIQIIQ", b"QFI\xfb", 3, backing, 0, 16, size).ljust(72, b"\0") + struct.pack(">Q", features)


@pytest.mark.parametrize("is_chunked", [True, False])
def test_uploaded_bytes_come_back_with_their_sums(alice: Caller, raw: dict[str, Any], is_chunked: bool) -> None:
    image = alice.make(**raw)
    assert alice("GET", f"/images/{image['id']}/file").status_code == 204
    answer = alice.put(image["id"], in_pieces(DATA) if is_chunked else DATA)
    assert (answer.status_code, answer.content) == (204, b"")
    stored = alice.show(image["id"])
    assert (stored["status"], stored["size"], stored["virtual_size"]) == ("active", len(DATA), len(DATA))
    assert stored["checksum"] == hashlib.md5(DATA).hexdigest()
    assert (stored["os_hash_algo"], stored["os_hash_value"]) == ("sha512", hashlib.sha512(DATA).hexdigest())
    back = alice("GET", f"/images/{image['id']}/file")
    assert (back.status_code, back.content) == (200, DATA)
    assert back.headers["content-md5"] == stored["checksum"]
    assert back.headers["content-length"] == str(len(DATA))
    assert back.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [("0-0", 0, 1), ("5-", 5, None), ("-7", -7, None), ("2000000-9999999999", 2_000_000, None)],
)
def test_range_gives_these_bytes(alice: Caller, raw: dict[str, Any], header: str, start: int, end: int | None) -> None:
    image = alice.make(**raw)
    alice.put(image["id"], DATA)
    answer = alice("GET", f"/images/{image['id']}/file", {"Range": f"bytes={header}"})
    assert (answer.status_code, answer.content) == (206, DATA[start:end])
    first = start % len(DATA)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(DATA)}"


@pytest.mark.parametrize("header", ["bytes=9999999-", "bytes=5-4", "bytes=-0", "bytes=-", "bytes=0-1,3-4", "x"])
def test_range_that_cannot_be_had_is_416(alice: Caller, raw: dict[str, Any], header: str) -> None:
    image = alice.make(**raw)
    alice.put(image["id"], DATA)
    answer = alice("GET", f"/images/{image['id']}/file", {"Range": header})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(DATA)}"


def test_empty_image_is_an_image(alice: Caller, raw: dict[str, Any]) -> None:
    image = alice.make(**raw)
    assert alice.put(image["id"], b"").status_code == 204
    assert alice.show(image["id"])["size"] == 0
    assert alice("GET", f"/images/{image['id']}/file").status_code == 200


def test_second_upload_is_refused_and_changes_nothing(alice: Caller, raw: dict[str, Any], tmp_path: Path) -> None:
    image = alice.make(**raw)
    with alice.client.services.store.write() as tx:
        uploads.begin(tx, Context(user_id="u", project_id=alice.project), image["id"])
    assert alice.put(image["id"], b"other").status_code == 409
    assert alice.show(image["id"])["status"] == "saving"
    assert list((tmp_path / "images").iterdir()) == []
    with alice.client.services.store.write() as tx:
        uploads.abandon(tx, image["id"])
    assert alice.put(image["id"], b"first").status_code == 204
    assert alice.put(image["id"], b"other").status_code == 409
    assert alice("GET", f"/images/{image['id']}/file").content == b"first"


def is_untouched(caller: Caller, image_id: str, image_dir: Path) -> bool:
    image = caller.show(image_id)
    return image["status"] == "queued" and image["size"] is None and not list(image_dir.iterdir())


def test_too_large_upload_is_413_and_can_be_tried_again(alice: Caller, raw: dict[str, Any], tmp_path: Path) -> None:
    image = alice.make(**raw)
    large = bytes(9 << 20)
    for data in (large, in_pieces(large)):
        assert alice.put(image["id"], data).status_code == 413
        assert is_untouched(alice, image["id"], tmp_path / "images")
    assert alice.put(image["id"], b"small").status_code == 204


def test_upload_that_fails_inside_leaves_the_image_queued(alice: Caller, raw: dict[str, Any], tmp_path: Path) -> None:
    image = alice.make(**raw)

    def breaking() -> Iterator[bytes]:
        yield bytes(2 << 20)
        raise RuntimeError("disk on fire")

    assert alice.put(image["id"], breaking()).status_code == 500
    assert is_untouched(alice, image["id"], tmp_path / "images")


def test_image_deleted_during_upload_is_gone_with_its_bytes(alice: Caller, raw: dict[str, Any], tmp_path: Path) -> None:
    image = alice.make(**raw)
    real = uploads.finish

    def delete_first(tx: Any, image_id: str, facts: Any) -> Any:
        raise errors.NotFound(image_id)

    uploads.finish = delete_first
    try:
        assert alice.put(image["id"], b"x").status_code == 410
    finally:
        uploads.finish = real
    assert list((tmp_path / "images").iterdir()) == []


def test_upload_needs_formats_type_and_ownership(alice: Caller, bob: Caller, admin: Caller) -> None:
    bare = alice.make(container_format="bare")
    answer = alice.put(bare["id"], b"x")
    assert answer.status_code == 400
    assert "disk_format" in answer.json()["error"]["message"]
    assert alice("PUT", f"/images/{bare['id']}/file", {"Content-Type": "text/plain"}, content=b"x").status_code == 415
    assert alice.put(bare["id"], b"x", **{"x-image-meta-store": "swift"}).status_code == 400
    assert bob.put(bare["id"], b"x").status_code == 404
    public = admin.make(visibility="public", disk_format="raw", container_format="bare")
    assert bob.put(public["id"], b"x").status_code == 403
    assert admin.put(public["id"], b"x").status_code == 204
    assert bob("GET", f"/images/{public['id']}/file").content == b"x"


def test_deactivated_image_is_downloaded_by_admins_only(alice: Caller, admin: Caller, raw: dict[str, Any]) -> None:
    image = alice.make(**raw)
    path = f"/images/{image['id']}"
    assert alice("POST", f"{path}/actions/deactivate").status_code == 403
    alice.put(image["id"], b"x")
    for _ in range(2):
        assert alice("POST", f"{path}/actions/deactivate").status_code == 204
    assert alice.show(image["id"])["status"] == "deactivated"
    assert alice("GET", f"{path}/file").status_code == 403
    assert admin("GET", f"{path}/file").content == b"x"
    assert alice("POST", f"{path}/actions/reactivate").status_code == 204
    assert alice("GET", f"{path}/file").content == b"x"


def test_only_owner_and_admin_deactivate(alice: Caller, bob: Caller, raw: dict[str, Any]) -> None:
    image = alice.make(**raw, visibility="community")
    alice.put(image["id"], b"x")
    assert bob("POST", f"/images/{image['id']}/actions/deactivate").status_code == 403


def test_virtual_size_of_qcow2_is_read_from_its_header(alice: Caller) -> None:
    image = alice.make(disk_format="qcow2", container_format="bare")
    assert alice.put(image["id"], qcow2(5 << 30)).status_code == 204
    assert alice.show(image["id"])["virtual_size"] == 5 << 30


@pytest.mark.parametrize("data", [b"no qcow2", b"", qcow2(1, backing=104), qcow2(1, features=4)])
def test_unusable_qcow2_is_refused(alice: Caller, tmp_path: Path, data: bytes) -> None:
    image = alice.make(disk_format="qcow2", container_format="bare")
    assert alice.put(image["id"], data).status_code == 415
    assert is_untouched(alice, image["id"], tmp_path / "images")
