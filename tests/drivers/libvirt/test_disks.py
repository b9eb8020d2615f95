"""Hot-plug, unplug, stuck unplug, growing and exchange of disks, as the guest sees them."""

from __future__ import annotations

import msgspec
import pytest

from moorage import errors
from tests.drivers.libvirt.conftest import Bench


def test_a_guest_sees_a_disk_come_and_go(bench: Bench) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    data = bench.volume()
    bench.driver.plug(guest, data)
    bench.driver.plug(guest, data)
    bench.until_said(guest, "UP ")
    assert bench.held(guest) == sorted([root.volume_id, data.volume_id])
    bench.driver.unplug(guest, data)
    bench.until_said(guest, "DOWN ")
    bench.driver.unplug(guest, data)
    assert bench.held(guest) == [root.volume_id]


def test_a_stopped_guest_is_plugged_and_unplugged_in_its_definition(bench: Bench) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    bench.driver.power_off(guest)
    data = bench.volume()
    bench.driver.plug(guest, data)
    assert bench.held(guest) == sorted([root.volume_id, data.volume_id])
    bench.driver.unplug(guest, data)
    assert bench.held(guest) == [root.volume_id]


def test_a_dead_guest_keeps_its_disk_and_a_hard_reboot_ends_it(bench: Bench) -> None:
    guest, root = bench.booted(flags=("-DSPIN",))
    data = bench.volume()
    bench.driver.plug(guest, data)
    with pytest.raises(errors.Refused, match="did not let go of volume"):
        bench.driver.unplug(guest, data)
    assert bench.held(guest) == sorted([root.volume_id, data.volume_id]), "in the guest and in its definition"
    bench.driver.reboot(guest, [root], hard=True)
    assert bench.held(guest) == [root.volume_id]
    bench.driver.unplug(guest, data)


def test_no_port_left_is_a_definite_no(bench: Bench) -> None:
    guest, _ = bench.booted()
    for letter in "bcdef":
        bench.driver.plug(guest, bench.volume(device=f"/dev/vd{letter}"))
    with pytest.raises(errors.Refused, match="attach of volume"):
        bench.driver.plug(guest, bench.volume(device="/dev/vdg"))


def test_a_running_guest_moves_to_another_volume_with_what_it_wrote(bench: Bench) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    bench.volumes.create("00000000-aaaa-4aaa-8aaa-000000000001", 2)
    new = bench.disk("00000000-aaaa-4aaa-8aaa-000000000001", "/dev/vda", 0)
    bench.driver.swap(guest, root, new)
    assert bench.held(guest) == [new.volume_id]
    bench.driver.swap(guest, root, new)
    bench.volumes.delete(root.volume_id)
    bench.driver.reboot(guest, [new], hard=False)
    bench.until_booted(guest, 2)
    xml = bench.domain(guest).XMLDesc()
    assert f"<serial>{new.volume_id}</serial>" in xml


def test_a_volume_swapped_out_can_be_plugged_into_the_same_guest(bench: Bench) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    new = bench.volume("N")
    bench.driver.swap(guest, root, new)
    back = msgspec.structs.replace(root, device_name="/dev/vdb", boot_index=None)
    bench.driver.plug(guest, back)
    assert bench.held(guest) == sorted([root.volume_id, new.volume_id])
    bench.driver.unplug(guest, back)
    assert bench.held(guest) == [new.volume_id]


def test_a_smaller_volume_is_refused_and_no_copy_is_left(bench: Bench) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    small = bench.volume()
    path = bench.volumes.volume_path(small.volume_id)
    with path.open("r+b") as writer:
        writer.truncate(1024 * 1024)
    with pytest.raises(errors.Refused):
        bench.driver.swap(guest, root, small)
    assert bench.held(guest) == [root.volume_id]
    domain = bench.domain(guest)
    assert "<mirror" not in domain.XMLDesc()


def test_a_running_guest_sees_its_disk_grow(bench: Bench) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    bench.volumes.extend(root.volume_id, 3)
    bench.driver.grow(guest, root, 3)
    domain = bench.domain(guest)
    assert domain.blockInfo("vda")[0] == 3 << 30
