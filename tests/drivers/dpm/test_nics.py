"""Partitions get their NICs and their config drive, once, whatever answer is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from moorage import errors, ids
from moorage.compute.model.guest import ConfigDrive, Guest, Nic
from moorage.drivers.dpm import DpmDriver
from moorage.mock_hmc import Inferences
from moorage.mock_hmc import guest as disc
from moorage.mock_hmc.machines import object_id
from tests.drivers.dpm.conftest import Bench, booted, reserved, running_bench

MACHINES = pytest.mark.parametrize("machine", ["Z13", "Z16"])


def nic(number: int, machine: str, **fields: Any) -> Nic:
    values: dict[str, Any] = {
        "port_id": ids.new(), "mac_address": f"fa:16:3e:{ids.new()[:2]}:{ids.new()[:2]}:{number:02x}",
        "network_id": "n", "network_name": "prod", "fixed_addresses": [f"10.1.0.{number}"], "prefix_length": 24,
        "physical": {"virtual_switches": ["not-here", object_id("virtual-switch", machine, "1").upper()]}, **fields,
    }  # fmt: skip
    return Nic(**values)


def with_nics(guest: Guest, nics: list[Nic], user_data: bytes | None = None) -> Guest:
    drive = ConfigDrive(meta_data={"uuid": guest.id}, network_data={"links": []}, user_data=user_data)
    return msgspec.structs.replace(guest, nics=nics, config_drive=drive)


def made(bench: Bench, guest: Guest) -> list[dict[str, Any]]:
    (partition,) = bench.partitions(guest)
    return [each for each in bench.controls.state()["nics"] if each["parent"] == partition["object-uri"]]


def driver_of(machine: str, bench: Bench, make_driver: Callable[..., DpmDriver], **changes: Any) -> DpmDriver:
    return make_driver(**bench.machine(machine), **changes)


@MACHINES
def test_nics_are_made_as_nova_dpms_guests_expect(
    machine: str, bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    nics = [nic(1, machine, vlan=7), nic(2, machine)]
    guest, _ = booted(bench, driver_of(machine, bench, make_driver), with_nics(guest, nics))
    first, second = made(bench, guest)
    assert [first["name"], second["name"]] == [f"OpenStack_Port_{each.port_id}" for each in nics]
    assert first["virtual-switch-uri"].endswith(object_id("virtual-switch", machine, "1"))
    assert (first["vlan-id"], first["vlan-type"], second["vlan-id"]) == (7, "enforced", None)
    if machine == "Z16":
        assert [first["mac-address"], second["mac-address"]] == [each.mac_address for each in nics]
    (partition,) = bench.partitions(guest)
    plain = [each.mac_address.replace(":", "") for each in nics]
    assert partition["boot-os-specific-parameters"] == f"8000,1,{plain[0]};8001,1,{plain[1]};"


@MACHINES
def test_a_restart_makes_none_twice_and_asks_for_little(
    machine: str, bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    driver = driver_of(machine, bench, make_driver)
    guest, disks = booted(bench, driver, with_nics(guest, [nic(1, machine)], b"#cloud-config\n"))
    bench.calls()
    driver.reboot(guest, disks, hard=True)
    assert not [call for call in bench.calls() if "mount-iso" in call or call.endswith("/nics")]
    assert len(made(bench, guest)) == 1


@MACHINES
def test_a_lost_answer_leaves_one_nic(
    machine: str, bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    driver = driver_of(machine, bench, make_driver)
    booted(bench, driver, Guest(id=ids.new(), name="warm", vcpus=1, memory_mib=512))
    guest = reserved(driver, with_nics(guest, [nic(1, machine)]))
    disks = bench.disks(guest.identity)
    bench.controls.add_fault(kind="drop-after", match=r"^POST .*submit", times=99)
    with pytest.raises(errors.Unknown):
        driver.boot(guest, disks)
    bench.controls.clear_faults()
    driver.boot(guest, disks)
    assert len(made(bench, guest)) == 1
    assert bench.status(guest) == "active"


def test_a_network_that_the_cpc_does_not_reach_is_a_clear_no(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    driver = driver_of("Z16", bench, make_driver)
    guest = reserved(driver, with_nics(guest, [nic(1, "Z13")]))
    with pytest.raises(errors.Refused, match=r"\[network:prod\] virtual_switches, adapter_ports: .*none is on"):
        driver.boot(guest, bench.disks(guest.identity))


def test_an_adapter_port_carries_a_network_too(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    card = object_id("network-card", "Z16")
    wanted = [nic(1, "Z16", physical={"adapter_ports": [f"{card}:1"]})]
    guest, _ = booted(bench, driver_of("Z16", bench, make_driver), with_nics(guest, wanted))
    (found,) = made(bench, guest)
    assert found["network-adapter-port-uri"] == f"/api/adapters/{card}/network-ports/1"


def test_more_nics_than_can_be_told_are_refused(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    driver = driver_of("Z16", bench, make_driver)
    guest = reserved(driver, with_nics(guest, [nic(number, "Z16") for number in range(13)]))
    with pytest.raises(errors.Refused, match="13 network interfaces are more than"):
        driver.boot(guest, bench.disks(guest.identity))


@MACHINES
def test_the_config_drive_is_mounted_and_can_be_read_by_the_system(
    machine: str, bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    guest, _ = booted(bench, driver_of(machine, bench, make_driver), with_nics(guest, [], b"#cloud-config\n"))
    (partition,) = bench.partitions(guest)
    assert partition["boot-iso-image-name"].startswith("config-")
    model = bench.controls._core.model
    (resource,) = [each for each in model.of_kind("partition") if each.uri == partition["object-uri"]]
    found = disc.disc(model, resource)
    assert found["openstack/latest/user_data"] == b"#cloud-config\n"


@pytest.mark.parametrize("is_seen", [True, False])
def test_networks_are_told_whether_or_not_the_system_sees_the_config_drive(
    is_seen: bool, guest: Guest, tmp_path: Path
) -> None:
    """Both readings of what is not known of real machines: the image beside a system booted from storage."""
    inferences = Inferences(has_image_beside_storage=is_seen)
    with running_bench(tmp_path, start_delay_s=0.02, inferences=inferences) as bench:
        driver = DpmDriver(bench.settings(**bench.machine("Z16")), "zhost-1")
        guest, _ = booted(bench, driver, with_nics(guest, [nic(1, "Z16")], b"#cloud-config\n"))
        (partition,) = bench.partitions(guest)
        assert partition["boot-os-specific-parameters"].startswith("8000,1,")
        (mounted,) = bench.controls._core.model.of_kind("guest-disc")
        assert mounted.props["has_booted"] == is_seen
        driver.close()


def test_nothing_is_mounted_for_a_server_with_nothing_to_tell_or_where_it_is_switched_off(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    plain, _ = booted(bench, driver_of("Z16", bench, make_driver), with_nics(guest, []))
    other = Guest(id=ids.new(), name="y", vcpus=1, memory_mib=512)
    quiet = driver_of("Z16", bench, make_driver, mount_config_drive=False)
    told, _ = booted(bench, quiet, with_nics(other, [], b"#!"))
    assert [bench.partitions(each)[0]["boot-iso-image-name"] for each in (plain, told)] == [None, None]
