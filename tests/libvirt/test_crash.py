"""kill -9 with real guests: they go on, and once Moorage is back, guests, definitions and records agree.

The cells are those steps of an undisturbed run that touch a guest, killed after their work, before it is on record:
that is where only the guest itself can tell what was done. The other steps are killed with the other drivers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.libvirt.test_disks import attach, booted, detach
from tests.support.process import eventually
from tests.support.real_cloud import RealCloud, real_cloud
from tests.support.real_guests import LibvirtRoot

Ask = Callable[[RealCloud, str, str], None]


def ask(action: str, value: object = None) -> Ask:
    def send(site: RealCloud, server: str, _data: str) -> None:
        assert site.act(server, action, value).status_code == 202

    return send


def ask_attach(site: RealCloud, server: str, data: str) -> None:
    body = {"volumeAttachment": {"volumeId": data}}
    site.moorage.call("POST", "compute", f"/servers/{server}/os-volume_attachments", body)


def ask_detach(site: RealCloud, server: str, data: str) -> None:
    site.moorage.call("DELETE", "compute", f"/servers/{server}/os-volume_attachments/{data}")


CELLS: list[tuple[str, str, Ask, str]] = [
    ("attach_volume", "plug", ask_attach, "ACTIVE"),
    ("detach_volume", "try_unplug", ask_detach, "ACTIVE"),
    ("stop", "power_off", ask("os-stop"), "SHUTOFF"),
    ("start", "power_on", ask("os-start"), "ACTIVE"),
    ("reboot", "halt", ask("reboot", {"type": "HARD"}), "ACTIVE"),
    ("suspend", "put_to_sleep", ask("suspend"), "SUSPENDED"),
    ("resume", "wake", ask("resume"), "ACTIVE"),
    ("shelve_offload", "destroy_guest", ask("shelve"), "SHELVED_OFFLOADED"),
    ("unshelve", "boot_guest", ask("unshelve"), "ACTIVE"),
]
"""Kind, step, request, status in the end; each begins where the one before has ended."""


@pytest.mark.timeout(400)
def test_killed_after_each_step_that_touches_a_guest_everything_agrees_in_the_end(site: RealCloud) -> None:
    root, data = site.volume("A"), site.volume("data", is_bootable=False)
    site.kill_at("boot", "boot_guest", "after")
    server = site.server([root])
    site.moorage.wait_dead()
    site.moorage.start()
    site.wait(server, "ACTIVE")
    site.until_booted(server, 1)
    for kind, step, request, status in CELLS:
        site.kill_at(kind, step, "after")
        request(site, server, data)
        site.moorage.wait_dead()
        site.moorage.start()
        site.settle()
        assert site.wait(server, status) == status, f"killed after {kind} {step}"
        assert site.problems() == [], f"killed after {kind} {step}"
    site.kill_at("destroy", "destroy_guest", "after")
    site.delete(server)
    site.moorage.wait_dead()
    site.moorage.start()
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []
    assert site.host.states() == {}
    assert [site.volume_status(volume) for volume in (root, data)] == ["available", "available"]


def test_a_killed_moorage_stops_no_guest_and_finds_them_all_again(site: RealCloud) -> None:
    server, _ = booted(site)
    data = site.volume("data", is_bootable=False)
    attach(site, server, data)
    pid = site.host.pid(server)
    site.moorage.kill()
    os.kill(pid, 0)
    site.moorage.start()
    assert site.host.pid(server) == pid
    assert site.problems() == []
    detach(site, server, data)
    assert site.act(server, "os-stop").status_code == 202
    site.wait(server, "SHUTOFF")
    assert "POWER" in site.console(server), "the same guest, still listening"


@pytest.fixture
def slow(embedded: LibvirtRoot, code: bytes, tmp_path: Path) -> Iterator[RealCloud]:
    """A cloud that copies a volume of 1 GiB under a guest in no less than eight seconds."""
    with real_cloud(tmp_path, {"k1": embedded}, code, libvirt="swap_bandwidth_mib_s = 128") as made:
        yield made


def test_a_copy_under_a_running_guest_outlives_moorage(slow: RealCloud) -> None:
    root = slow.volume("A")
    with slow.volume_file(root).open("r+b") as writer:
        writer.seek(1 << 20)
        writer.write(os.urandom(24 << 20))
    new = slow.volume("new", is_bootable=False)
    server = slow.server([root])
    slow.wait(server, "ACTIVE")
    slow.until_booted(server, 1)
    path, body = f"/servers/{server}/os-volume_attachments/{root}", {"volumeAttachment": {"volumeId": new}}
    assert slow.moorage.call("PUT", "compute", path, body, cloud="moorage-admin").status_code == 202
    eventually(lambda: slow.volume_file(new).stat().st_blocks > 0, 20, "the copy has begun")
    time.sleep(1)  # in the middle of the copy
    slow.moorage.kill()
    slow.moorage.start()
    slow.settle(timeout_s=120)
    assert slow.problems() == []
    assert (slow.volume_status(root), slow.volume_status(new)) == ("available", "in-use")
    with slow.volume_file(root).open("rb") as old, slow.volume_file(new).open("rb") as copied:
        assert old.read(25 << 20) == copied.read(25 << 20)
    assert slow.act(server, "reboot", {"type": "HARD"}).status_code == 202
    slow.settle()
    slow.until_booted(server, 2)
