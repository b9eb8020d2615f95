"""A mock HMC over TLS whose partitions boot only from LUNs of the simulated array, and drivers that talk to it."""

from __future__ import annotations

import dataclasses
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from moorage import ids
from moorage.compute.model.guest import Disk, Guest
from moorage.drivers.dpm import DpmDriver, DpmSettings
from moorage.drivers.dpm.sessions import Hmc, SessionPool
from moorage.drivers.fcarray.backend import FcArray
from moorage.drivers.fcarray.fabric import open_fabric
from moorage.mock_hmc import CpcSpec, HmcConfig, MockHmc

ANY_REQUEST = r"^\w+ /api/(?!sessions)"
"""Matches every request but logon and logoff."""


class Bench:
    """HMC, array, and what a test wants to know of them."""

    def __init__(self, hmc: MockHmc, array: FcArray) -> None:
        self.hmc = hmc
        self.controls = hmc.controls
        self.array = array
        self.cpcs = {cpc["name"]: cpc for cpc in hmc.ready()["cpcs"]}
        self.adapters = [adapter["object-id"] for adapter in self.cpcs["Z13"]["adapters"]]

    def settings(self, **changes: Any) -> DpmSettings:
        settings = DpmSettings(
            hmc=("127.0.0.1",),
            hmc_port=self.hmc.port,
            hmc_notification_port=self.hmc.stomp_address.port,
            hmc_username=self.hmc.config.user,
            hmc_password=self.hmc.password,
            verify_cert=True,
            ca_file=str(self.hmc.ca_file),
            cpc_object_id=self.cpcs["Z13"]["object-id"],
            max_processors=8,
            max_memory=16384,
            physical_storage_adapter_mappings=tuple(f"{adapter}:0" for adapter in self.adapters),
            target_wwpn_ignore_list=(),
            connect_timeout_s=5,
            read_timeout_s=10,
            boot_timeout=60,
            start_timeout_s=10,
            stop_timeout_s=10,
            paused_grace_s=0.1,
            poll_max_s=1.0,
            boot_grace_s=0.0,
            boot_rounds=1,
            loader_error_pattern="^MLO[A-Z]{3}[0-9]{3}E",
            fulfillment_timeout_s=5,
            keep_groups_of_shelved=False,
            mount_config_drive=True,
        )
        return dataclasses.replace(settings, **changes)

    def machine(self, name: str) -> dict[str, Any]:
        """Settings that name another machine and all its adapters."""
        cpc = self.cpcs[name]
        mappings = tuple(f"{adapter['object-id']}:0" for adapter in cpc["adapters"])
        return {"cpc_object_id": cpc["object-id"], "physical_storage_adapter_mappings": mappings}

    @contextmanager
    def session(self) -> Iterator[Hmc]:
        pool = SessionPool(self.settings())
        with pool.lease() as hmc:
            yield hmc
        pool.close()

    def groups(self, guest: Guest) -> list[dict[str, Any]]:
        return [each for each in self.controls.state()["storage-groups"] if guest.id in each["name"]]

    def volumes(self, guest: Guest) -> list[dict[str, Any]]:
        """The volumes declared in the guest's storage group."""
        (group,) = self.groups(guest)
        return [each for each in self.controls.state()["storage-volumes"] if each["parent"] == group["object-uri"]]

    def boot_volume(self, guest: Guest) -> dict[str, Any]:
        (found,) = [each for each in self.volumes(guest) if each["usage"] == "boot"]
        return found

    def partitions(self, guest: Guest) -> list[dict[str, Any]]:
        return [each for each in self.controls.state()["partitions"] if guest.id in each["name"]]

    def status(self, guest: Guest) -> str:
        (partition,) = self.partitions(guest)
        return str(partition["status"])

    def force_status(self, guest: Guest, status: str) -> None:
        self.controls.set_partition_status(self.partitions(guest)[0]["object-uri"], status)

    def change_status(self, guest: Guest, before: str, after: str) -> None:
        """Wait until the partition has one status, then force the other."""
        while self.status(guest) != before:
            time.sleep(0.02)
        self.force_status(guest, after)

    def script(self, guest: Guest, outcome: str, times: int | None = None) -> None:
        """How the next starts of the guest's partition end; None: every start."""
        self.controls.set_boot_outcome(self.partitions(guest)[0]["object-uri"], outcome, times)

    def calls(self) -> list[str]:
        """Requests since the last look, without logons."""
        entries = self.controls.requests(has_logons=False)
        self.controls.clear_requests()
        return [f"{entry['method']} {entry['uri']}" for entry in entries]

    def disks(self, identity: dict[str, Any]) -> list[Disk]:
        """A fresh volume, connected for this identity."""
        volume_id = ids.new()
        self.array.create(volume_id, 1)
        info = self.array.connect(volume_id, identity["connector"])
        return [Disk(volume_id=volume_id, device_name="/dev/sda", boot_index=0, connection_info=info, size_gib=1)]


@contextmanager
def running_bench(root: Path, start_delay_s: float, **options: Any) -> Iterator[Bench]:
    """HMC and array with all their files below ``root``."""
    array = FcArray("array", root / "array.sqlite")
    config = HmcConfig(
        root / "hmc",
        cpcs=(CpcSpec("Z13"), CpcSpec("Z16", has_storage_management=True)),
        control_listen=None,
        reachable=open_fabric(root / "array.sqlite").reason_unreachable,
        luns=open_fabric(root / "array.sqlite").luns_seen,
        start_delay_s=start_delay_s,
        stop_delay_s=0.02,
        **options,
    )
    with MockHmc(config) as hmc:
        yield Bench(hmc, array)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with running_bench(tmp_path_factory.mktemp("dpm"), start_delay_s=0.05) as bench:
        yield bench


@pytest.fixture
def bench(running: Bench) -> Iterator[Bench]:
    running.controls.clear_requests()
    yield running
    running.controls.clear_faults()
    running.controls.set_notifications("normal")


@pytest.fixture
def make_driver(bench: Bench) -> Iterator[Callable[..., DpmDriver]]:
    drivers: list[DpmDriver] = []

    def make(**changes: Any) -> DpmDriver:
        drivers.append(DpmDriver(bench.settings(**changes), "zhost-1"))
        return drivers[-1]

    yield make
    bench.controls.clear_faults()
    for driver in drivers:
        driver.close()


@pytest.fixture
def driver(make_driver: Callable[..., DpmDriver]) -> DpmDriver:
    return make_driver()


@pytest.fixture
def guest() -> Guest:
    return Guest(id=ids.new(), name="web", vcpus=2, memory_mib=2048)


def reserved(driver: DpmDriver, guest: Guest) -> Guest:
    """The guest as it is after its identity was stored in its row."""
    identity = msgspec.to_builtins(driver.reserve_identity(guest))
    return msgspec.structs.replace(guest, identity=identity)


def booted(bench: Bench, driver: DpmDriver, guest: Guest) -> tuple[Guest, list[Disk]]:
    """A running guest and its disks."""
    guest = reserved(driver, guest)
    disks = bench.disks(guest.identity)
    driver.boot(guest, disks)
    return guest, disks


@pytest.fixture
def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
