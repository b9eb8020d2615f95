"""Real guests boot from their volumes and prove it over the serial line."""

from __future__ import annotations

from pathlib import Path

import pytest

from moorage import errors
from moorage.compute.model.guest import GuestState, RescueImage
from moorage.drivers.libvirt import lifecycle
from tests.drivers.libvirt.conftest import Bench
from tests.support import real_guests
from tests.support.process import eventually


def test_a_guest_boots_from_its_volume_and_the_counter_outlives_stop_start_and_reboots(bench: Bench) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    assert bench.driver.power_state(guest) == lifecycle.RUNNING
    bench.driver.boot(guest, [root])
    bench.driver.power_off(guest)
    assert "POWER" in bench.driver.console(guest), "it was asked to shut down"
    assert bench.driver.power_state(guest) == lifecycle.SHUTDOWN
    bench.driver.power_off(guest)
    bench.driver.power_on(guest, [root])
    bench.until_booted(guest, 2)
    bench.driver.reboot(guest, [root], hard=False)
    bench.until_booted(guest, 3)
    bench.driver.reboot(guest, [root], hard=True)
    bench.until_booted(guest, 4)


def test_a_hard_reboot_builds_the_definition_from_the_disks_on_record(bench: Bench) -> None:
    guest, _ = bench.booted()
    other, data = bench.volume("B"), bench.volume()
    bench.driver.plug(guest, bench.volume(device="/dev/vdc"))
    bench.driver.reboot(guest, [other, data], hard=True)
    bench.until_booted(guest, 1, "B")
    assert bench.held(guest) == sorted([other.volume_id, data.volume_id])


def test_pause_and_suspend_hold_the_guest_where_it_was(bench: Bench) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    bench.driver.pause(guest)
    bench.driver.pause(guest)
    assert bench.driver.power_state(guest) == lifecycle.PAUSED
    bench.driver.unpause(guest)
    bench.driver.suspend(guest)
    bench.driver.suspend(guest)
    assert bench.driver.power_state(guest) == lifecycle.SUSPENDED
    bench.driver.resume(guest, [root])
    bench.driver.resume(guest, [root])
    assert bench.driver.power_state(guest) == lifecycle.RUNNING
    bench.driver.power_off(guest)
    assert "POWER" in bench.driver.console(guest), "it goes on and still listens"
    assert bench.boots(guest) == [], "it was not booted anew"


def test_destroy_leaves_nothing_and_may_be_repeated(bench: Bench) -> None:
    guest, _ = bench.booted()
    bench.driver.destroy(guest)
    assert bench.driver.guests_of([guest.id]) == []
    assert bench.driver.power_state(guest) == lifecycle.NOSTATE
    assert not (bench.driver._settings.instances_path / guest.id).exists()
    bench.driver.destroy(guest)


def test_a_suspended_guest_can_be_stopped_and_starts_afresh(bench: Bench) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    bench.driver.suspend(guest)
    bench.driver.power_off(guest)
    assert bench.driver.power_state(guest) == lifecycle.SHUTDOWN
    bench.driver.power_on(guest, [root])
    bench.until_booted(guest, 2)


def test_a_volume_that_is_not_there_is_a_definite_no(bench: Bench) -> None:
    guest, root = bench.guest(), bench.volume("A")
    bench.volumes.delete(root.volume_id)
    with pytest.raises(errors.Refused, match="start server"):
        bench.driver.boot(guest, [root])
    assert bench.driver.power_state(guest) == lifecycle.SHUTDOWN


def test_a_guest_is_rescued_by_another_system_and_goes_back_to_its_own(bench: Bench, tmp_path: Path) -> None:
    guest, root = bench.booted()
    bench.until_booted(guest, 1)
    rescue = tmp_path / "rescue"
    rescue.write_bytes(real_guests.image(bench.code, "RESCUE").ljust(1 << 20, b"\0"))
    bench.driver.power_off(guest)
    for _ in range(2):
        bench.driver.rescue(guest, [root], RescueImage(path=rescue, disk_format="raw"))
    bench.until_booted(guest, 1, "RESCUE")
    assert bench.held(guest) == [root.volume_id]
    bench.driver.reboot(guest, [root], hard=True)
    bench.until_booted(guest, 2, "A")
    assert real_guests.counter(rescue) == 0, "the guest wrote to a copy"


def test_a_guest_that_shuts_itself_down_is_told(bench: Bench) -> None:
    told: list[GuestState] = []
    bench.driver.watch(told.append)
    guest, _ = bench.booted()
    bench.until_booted(guest, 1)
    bench.domain(guest).shutdown()  # the guest switches itself off when it notices the button
    off = GuestState(server_id=guest.id, power_state=lifecycle.SHUTDOWN)
    eventually(lambda: off in told, 20, "the guest is off, and the driver has said so")
    assert bench.driver.states_of([guest.id]) == [off]
