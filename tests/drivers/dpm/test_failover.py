"""A partition starts by the path that works, whichever that is and however the others fail; in both storage models."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from moorage import errors
from moorage.compute.model.guest import Disk, Guest
from moorage.drivers.dpm import DpmDriver, boot_path
from moorage.drivers.dpm.boot_path import Path
from tests.drivers.dpm.conftest import Bench, reserved
from tests.support.start_log import MemoryStartLog

MODELS = ["Z13", "Z16"]
DEAD = [dead for count in range(1, 5) for dead in itertools.combinations(range(4), count)]
"""All 15 combinations of dead ones among four paths."""
AT_BOOT = {
    "load-failed": "409,131",
    "paused": "its status became paused",
    "terminated": "its status became terminated",
    "reservation-error": "its status became reservation-error",
    "loader-error": "the loader wrote: MLOLOA612E",
    "guest-halts": "its status became paused",
    "guest-crashes": "its status became terminated",
    "hang": "still starting after",
}


class Stage:
    """A server with a volume on one machine, whose four paths a test can script."""

    def __init__(self, bench: Bench, driver: DpmDriver, guest: Guest, machine: str) -> None:
        self.bench = bench
        self.driver = driver
        self.log = MemoryStartLog()
        driver.keep_tries(self.log)
        self.guest = reserved(driver, guest)
        self.disks: list[Disk] = bench.disks(self.guest.identity)
        ports = [adapter["ports"][0] for adapter in bench.cpcs[machine]["adapters"]]
        initiators = dict(zip(self.guest.identity["connector"]["wwpns"], ports, strict=True))
        self.paths: list[Path] = boot_path.candidates(self.disks[0], initiators, [])

    def script(self, number: int, outcome: str | None) -> None:
        path = self.paths[number]
        self.bench.controls.set_path_outcome(path.port_uri, path.target, outcome)

    def boot(self) -> None:
        self.driver.boot(self.guest, self.disks)

    def calls(self, ending: str) -> int:
        return len([call for call in self.bench.calls() if call.endswith(ending)])

    def used(self) -> tuple[str, str]:
        """Target port and adapter port the partition was started by."""
        (partition,) = self.bench.partitions(self.guest)
        if partition["boot-device"] == "storage-volume":
            (path, *_) = self.bench.boot_volume(self.guest)["paths"]
            resources = self.bench.controls.state()["virtual-storage-resources"]
            (port,) = {r["adapter-port-uri"] for r in resources
                       if r["partition-uri"] == partition["object-uri"]
                       and r["device-number"] == path["device-number"]}  # fmt: skip
            return path["target-world-wide-port-name"], port
        hbas = {hba["element-uri"]: hba for hba in self.bench.controls.state()["hbas"]}
        return partition["boot-world-wide-port-name"], hbas[partition["boot-storage-device"]]["adapter-port-uri"]


@pytest.fixture(params=MODELS)
def stage(
    request: pytest.FixtureRequest, bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> Iterator[Stage]:
    driver = make_driver(**bench.machine(request.param), boot_grace_s=0.0, paused_grace_s=0.0, start_timeout_s=0.6)
    made = Stage(bench, driver, guest, request.param)
    bench.calls()
    yield made
    for number in range(4):
        made.script(number, None)
    driver.destroy(made.guest)


def test_two_adapters_and_two_targets_make_four_paths_adapters_alternating(stage: Stage) -> None:
    assert len(set(stage.paths)) == 4
    ports = [path.port_uri for path in stage.paths]
    assert ports[0] != ports[1]
    assert ports[:2] == ports[2:]


@pytest.mark.parametrize("dead", DEAD, ids=str)
@pytest.mark.parametrize("outcome", ["target-unreachable", "load-failed"])
def test_it_boots_by_the_first_path_alive_or_names_every_reason(
    stage: Stage, dead: tuple[int, ...], outcome: str
) -> None:
    for number in dead:
        stage.script(number, outcome)
    if len(dead) < 4:
        stage.boot()
        first = stage.paths[next(number for number in range(4) if number not in dead)]
        assert stage.bench.status(stage.guest) == "active"
        assert stage.used() == (first.target, first.port_uri)
        assert stage.log.entries[-1]["way"] == str(first)
        return
    with pytest.raises(errors.Refused) as caught:
        stage.boot()
    assert stage.bench.status(stage.guest) == "stopped"
    for path in stage.paths:
        said = caught.value.message.partition(f"{path}: ")[2].partition(";")[0]
        assert "409,131" in said or "target port cannot be reached (409,484" in said, caught.value.message


@pytest.mark.parametrize("outcome", AT_BOOT)
def test_however_a_start_fails_the_next_path_is_tried(
    outcome: str, bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    """On a z16: a z13 has no messages by which a loader's complaint could be seen."""
    driver = make_driver(**bench.machine("Z16"), boot_grace_s=0.3, paused_grace_s=0.0, start_timeout_s=0.6)
    stage = Stage(bench, driver, guest, "Z16")
    stage.script(0, outcome)
    try:
        stage.boot()
        assert stage.bench.status(guest) == "active"
        assert [each["way"] for each in stage.log.entries] == [str(path) for path in stage.paths[:2]]
        failed, running = stage.log.reasons()
        assert AT_BOOT[outcome] in failed
        assert running == "running"
    finally:
        stage.script(0, None)


