"""A process that was taken for dead changes no guest any more, whatever it was about to do."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moorage import fence
from moorage.compute.model.guest import Disk, Guest, RescueImage
from moorage.compute.ports import Hypervisor
from moorage.drivers.libvirt import LibvirtDriver, lifecycle
from tests.drivers.libvirt.conftest import Bench

Change = Callable[[LibvirtDriver, Guest, Disk, Disk], Any]
CHANGES: dict[str, Change] = {
    "reboot": lambda driver, guest, root, _: driver.reboot(guest, [root], hard=True),
    "power_off": lambda driver, guest, _, __: driver.power_off(guest),
    "pause": lambda driver, guest, _, __: driver.pause(guest),
    "suspend": lambda driver, guest, _, __: driver.suspend(guest),
    "plug": lambda driver, guest, _, data: driver.plug(guest, data),
    "unplug": lambda driver, guest, root, _: driver.unplug(guest, root),
    "grow": lambda driver, guest, root, _: driver.grow(guest, root, 2),
    "swap": lambda driver, guest, root, data: driver.swap(guest, root, data),
    "destroy": lambda driver, guest, _, __: driver.destroy(guest),
}


class Lost:
    """The fence of a lease that is another process's by now."""

    def check(self) -> None:
        raise fence.Fenced

    def check_in(self, tx: Any) -> None:
        raise fence.Fenced


def test_behind_the_fence_every_look_works_and_no_change_happens(bench: Bench) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    data = bench.volume()
    with fence.held(Lost()):
        for name, change in CHANGES.items():
            with pytest.raises(fence.Fenced):
                change(bench.driver, guest, root, data)
            assert bench.driver.power_state(guest) == lifecycle.RUNNING, name
            assert bench.held(guest) == [root.volume_id], name
        assert "TINY boot" in bench.driver.console(guest)
        assert [state.up for state in bench.driver.hosts()] == [True]


@pytest.mark.parametrize("name", ["boot", "power_on", "resume", "rescue"])
def test_behind_the_fence_no_guest_starts(name: str, bench: Bench, tmp_path: Path) -> None:
    guest, root = bench.guest(), bench.volume("A")
    more = {"image": RescueImage(path=tmp_path / "image", disk_format="raw")} if name == "rescue" else {}
    with fence.held(Lost()), pytest.raises(fence.Fenced):
        getattr(bench.driver, name)(guest, [root], **more)
    assert bench.driver.guests_of([guest.id]) == []


def test_every_call_that_changes_a_guest_is_tried_above() -> None:
    looks = {"hosts", "console", "power_state", "read_disk"}
    names_only = {"reserve_identity", "release_identity", "rest_identity", "unpause"}
    started = {"boot", "power_on", "resume", "rescue"}
    calls = {name for name, _ in inspect.getmembers(Hypervisor, inspect.isfunction) if not name.startswith("_")}
    assert calls - looks - names_only - started == set(CHANGES)
