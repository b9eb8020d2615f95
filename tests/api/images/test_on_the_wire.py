"""Claims that need a real socket: an unmodified client, a cut line, a killed server."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token
from openstack.connection import Connection

from tests.api.images.port import serving, serving_apart

# openstacksdk warns of its own use of its own interfaces.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")

ID = "0d6a6a2c-1111-4222-8333-0123456789ab"


def connect(port: int) -> Connection:
    url = f"http://127.0.0.1:{port}/image"
    return Connection(session=Session(auth=Token(url, f"member:{'a' * 32}")), image_endpoint_override=url)


def queued_image(cloud: Connection) -> None:
    cloud.image.post("/images", json={"id": ID, "disk_format": "raw", "container_format": "bare"}).raise_for_status()


def half_an_upload(port: int) -> socket.socket:
    """Announce 8 MiB, send 3; the rest is up to the test."""
    line = socket.create_connection(("127.0.0.1", port))
    head = f"PUT /image/v2/images/{ID}/file HTTP/1.1\r\nHost: h\r\nX-Auth-Token: member:{'a' * 32}\r\n"
    head += f"Content-Type: application/octet-stream\r\nContent-Length: {8 << 20}\r\n\r\n"
    line.sendall(head.encode() + bytes(3 << 20))
    return line


def becomes(what: Callable[[], bool]) -> bool:
    """Ask until it is so, at most 20 seconds: what happens on the other side of a socket sends no event."""
    pause = threading.Event()
    return any(what() or pause.wait(0.05) for _ in range(400))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def port(directory: Path) -> Iterator[int]:
    with serving(directory) as port:
        yield port


def test_openstacksdk_creates_finds_changes_downloads_and_deletes(port: int, tmp_path: Path) -> None:
    cloud = connect(port)
    source, target = tmp_path / "source.raw", tmp_path / "target.raw"
    source.write_bytes(os.urandom(5 << 20))
    image = cloud.create_image(
        "größe",
        filename=str(source),
        disk_format="raw",
        container_format="bare",
        wait=True,
        meta={"hw_disk_bus": "scsi"},
    )
    assert (image.status, image.size, image.hw_disk_bus) == ("active", 5 << 20, "scsi")
    assert image.checksum == hashlib.md5(source.read_bytes()).hexdigest()
    assert cloud.image.find_image("größe").id == image.id
    cloud.image.update_image(image.id, name="new", min_disk=1)
    assert cloud.image.get_image(image.id).name == "new"
    cloud.image.add_tag(image.id, "t")
    assert [found.id for found in cloud.image.images(tag="t")] == [image.id]
    cloud.image.download_image(image.id, output=str(target), stream=True)
    assert target.read_bytes() == source.read_bytes()
    cloud.image.add_member(image.id, member_id="b" * 32)
    assert [member.member_id for member in cloud.image.members(image.id)] == ["b" * 32]
    cloud.image.deactivate_image(image.id)
    assert cloud.image.get_image(image.id).status == "deactivated"
    assert cloud.delete_image(image.id)
    with pytest.raises(openstack.exceptions.NotFoundException):
        cloud.image.get_image(image.id)


def test_openstacksdk_walks_all_pages(port: int) -> None:
    cloud = connect(port)
    made = {cloud.image.post("/images", json={"name": str(n)}).json()["id"] for n in range(7)}
    assert {image.id for image in cloud.image.images(limit=2)} == made


def test_chunked_upload_of_unknown_length_arrives_whole(port: int) -> None:
    cloud = connect(port)
    queued_image(cloud)
    pieces = [os.urandom(100_000) for _ in range(30)]
    kind = {"Content-Type": "application/octet-stream"}
    assert cloud.image.put(f"/images/{ID}/file", data=iter(pieces), headers=kind).status_code == 204
    assert cloud.image.get(f"/images/{ID}/file").content == b"".join(pieces)


def test_cut_line_leaves_the_image_queued_and_no_file(port: int, directory: Path) -> None:
    cloud = connect(port)
    queued_image(cloud)
    line = half_an_upload(port)
    assert becomes(lambda: cloud.image.get_image(ID).status == "saving")
    kind = {"Content-Type": "application/octet-stream"}
    assert cloud.image.put(f"/images/{ID}/file", data=b"x", headers=kind).status_code == 409
    line.close()
    assert becomes(lambda: cloud.image.get_image(ID).status == "queued")
    assert list((directory / "images").iterdir()) == []


def test_image_deleted_during_upload_answers_410_and_leaves_no_file(port: int, directory: Path) -> None:
    cloud = connect(port)
    queued_image(cloud)
    line = half_an_upload(port)
    assert becomes(lambda: cloud.image.get_image(ID).status == "saving")
    cloud.image.delete_image(ID)
    line.sendall(bytes(5 << 20))
    assert line.recv(1000).startswith(b"HTTP/1.1 410 ")
    line.close()
    assert becomes(lambda: not list((directory / "images").iterdir()))


def test_upload_of_a_killed_server_can_be_repeated_after_its_restart(directory: Path, tmp_path: Path) -> None:
    with serving_apart(directory) as (port, process):
        cloud = connect(port)
        queued_image(cloud)
        line = half_an_upload(port)
        assert becomes(lambda: cloud.image.get_image(ID).status == "saving")
        process.kill()
        process.wait()
        line.close()
    assert [path.name.startswith(f".{ID}.") for path in (directory / "images").iterdir()] == [True]
    with serving(directory) as port:
        cloud = connect(port)
        assert cloud.image.get_image(ID).status == "queued"
        assert list((directory / "images").iterdir()) == []
        answer: Any = cloud.image.put(
            f"/images/{ID}/file", data=b"again", headers={"Content-Type": "application/octet-stream"}
        )
        assert answer.status_code == 204
        assert cloud.image.get_image(ID).status == "active"
