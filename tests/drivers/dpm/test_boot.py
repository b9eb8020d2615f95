"""From nothing to a running partition, and what happens when it does not run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from moorage import errors
from moorage.compute.model.guest import Guest
from moorage.drivers.dpm import DpmDriver
from moorage.drivers.fcarray.targets import TargetPorts
from tests.drivers.dpm.conftest import Bench, booted, reserved, running_bench


def test_boot_runs_and_takes_at_most_twelve_requests(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    driver.check_at_start()
    bench.calls()
    booted(bench, driver, guest)
    calls = bench.calls()
    assert bench.status(guest) == "active"
    assert len(calls) <= 12, calls


def test_every_boot_takes_at_most_twelve_requests(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    first, _ = booted(bench, driver, guest)
    driver.destroy(first)
    bench.calls()
    booted(bench, driver, msgspec.structs.replace(guest, id=guest.id[::-1]))
    calls = bench.calls()
    assert len(calls) <= 12, calls


def test_slow_boot_is_waited_for_by_notice_without_more_requests(tmp_path: Path, guest: Guest) -> None:
    with running_bench(tmp_path, start_delay_s=1.2) as bench:
        driver = DpmDriver(bench.settings(poll_max_s=30.0), "zhost-1")
        driver.check_at_start()
        bench.calls()
        booted(bench, driver, guest)
        driver.close()
        calls = bench.calls()
    assert len(calls) <= 12, calls
    assert len([call for call in calls if call.startswith("GET /api/jobs")]) == 1


def test_sessions_are_shared_and_logged_off(bench: Bench, guest: Guest) -> None:
    before = len(bench.controls.state()["sessions"])
    driver = DpmDriver(bench.settings(), "zhost-1")
    booted(bench, driver, guest)
    driver.power_state(guest)
    assert len(bench.controls.state()["sessions"]) == before + 1
    driver.close()
    assert len(bench.controls.state()["sessions"]) == before


def test_identity_names_wwpns_in_the_order_of_the_mappings(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    identity = driver.reserve_identity(guest)
    by_uri = {hba["element-uri"]: hba for hba in bench.controls.state()["hbas"]}
    made = [by_uri[hba["uri"]] for hba in identity.driver["hbas"]]
    assert [hba["adapter-port-uri"] for hba in made] == [f"/api/adapters/{a}/storage-ports/0" for a in bench.adapters]
    assert identity.connector == {"wwpns": [hba["wwpn"] for hba in made], "host": guest.id}
    assert identity.host == "zhost-1"


def test_partition_is_named_after_host_and_server(bench: Bench, guest: Guest) -> None:
    driver = DpmDriver(bench.settings(), "a-host.with_a-rather-long-name.example.org")
    driver.reserve_identity(guest)
    driver.close()
    (partition,) = bench.partitions(guest)
    assert partition["name"] == f"moorage-a-host-with-a-rathe-{guest.id}"
    assert guest.id in partition["description"]
    assert (partition["ifl-processors"], partition["initial-memory"], partition["maximum-memory"]) == (2, 2048, 2048)


def test_repeated_reservation_gives_the_same_identity(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    first = driver.reserve_identity(guest)
    stored = msgspec.structs.replace(guest, identity=msgspec.to_builtins(first))
    bench.calls()
    assert driver.reserve_identity(guest) == first == driver.reserve_identity(stored)
    assert {call.split()[0] for call in bench.calls()} == {"GET"}


def test_server_beyond_the_limits_is_refused_before_anything_is_made(
    bench: Bench, driver: DpmDriver, guest: Guest
) -> None:
    big = msgspec.structs.replace(guest, vcpus=9)
    with pytest.raises(errors.Refused, match="max_processors 8"):
        driver.reserve_identity(big)
    assert bench.partitions(guest) == []


def test_boot_repeated_on_the_running_partition_changes_nothing(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    guest, disks = booted(bench, driver, guest)
    bench.calls()
    driver.boot(guest, disks)
    assert [call.partition("?")[0] for call in bench.calls()] == [f"GET {guest.identity['driver']['partition']}"]


def test_boot_from_another_volume_restarts_the_running_partition(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    guest, _ = booted(bench, driver, guest)
    driver.boot(guest, bench.disks(guest.identity))
    (partition,) = bench.partitions(guest)
    assert (partition["status"], partition["boot-logical-unit-number"]) == ("active", "0001000000000000")


def test_boot_waits_for_a_start_begun_before_the_crash(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    guest, disks = booted(bench, driver, guest)
    bench.force_status(guest, "starting")
    threading.Timer(0.3, bench.force_status, (guest, "active")).start()
    bench.calls()
    driver.boot(guest, disks)
    assert not [call for call in bench.calls() if call.startswith("POST")]


def test_boot_works_without_the_stored_identity(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    stored = reserved(driver, guest)
    driver.boot(guest, bench.disks(stored.identity))
    assert bench.status(guest) == "active"


def test_degraded_counts_as_running(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    guest = reserved(driver, guest)
    bench.script(guest, "degraded")
    driver.boot(guest, bench.disks(guest.identity))
    assert driver.power_state(guest) == 1


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("load-failed", "409,131"),
        ("paused", "status became paused"),
        ("terminated", "status became terminated"),
        ("reservation-error", "status became reservation-error"),
    ],
)
def test_failed_boot_says_what_happened_and_leaves_the_partition_at_rest(
    outcome: str, said: str, bench: Bench, driver: DpmDriver, guest: Guest
) -> None:
    guest = reserved(driver, guest)
    bench.script(guest, outcome)
    with pytest.raises(errors.Refused, match=said):
        driver.boot(guest, bench.disks(guest.identity))
    assert bench.status(guest) == ("reservation-error" if outcome == "reservation-error" else "stopped")
    driver.destroy(guest)
    assert bench.partitions(guest) == []


def test_hanging_boot_ends_at_its_deadline(bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest) -> None:
    driver = make_driver(start_timeout_s=0.5, stop_timeout_s=0.3)
    guest = reserved(driver, guest)
    bench.script(guest, "hang")
    with pytest.raises(errors.Refused, match=r"still starting after 0\.5 s"):
        driver.boot(guest, bench.disks(guest.identity))


def test_paused_right_after_the_start_is_not_yet_a_failure(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    driver = make_driver(paused_grace_s=5)
    guest = reserved(driver, guest)
    bench.script(guest, "paused")
    helper = threading.Thread(target=bench.change_status, args=(guest, "paused", "active"))
    helper.start()
    driver.boot(guest, bench.disks(guest.identity))
    helper.join()
    assert bench.status(guest) == "active"
    assert not [call for call in bench.calls() if call.endswith("/operations/stop")]


def test_boot_of_an_unmasked_volume_is_refused_with_the_reason(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    guest = reserved(driver, guest)
    disks = bench.disks(guest.identity)
    bench.array.disconnect(disks[0].volume_id, guest.identity["connector"])
    with pytest.raises(errors.Refused, match="no zone joins initiator"):
        driver.boot(guest, disks)


def test_ignored_target_is_not_booted_from(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest, running: Bench
) -> None:
    plain = make_driver()
    guest = reserved(plain, guest)
    disks = bench.disks(guest.identity)
    first, second = disks[0].connection_info["data"]["initiator_target_map"][guest.identity["connector"]["wwpns"][0]]
    ports = TargetPorts(bench.hmc.config.data_dir.parent / "array.sqlite")
    ports.set_online(first, is_online=False)
    try:
        make_driver(target_wwpn_ignore_list=("0x" + first.upper(),)).boot(guest, disks)
    finally:
        ports.set_online(first, is_online=True)
    assert bench.partitions(guest)[0]["boot-world-wide-port-name"] == second


def test_boot_works_without_notifications(bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest) -> None:
    bench.controls.set_notifications("lose")
    booted(bench, make_driver(), guest)
    assert bench.status(guest) == "active"


def test_boot_works_without_the_notification_port(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest, free_port: int
) -> None:
    booted(bench, make_driver(hmc_notification_port=free_port), guest)
    assert bench.status(guest) == "active"


def test_boot_outlives_an_hmc_that_forgets_sessions_and_jobs(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    guest = reserved(driver, guest)
    disks = bench.disks(guest.identity)
    bench.controls.add_fault(match="GET /api/jobs", kind="restart", lose_jobs=True)
    driver.boot(guest, disks)
    assert bench.status(guest) == "active"
    assert len([entry for entry in bench.controls.requests() if entry["uri"] == "/api/sessions"]) == 2
