"""Start, stop, restart and removal from every status a partition can have."""

from __future__ import annotations

import threading

import pytest

from moorage import errors
from moorage.compute.model.guest import Guest
from moorage.drivers.dpm import DpmDriver
from tests.drivers.dpm.conftest import Bench, booted, reserved

AT_REST = ["stopped", "reservation-error"]
HOLDING = ["active", "degraded", "paused", "terminated"]
BLIND = ["communications-not-active", "status-check"]
MOVING = [("starting", "active"), ("starting", "paused"), ("stopping", "stopped")]


@pytest.fixture
def server(bench: Bench, driver: DpmDriver, guest: Guest) -> Guest:
    return reserved(driver, guest)


@pytest.mark.parametrize("status", AT_REST + HOLDING)
def test_power_on_runs_from_every_status(status: str, bench: Bench, driver: DpmDriver, server: Guest) -> None:
    disks = bench.disks(server.identity)
    bench.force_status(server, status)
    driver.power_on(server, disks)
    assert bench.status(server) == (status if status == "degraded" else "active")


@pytest.mark.parametrize("status", AT_REST + HOLDING)
def test_power_off_stops_from_every_status(status: str, bench: Bench, driver: DpmDriver, server: Guest) -> None:
    bench.force_status(server, status)
    driver.power_off(server)
    assert bench.status(server) in AT_REST


@pytest.mark.parametrize("status", AT_REST + HOLDING)
def test_reboot_runs_from_every_status(status: str, bench: Bench, driver: DpmDriver, server: Guest) -> None:
    disks = bench.disks(server.identity)
    bench.force_status(server, status)
    bench.calls()
    driver.reboot(server, disks, hard=True)
    assert bench.status(server) == "active"
    assert any(call.endswith("/operations/start") for call in bench.calls())


@pytest.mark.parametrize("status", AT_REST + HOLDING)
def test_destroy_removes_from_every_status(status: str, bench: Bench, driver: DpmDriver, server: Guest) -> None:
    bench.force_status(server, status)
    driver.destroy(server)
    assert bench.partitions(server) == []


@pytest.mark.parametrize(("status", "then"), MOVING)
def test_destroy_waits_for_a_transition(status: str, then: str, bench: Bench, driver: DpmDriver, server: Guest) -> None:
    bench.force_status(server, status)
    threading.Timer(0.3, bench.force_status, (server, then)).start()
    driver.destroy(server)
    assert bench.partitions(server) == []


@pytest.mark.parametrize("status", BLIND)
def test_nothing_is_done_to_a_partition_the_hmc_cannot_see(
    status: str, bench: Bench, driver: DpmDriver, server: Guest
) -> None:
    disks = bench.disks(server.identity)
    bench.force_status(server, status)
    bench.calls()
    for call in (
        lambda: driver.boot(server, disks),
        lambda: driver.power_on(server, disks),
        lambda: driver.power_off(server),
        lambda: driver.destroy(server),
    ):
        with pytest.raises(errors.Unknown, match=status):
            call()
    assert {call.split()[0] for call in bench.calls()} == {"GET"}


def test_destroy_of_an_absent_partition_is_success(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    driver.destroy(guest)
    guest = reserved(driver, guest)
    driver.destroy(guest)
    driver.destroy(guest)
    assert bench.partitions(guest) == []


def test_destroy_finds_the_partition_by_name_when_nothing_was_stored(
    bench: Bench, driver: DpmDriver, guest: Guest
) -> None:
    booted(bench, driver, guest)
    driver.destroy(guest)
    assert bench.partitions(guest) == []


def test_destroy_of_a_partition_somebody_else_deletes_meanwhile_is_success(
    bench: Bench, driver: DpmDriver, server: Guest
) -> None:
    bench.controls.add_fault(match="DELETE /api/partitions/", kind="error", status=404, reason=1)
    driver.destroy(server)


def test_destroy_leaves_other_partitions_alone(bench: Bench, driver: DpmDriver, server: Guest) -> None:
    other = reserved(
        driver, Guest(id=server.id[:-1] + ("0" if server.id[-1] != "0" else "1"), name="o", vcpus=1, memory_mib=512)
    )
    driver.destroy(server)
    assert len(bench.partitions(other)) == 1


def test_power_calls_on_a_missing_partition_are_refused(driver: DpmDriver, guest: Guest) -> None:
    with pytest.raises(errors.Refused, match=guest.id):
        driver.power_off(guest)


@pytest.mark.parametrize(("status", "state"), [("active", 1), ("paused", 4), ("terminated", 6), ("starting", 0)])
def test_power_state_follows_the_partition(
    status: str, state: int, bench: Bench, driver: DpmDriver, server: Guest
) -> None:
    bench.force_status(server, status)
    assert driver.power_state(server) == state


def test_power_state_of_a_missing_partition_is_unknown(driver: DpmDriver, guest: Guest) -> None:
    assert driver.power_state(guest) == 0


def test_a_status_changed_by_somebody_else_is_read_again(bench: Bench, driver: DpmDriver, server: Guest) -> None:
    bench.force_status(server, "active")
    bench.controls.add_fault(match=r"POST .*/operations/stop", kind="error", status=409, reason=1)
    driver.power_off(server)
    assert bench.status(server) == "stopped"


def test_endless_disagreement_about_the_status_ends(bench: Bench, driver: DpmDriver, server: Guest) -> None:
    bench.force_status(server, "active")
    bench.controls.add_fault(match=r"POST .*/operations/stop", kind="error", status=409, reason=1, times=None)
    with pytest.raises(errors.Unknown, match="keeps changing its status"):
        driver.power_off(server)
