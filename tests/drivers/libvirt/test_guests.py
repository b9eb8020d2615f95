"""Real guests boot from their volumes and prove it over the serial line."""

from __future__ import annotations

import pytest

from moorage import errors
from moorage.drivers.libvirt import lifecycle
from tests.drivers.libvirt.conftest import Bench


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
