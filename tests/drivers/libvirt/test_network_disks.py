"""Volumes that QEMU reaches by network: a guest boots from one, gets another one, and gives it back."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moorage import errors
from moorage.compute.model.guest import Disk
from tests.drivers.libvirt.conftest import Bench
from tests.drivers.libvirt.test_definitions import VOLUME, connection
from tests.support import network_storage, real_guests
from tests.support.network_storage import Connection
from tests.support.process import eventually, free_port

Serve = Callable[[Path, str], contextlib.AbstractContextManager[Connection]]


@contextlib.contextmanager
def served(
    serve: Serve, path: Path, content: bytes = b"", *, boot_index: int | None = None, size_gib: int = 1
) -> Iterator[Disk]:
    """A disk that begins with this content, in a server of its own."""
    with path.open("wb") as writer:
        writer.write(content)
        writer.truncate(size_gib << 30)
    volume_id = str(uuid.uuid4())
    device = "/dev/vda" if boot_index == 0 else "/dev/vdb"
    with serve(path, volume_id) as info:
        yield Disk(volume_id=volume_id, device_name=device, boot_index=boot_index, connection_info=info, size_gib=1)


@pytest.mark.parametrize(
    "serve",
    [
        pytest.param(network_storage.nbd, id="nbd"),
        pytest.param(network_storage.iscsi, id="iscsi", marks=pytest.mark.long),
    ],
)
def test_a_guest_boots_from_the_network_is_plugged_and_unplugged(serve: Serve, bench: Bench, tmp_path: Path) -> None:
    boot = real_guests.image(bench.code, "net")
    with served(serve, tmp_path / "root", boot, boot_index=0) as root, served(serve, tmp_path / "data") as data:
        guest = bench.guest()
        bench.driver.boot(guest, [root])
        bench.until_booted(guest, 1, "net")
        eventually(lambda: real_guests.counter(tmp_path / "root") == 1, 10, "the counter is on the served volume")
        for _ in range(2):
            bench.driver.plug(guest, data)
        bench.until_said(guest, "UP ")
        assert bench.held(guest) == sorted([root.volume_id, data.volume_id])
        for _ in range(2):
            bench.driver.unplug(guest, data)
        bench.until_said(guest, "DOWN ")
        assert bench.held(guest) == [root.volume_id]
        bench.driver.reboot(guest, [root, data], hard=True)
        bench.until_booted(guest, 2, "net")
        assert bench.held(guest) == sorted([root.volume_id, data.volume_id])
        bench.driver.power_off(guest, is_graceful=False)


@pytest.mark.long
def test_a_running_guest_moves_from_a_file_to_the_network(bench: Bench, tmp_path: Path) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    with served(network_storage.nbd, tmp_path / "new", boot_index=0) as new:
        bench.driver.swap(guest, root, new)
        assert bench.held(guest) == [new.volume_id]
        bench.driver.reboot(guest, [new], hard=True)
        bench.until_booted(guest, 2)
        bench.driver.power_off(guest, is_graceful=False)
    assert real_guests.counter(tmp_path / "new") == 2


def nowhere(kind: str, letter: str = "b") -> Disk:
    """Of a storage server that is not there."""
    port, volume_id = free_port(), str(uuid.uuid4())
    place = {
        "nbd": {"host": "127.0.0.1", "port": port}, "iscsi": {"target_portal": f"127.0.0.1:{port}"},
        "rbd": {"hosts": ["127.0.0.1"], "ports": [str(port)], "auth_enabled": False},
        "nfs": {"export": "127.0.0.1:/none"},
    }  # fmt: skip
    info = connection(kind)
    data = json.loads(json.dumps(info["data"]).replace(VOLUME, volume_id)) | place[kind]
    return Disk(
        volume_id=volume_id, device_name=f"/dev/vd{letter}", boot_index=None, connection_info={**info, "data": data}
    )


def test_libvirt_takes_every_kind_into_a_definition(bench: Bench) -> None:
    """It checks what it is given against its schema."""
    guest, root = bench.booted()
    bench.driver.power_off(guest, is_graceful=False)
    disks = [nowhere(*one) for one in (("nbd", "b"), ("iscsi", "c"), ("rbd", "d"), ("nfs", "e"))]
    for disk in disks:
        bench.driver.plug(guest, disk)
    assert bench.held(guest) == sorted(disk.volume_id for disk in (root, *disks))
    for disk in disks:
        bench.driver.unplug(guest, disk)
    assert bench.held(guest) == [root.volume_id]


@pytest.mark.parametrize("kind", ["nbd", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("iscsi", "nfs"))])
def test_a_storage_server_that_is_not_there_is_a_definite_no(kind: str, bench: Bench) -> None:
    """QEMU has tried to connect, or has no such protocol. (For rbd it would try for five minutes.)"""
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    disk = nowhere(kind)
    with pytest.raises(errors.Refused, match=f"attach of volume {disk.volume_id}"):
        bench.driver.plug(guest, disk)
    assert bench.held(guest) == [root.volume_id]
