"""What is declared in a server's storage group: its disks, their sizes and LUNs, with a running partition or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from moorage import errors, ids
from moorage.compute.model.guest import Disk, Guest
from moorage.drivers.dpm import DpmDriver, boot_path
from moorage.mock_hmc import Inferences
from tests.drivers.dpm.conftest import Bench, booted, reserved, running_bench


@pytest.fixture
def z16(bench: Bench, make_driver: Callable[..., DpmDriver]) -> DpmDriver:
    return make_driver(**bench.machine("Z16"))


def data_disk(bench: Bench, guest: Guest, size_gib: int = 1) -> Disk:
    volume_id = ids.new()
    bench.array.create(volume_id, size_gib)
    info = bench.array.connect(volume_id, guest.identity["connector"])
    return Disk(volume_id=volume_id, device_name="/dev/sdb", boot_index=None, connection_info=info, size_gib=size_gib)


def declared(bench: Bench, guest: Guest) -> dict[str, tuple[str, float, str]]:
    return {each["name"]: (each["usage"], each["size"], each["description"]) for each in bench.volumes(guest)}


def shown(disk: Disk, usage: str) -> tuple[str, float, str]:
    return usage, float(disk.size_gib or 0), f"LUN {boot_path.identifier(disk)}"


def test_all_disks_are_declared_with_size_and_lun_before_the_boot(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    guest = reserved(z16, guest)
    (root,), data = bench.disks(guest.identity), data_disk(bench, guest, 3)
    z16.boot(guest, [root, data])
    assert declared(bench, guest) == {root.volume_id: shown(root, "boot"), data.volume_id: shown(data, "data")}


def test_boot_with_a_data_volume_takes_no_more_requests(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    z16.check_at_start()
    z16.power_state(guest)
    bench.calls()
    guest = reserved(z16, guest)
    root, data = bench.disks(guest.identity), data_disk(bench, guest)
    z16.boot(guest, [*root, data])
    calls = bench.calls()
    assert len(calls) <= 15, calls


def test_what_is_no_longer_a_disk_is_withdrawn_at_the_next_start(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    guest = reserved(z16, guest)
    (root,), gone = bench.disks(guest.identity), data_disk(bench, guest)
    z16.boot(guest, [root, gone])
    z16.power_off(guest)
    (other_root,) = bench.disks(guest.identity)
    grown = msgspec.structs.replace(other_root, size_gib=5)
    z16.boot(guest, [grown])
    assert declared(bench, guest) == {grown.volume_id: shown(grown, "boot")}


def test_a_volume_is_declared_under_a_running_partition_and_withdrawn(
    bench: Bench, z16: DpmDriver, guest: Guest
) -> None:
    guest, _ = booted(bench, z16, guest)
    disk = data_disk(bench, guest, 2)
    bench.calls()
    z16.plug(guest, disk)
    assert len(bench.calls()) == 2
    z16.plug(guest, disk)
    assert declared(bench, guest)[disk.volume_id] == shown(disk, "data")
    assert len(bench.volumes(guest)) == 2
    z16.unplug(guest, disk)
    z16.unplug(guest, disk)
    assert [each["usage"] for each in bench.volumes(guest)] == ["boot"]
    assert bench.status(guest) == "active"


def test_unplug_of_a_server_without_a_group_is_success(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    stored = reserved(z16, guest)
    disk = data_disk(bench, stored)
    z16.release_identity(stored)
    z16.unplug(stored, disk)
    z16.unplug(guest, disk)


def discover(bench: Bench, guest: Guest) -> None:
    with bench.session() as hmc:
        (group,) = bench.groups(guest)
        job = hmc.start_job(f"{group['object-uri']}/operations/start-fcp-storage-discovery")
        while hmc.get(job)["status"] != "complete":
            pass


def test_the_lun_that_was_found_is_withdrawn_whatever_name_it_was_declared_under(
    bench: Bench, z16: DpmDriver, guest: Guest
) -> None:
    guest, _ = booted(bench, z16, guest)
    disks = sorted((data_disk(bench, guest) for _ in range(2)), key=lambda disk: str(boot_path.identifier(disk)))
    # declared the other way round than the mock, which goes by size, assigns them
    for disk in reversed(disks):
        z16.plug(guest, disk)
    discover(bench, guest)
    found = {each["name"]: each["uuid"] for each in bench.volumes(guest) if each["usage"] == "data"}
    assert found == {disks[1].volume_id: boot_path.identifier(disks[0]), disks[0].volume_id:
                     boot_path.identifier(disks[1])}  # fmt: skip
    z16.unplug(guest, disks[0])
    (left,) = [each for each in bench.volumes(guest) if each["usage"] == "data"]
    assert (left["name"], left["uuid"]) == (disks[1].volume_id, boot_path.identifier(disks[1]))


def test_discovery_finds_what_was_declared_and_the_group_is_complete(
    bench: Bench, z16: DpmDriver, guest: Guest
) -> None:
    guest = reserved(z16, guest)
    (root,), data = bench.disks(guest.identity), data_disk(bench, guest, 2)
    z16.boot(guest, [root, data])
    assert bench.boot_volume(guest)["uuid"] == boot_path.identifier(root)
    assert bench.groups(guest)[0]["fulfillment-state"] == "pending", "data volumes are found by discovery only"
    discover(bench, guest)
    assert bench.groups(guest)[0]["fulfillment-state"] == "complete"


def test_the_boot_volume_is_waited_for(tmp_path: Path, guest: Guest) -> None:
    with running_bench(tmp_path, start_delay_s=0.1, inferences=Inferences(has_fulfillment_at_once=False)) as bench:
        driver = DpmDriver(bench.settings(**bench.machine("Z16")), "zhost-1")
        guest, _ = booted(bench, driver, guest)
        assert bench.boot_volume(guest)["fulfillment-state"] == "complete"
        assert bench.status(guest) == "active"
        driver.close()


def test_a_boot_volume_that_does_not_complete_fails_the_path(tmp_path: Path, guest: Guest) -> None:
    with running_bench(tmp_path, start_delay_s=3.0, inferences=Inferences(has_fulfillment_at_once=False)) as bench:
        driver = DpmDriver(bench.settings(**bench.machine("Z16"), fulfillment_timeout_s=0), "zhost-1")
        guest = reserved(driver, guest)
        with pytest.raises(errors.Refused, match="the boot volume is pending, not complete"):
            driver.boot(guest, bench.disks(guest.identity))
        assert not [call for call in bench.calls() if call.endswith("/operations/start")]
        driver.close()


def test_a_lun_that_is_not_the_volume_is_not_booted(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    guest = reserved(z16, guest)
    (disk,) = bench.disks(guest.identity)
    info = {**disk.connection_info, "data": {**disk.connection_info["data"], "wwn": "60050768020000000000000000000bad"}}
    with pytest.raises(errors.Refused, match="the HMC found LUN 6005076802"):
        z16.boot(guest, [msgspec.structs.replace(disk, connection_info=info)])
    assert bench.status(guest) == "stopped"


def test_an_offloaded_server_keeps_its_group_only_if_the_settings_say_so(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    keeping = make_driver(**bench.machine("Z16"), keep_groups_of_shelved=True)
    first, _ = booted(bench, keeping, guest)
    keeping.destroy(first)
    assert keeping.rest_identity(first)
    assert keeping.reserve_identity(first).connector == first.identity["connector"], "the same WWPNs"
    giving = make_driver(**bench.machine("Z16"))
    assert not giving.rest_identity(first)
    assert bench.groups(guest) == []
    assert not keeping.rest_identity(first), "nothing is left to keep"


def test_the_console_is_what_the_operating_system_said(bench: Bench, z16: DpmDriver, guest: Guest) -> None:
    guest = reserved(z16, guest)
    z16.boot(guest, bench.disks(guest.identity))
    assert z16.console(guest).splitlines()[0].startswith("MLOEVL012I")
    assert "Linux version" in z16.console(guest)


def test_a_z13_has_no_messages_to_show(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    guest, _ = booted(bench, driver, guest)
    with pytest.raises(errors.NotImplementedHere, match=r"2\.14"):
        driver.console(guest)
