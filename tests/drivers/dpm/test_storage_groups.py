"""A z16's servers: WWPNs from a group before any partition, checked paths, and a group that outlives its partition."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from moorage import errors
from moorage.compute.model.guest import Guest
from moorage.drivers.dpm import DpmDriver
from moorage.drivers.fcarray.targets import TargetPorts
from moorage.mock_hmc import Inferences
from moorage.mock_hmc.inferences import inference_names
from tests.drivers.dpm.conftest import ANY_REQUEST, Bench, booted, reserved, running_bench
from tests.drivers.dpm.test_lost_answers import KINDS, TIMES, until_done

_MOST_REQUESTS = 14


@pytest.fixture
def z16(bench: Bench, make_driver: Callable[..., DpmDriver]) -> DpmDriver:
    driver = make_driver(**bench.machine("Z16"))
    driver.check_at_start()
    bench.calls()
    return driver


def remove(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    driver.destroy(guest)
    assert bench.partitions(guest) == []
    assert len(bench.groups(guest)) == 1, "the group stays until the last unmap is confirmed"
    driver.release_identity(guest)
    assert bench.groups(guest) == []


def test_reservation_makes_a_group_and_no_partition(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    identity = z16.reserve_identity(guest)
    (group,) = bench.groups(guest)
    assert (group["name"], group["shared"], group["connectivity"]) == (f"moorage-zhost-1-{guest.id}", False, 2)
    assert len(set(identity.connector["wwpns"])) == 2
    assert bench.partitions(guest) == []


def test_boot_runs_and_takes_at_most_fifteen_requests_with_every_path_checked(
    bench: Bench, z16: DpmDriver, guest: Guest
) -> None:
    guest, _ = booted(bench, z16, guest)
    calls = bench.calls()
    assert bench.status(guest) == "active"
    assert len(calls) <= 15, calls
    remove(bench, z16, guest)


def test_repeated_reservation_gives_the_same_identity(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    first = z16.reserve_identity(guest)
    stored = msgspec.structs.replace(guest, identity=msgspec.to_builtins(first))
    assert z16.reserve_identity(stored) == first == z16.reserve_identity(guest)
    z16.boot(stored, bench.disks(stored.identity))
    assert z16.reserve_identity(guest) == first, "in an attached group the WWPNs are in its resources"


def test_a_server_beyond_the_limits_gets_no_group(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    with pytest.raises(errors.Refused, match="max_processors 8"):
        z16.reserve_identity(msgspec.structs.replace(guest, vcpus=9))
    assert bench.groups(guest) == []


def test_boot_repeated_on_the_running_partition_changes_nothing(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    guest, disks = booted(bench, z16, guest)
    bench.calls()
    z16.boot(guest, disks)
    assert {call.split()[0] for call in bench.calls()} == {"GET"}


def test_boot_from_another_volume_restarts_the_running_partition(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    guest, _ = booted(bench, z16, guest)
    z16.boot(guest, bench.disks(guest.identity))
    path = bench.boot_volume(guest)["paths"][0]
    assert (bench.status(guest), path["logical-unit-number"]) == ("active", "0001000000000000")


def test_boot_waits_for_a_start_begun_before_the_crash(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    guest, disks = booted(bench, z16, guest)
    bench.force_status(guest, "starting")
    threading.Timer(0.3, bench.force_status, (guest, "active")).start()
    bench.calls()
    z16.boot(guest, disks)
    assert not [call for call in bench.calls() if call.startswith("POST")]


def test_boot_works_without_the_stored_identity(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    stored = reserved(z16, guest)
    z16.boot(guest, bench.disks(stored.identity))
    assert bench.status(guest) == "active"


@pytest.mark.parametrize("status", ["stopped", "reservation-error", "paused", "terminated", "active", "degraded"])
def test_power_on_reboot_and_destroy_work_from_every_status(
    status: str, bench: Bench, z16: DpmDriver, guest: Guest
) -> None:
    guest, disks = booted(bench, z16, guest)
    bench.force_status(guest, status)
    z16.power_on(guest, disks)
    assert z16.power_state(guest) == 1
    bench.force_status(guest, status)
    z16.reboot(guest, disks, hard=True)
    assert bench.status(guest) == "active"
    bench.force_status(guest, status)
    remove(bench, z16, guest)


def test_a_partition_the_hmc_cannot_see_is_left_alone(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    guest, disks = booted(bench, z16, guest)
    bench.force_status(guest, "status-check")
    for call in (lambda: z16.boot(guest, disks), lambda: z16.power_on(guest, disks), lambda: z16.destroy(guest)):
        with pytest.raises(errors.Unknown, match="cannot see"):
            call()


@contextmanager
def dead(bench: Bench, targets: list[str]) -> Iterator[None]:
    ports = TargetPorts(bench.hmc.config.data_dir.parent / "array.sqlite")
    for target in targets:
        ports.set_online(target, is_online=False)
    try:
        yield
    finally:
        for target in targets:
            ports.set_online(target, is_online=True)


def all_targets(guest: Guest, disks: list[Any]) -> list[str]:
    found = disks[0].connection_info["data"]["initiator_target_map"]
    return sorted({target for wwpn in guest.identity["connector"]["wwpns"] for target in found[wwpn]})


def test_boot_takes_the_path_that_answers(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    guest = reserved(z16, guest)
    disks = bench.disks(guest.identity)
    *lost, left = all_targets(guest, disks)
    with dead(bench, lost):
        z16.boot(guest, disks)
    used = {path["target-world-wide-port-name"] for path in bench.boot_volume(guest)["paths"]}
    assert (bench.status(guest), used) == ("active", {left})


def test_boot_without_any_path_names_each_with_its_reason(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    guest = reserved(z16, guest)
    disks = bench.disks(guest.identity)
    targets = all_targets(guest, disks)
    bench.calls()
    with dead(bench, targets), pytest.raises(errors.Refused, match="answers on none of its") as caught:
        z16.boot(guest, disks)
    assert all(f"target port {target} is offline" in caught.value.message for target in targets)
    assert not [call for call in bench.calls() if call.endswith("/start")]
    remove(bench, z16, guest)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("times", TIMES)
def test_every_request_of_a_server_s_life_may_be_lost(
    kind: str, times: int, bench: Bench, z16: DpmDriver, guest: Guest
) -> None:
    for skip in range(_MOST_REQUESTS):
        each = msgspec.structs.replace(guest, id=f"{guest.id[:-2]}{skip:02d}")

        def lose(skip: int = skip) -> None:
            bench.controls.clear_faults()
            bench.controls.add_fault(match=ANY_REQUEST, kind=kind, skip=skip, times=times)

        lose()
        until_done(lambda each=each: z16.reserve_identity(each))  # type: ignore[misc]
        bench.controls.clear_faults()
        each = reserved(z16, each)
        disks = bench.disks(each.identity)
        lose()
        until_done(lambda each=each, disks=disks: z16.boot(each, disks))  # type: ignore[misc]
        assert bench.status(each) == "active"
        lose()
        until_done(lambda each=each: z16.destroy(each))  # type: ignore[misc]
        lose()
        until_done(lambda each=each: z16.release_identity(each))  # type: ignore[misc]
        assert (bench.partitions(each), bench.groups(each)) == ([], [])
        bench.controls.clear_faults()


def test_the_range_above_covers_every_request(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    guest, _ = booted(bench, z16, guest)
    assert len(bench.calls()) - 3 < _MOST_REQUESTS, "the first three are the reservation's"
    z16.destroy(guest)
    assert len(bench.calls()) < _MOST_REQUESTS


def test_two_workers_that_reserve_at_once_share_one_group(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    bench.controls.add_fault(match=r"POST .*/storage-groups$", kind="latency", seconds=0.2, times=2)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(z16.reserve_identity, [guest, guest])
    assert first == second
    assert len(bench.groups(guest)) == 1


def test_release_of_a_server_without_a_group_is_success(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    z16.destroy(guest)
    z16.release_identity(guest)


SWITCHES = [
    {"has_wwpns_at_creation": False},
    {"has_validated_wwpns": True},
    {"has_validated_wwpns": True, "has_port_at_attach": False},
    {"has_port_at_fulfillment": False},
    {"has_path_check_at_fulfillment": True},
    {"has_repeated_fulfillment": False},
    {"has_wwpns_back_on_detach": False},
    {"has_wwpns_back_on_deletion": False},
    {"has_deletion_while_attached": False},
    {"has_reservation_error_when_incomplete": True},
    {"has_fulfillment_at_once": False},
    {"has_overprovisioned_for_undeclared": False},
    {"has_name_clash_as_400": False},
    {"has_image_beside_storage": False},
]


def test_the_switches_above_are_all_there_are() -> None:
    tested = {name for switches in SWITCHES for name in switches}
    assert {name.replace("_", "-") for name in tested} == set(inference_names())


@pytest.mark.parametrize("switches", SWITCHES, ids="-".join)
def test_a_server_lives_whatever_is_inferred(switches: dict[str, bool], tmp_path: Path, guest: Guest) -> None:
    with running_bench(tmp_path, start_delay_s=0.05, inferences=Inferences(**switches)) as bench:
        driver = DpmDriver(bench.settings(**bench.machine("Z16")), "zhost-1")
        guest, disks = booted(bench, driver, guest)
        driver.boot(guest, disks)
        driver.power_off(guest)
        driver.power_on(guest, disks)
        driver.reboot(guest, disks, hard=True)
        assert bench.status(guest) == "active"
        remove(bench, driver, guest)
        driver.close()