def test_dead_paths_are_not_tried_where_the_hmc_can_check_them(stage: Stage) -> None:
    stage.script(0, "lun-unreachable")
    stage.script(1, "target-unreachable")
    stage.boot()
    starts = stage.calls("/operations/start")
    if not stage.bench.groups(stage.guest):
        assert starts == 3, "a z13 has no path check: it has to try"
        return
    assert starts == 1
    notes = stage.log.entries[0]["notes"]
    assert [note.startswith("not tried: ") for note in notes[:2]] == [True, True]
    assert "(409,485" in notes[0]
    assert "(409,484" in notes[1]


def test_all_paths_dead_at_the_check_is_told_before_any_start(stage: Stage) -> None:
    for number in range(4):
        stage.script(number, "lun-unreachable")
    with pytest.raises(errors.Refused) as caught:
        stage.boot()
    assert len([path for path in stage.paths if f"{path}: " in caught.value.message]) == 4
    if stage.bench.groups(stage.guest):
        assert stage.calls("/operations/start") == 0
        assert "answers on none of its 4 paths" in caught.value.message


def test_a_path_is_on_record_before_the_partition_is_started_by_it(stage: Stage) -> None:
    stage.bench.controls.add_fault(match=r"POST .*/operations/start$", kind="drop-before", times=1)
    with pytest.raises(errors.Unknown):
        stage.boot()
    (entry,) = stage.log.entries
    assert entry["is_open"]
    assert entry["way"] == str(stage.paths[0])
    stage.boot()
    assert len(stage.log.entries) == 1, "the same try goes on"
    assert stage.log.reasons() == ["running"]


def test_a_start_whose_end_nobody_saw_is_judged_by_its_job_and_goes_on_with_the_next_path(stage: Stage) -> None:
    stage.script(0, "load-failed")
    stage.bench.controls.add_fault(match=r"GET /api/jobs", kind="503", times=2)
    with pytest.raises(errors.Unknown):
        stage.boot()
    assert stage.log.entries[0]["is_open"]
    stage.bench.controls.clear_faults()
    stage.boot()
    assert [each["way"] for each in stage.log.entries] == [str(path) for path in stage.paths[:2]]
    assert "409,131" in stage.log.entries[0]["notes"][-1]
    assert stage.bench.status(stage.guest) == "active"


def test_rounds_are_bounded(bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest) -> None:
    stage = Stage(bench, make_driver(boot_rounds=2), guest, "Z13")
    for number in range(4):
        stage.script(number, "load-failed")
    bench.calls()
    try:
        with pytest.raises(errors.Refused, match="by any of its 4 paths"):
            stage.boot()
    finally:
        for number in range(4):
            stage.script(number, None)
    assert stage.calls("/operations/start") == 8
    assert stage.log.tries(guest.id) == [], "the next start begins anew"


def test_a_failed_start_keeps_what_the_loader_wrote(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    stage = Stage(bench, make_driver(**bench.machine("Z16")), guest, "Z16")
    stage.script(0, "load-failed")
    try:
        stage.boot()
    finally:
        stage.script(0, None)
    assert any("MLOEVL012I" in note for note in stage.log.entries[0]["notes"])


def test_power_on_and_reboot_fail_over_too(stage: Stage) -> None:
    stage.boot()
    stage.driver.power_off(stage.guest)
    stage.script(0, "load-failed")
    stage.driver.power_on(stage.guest, stage.disks)
    assert stage.used() == (stage.paths[1].target, stage.paths[1].port_uri)
    stage.driver.reboot(stage.guest, stage.disks, hard=True)
    assert stage.used() == (stage.paths[1].target, stage.paths[1].port_uri)
    assert stage.bench.status(stage.guest) == "active"


def test_a_partition_that_cannot_be_stopped_is_not_started_by_the_next_path(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    stage = Stage(bench, make_driver(stop_timeout_s=0.3), guest, "Z13")
    stage.script(0, "terminated")
    bench.controls.add_fault(match=r"POST .*/operations/stop$", kind="error", times=None, status=409, reason=999)
    try:
        with pytest.raises(errors.Refused, match="stopping it did not work either"):
            stage.boot()
    finally:
        stage.script(0, None)
        bench.controls.clear_faults()
    assert len(stage.log.entries) == 1
