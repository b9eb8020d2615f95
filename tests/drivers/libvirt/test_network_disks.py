"""Volumes that QEMU reaches by network: a guest boots from one, gets another one, and gives it back."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moorage import errors
from moorage.compute.ports import Disk
from tests.drivers.libvirt.conftest import Bench
from tests.drivers.libvirt.test_definitions import connection
from tests.support import network_storage, real_guests
from tests.support.network_storage import Connection
from tests.support.process import eventually, free_port

Serve = Callable[[Path, str], contextlib.AbstractContextManager[Connection]]


@contextlib.contextmanager
def served(serve: Serve, path: Path, content: bytes, device: str, boot_index: int | None) -> Iterator[Disk]:
    """A disk with this content, in a server of its own."""
    path.write_bytes(content)
    volume_id = str(uuid.uuid4())
    with serve(path, volume_id) as info:
        yield Disk(volume_id=volume_id, device_name=device, boot_index=boot_index, connection_info=info, size_gib=1)


@pytest.mark.parametrize("serve", [network_storage.nbd, network_storage.iscsi], ids=["nbd", "iscsi"])
def test_a_guest_boots_from_the_network_is_plugged_and_unplugged(serve: Serve, bench: Bench, tmp_path: Path) -> None:
    boot, blank = real_guests.image(bench.code, "net").ljust(1 << 20, b"\0"), bytes(1 << 20)
    with (
        served(serve, tmp_path / "root", boot, "/dev/vda", 0) as root,
        served(serve, tmp_path / "data", blank, "/dev/vdb", None) as data,
    ):
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


def test_a_running_guest_moves_from_a_file_to_the_network(bench: Bench, tmp_path: Path) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    with served(network_storage.nbd, tmp_path / "new", bytes(1 << 30), "/dev/vda", 0) as new:
        bench.driver.swap(guest, root, new)
        assert bench.held(guest) == [new.volume_id]
        bench.driver.reboot(guest, [new], hard=True)
        bench.until_booted(guest, 2)
        bench.driver.power_off(guest, is_graceful=False)
    assert real_guests.counter(tmp_path / "new") == 2


@pytest.mark.parametrize("kind", ["nbd", "iscsi", "rbd", "nfs"])
def test_libvirt_takes_each_kind_and_a_server_that_is_not_there_is_a_definite_no(kind: str, bench: Bench) -> None:
    """libvirt checks the definition against its schema; then QEMU tries to connect."""
    info = connection(kind)
    nowhere = f"127.0.0.1:{free_port()}"
    host, _, port = nowhere.partition(":")
    info["data"] = info["data"] | {
        "nbd": {"host": host, "port": port}, "iscsi": {"target_portal": nowhere},
        "rbd": {"hosts": [host], "ports": [port], "auth_enabled": False}, "nfs": {"export": f"{host}:/none"},
    }[kind]  # fmt: skip
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    disk = Disk(volume_id=str(uuid.uuid4()), device_name="/dev/vdb", boot_index=None, connection_info=info)
    with pytest.raises(errors.Refused, match=f"attach of volume {disk.volume_id}"):
        bench.driver.plug(guest, disk)
    assert bench.held(guest) == [root.volume_id]
