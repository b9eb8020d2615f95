"""How do servers become partitions of a CPC in DPM mode, booted from Fibre Channel volumes (HBA model)?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from moorage import errors
from moorage.compute.ports import Capabilities, Disk, Guest, HeldGuest, HostState, Identity
from moorage.compute.unsupported import Unsupported
from moorage.drivers.dpm import boot_path, hbas, start_checks, statuses
from moorage.drivers.dpm.faults import translated
from moorage.drivers.dpm.jobs import JobRunner
from moorage.drivers.dpm.lifecycle import Lifecycle
from moorage.drivers.dpm.notices import JobNotices
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.partitions import Partition, Partitions
from moorage.drivers.dpm.sessions import Hmc, SessionPool

_OPERATING = ("active", "service-required", "degraded", "exceptions")


class DpmDriver(Unsupported):
    """The ``dpm`` hypervisor. Implements ``moorage.compute.ports.Hypervisor``; safe to use from many threads."""

    name = "dpm"
    capabilities = Capabilities(volume_protocols=frozenset({"fibre_channel"}), local_disks=False)

    def __init__(self, settings: DpmSettings, host: str) -> None:
        """``host`` names this part of the CPC; it is the hypervisor's name and part of the partitions' names."""
        self._settings = settings
        self._host = host
        self._sessions = SessionPool(settings)
        self._notices = JobNotices(settings)
        self._partitions = Partitions(settings, host)
        self._lifecycle = Lifecycle(settings, JobRunner(self._notices, settings.poll_max_s))
        self._port_uris: list[str] = []

    def check_at_start(self) -> None:
        """Compare the settings with the CPC.

        Raises ``errors.ConfigError`` for what does not fit, ``errors.Refused`` when the HMC refuses the user and
        ``errors.Unknown`` when it does not answer.
        """
        with self._hmc("check of the [dpm] section") as hmc:
            self._port_uris = start_checks.check_section(hmc, self._settings)

    def close(self) -> None:
        """Log off; the driver cannot be used afterwards."""
        self._notices.close()
        self._sessions.close()

    def hosts(self) -> list[HostState]:
        """One hypervisor with the totals of the settings; down when the HMC or the CPC cannot be asked to work."""
        try:
            with self._hmc("look at the CPC") as hmc:
                cpc = start_checks.read_cpc(hmc, self._settings)
        except (errors.OutsideError, errors.ConfigError):
            # Down is what a caller needs to know here; the call that needs the HMC says why.
            cpc = {}
        state = HostState(
            name=self._host,
            hypervisor_type="dpm",
            version=_version_number(str(cpc.get("se-version", ""))),
            vcpus=self._settings.max_processors,
            memory_mib=self._settings.max_memory,
            disk_gib=0,
            up=cpc.get("status") in _OPERATING,
        )
        return [state]

    def reserve_identity(self, guest: Guest) -> Identity:
        """Make or find the partition and its HBAs, whose WWPNs are the server's until the partition is deleted."""
        with self._hmc(f"reservation for server {guest.id}") as hmc:
            partition = self._partitions.find_or_create(hmc, guest)
            present = partition.properties["hba-uris"]
            made = hbas.find_or_create(hmc, partition.uri, present, self._ports())
        return Identity(
            connector={"wwpns": [hba.wwpn for hba in made], "host": guest.id},
            host=self._host,
            driver={"partition": partition.uri, "hbas": msgspec.to_builtins(made)},
        )

    def boot(self, guest: Guest, disks: list[Disk]) -> None:
        """Boot from the disk with ``boot_index`` 0 through the first HBA; returns once the partition runs."""
        with self._hmc(f"boot of server {guest.id}") as hmc:
            self._start(hmc, guest, disks, is_any_boot_fine=False)

    def power_on(self, guest: Guest, disks: list[Disk]) -> None:
        """Start from any status; already running is success, whatever it was booted from."""
        with self._hmc(f"start of server {guest.id}") as hmc:
            self._start(hmc, guest, disks, is_any_boot_fine=True)

    def power_off(self, guest: Guest) -> None:
        with self._hmc(f"stop of server {guest.id}") as hmc:
            self._lifecycle.stop(hmc, self._require(hmc, guest).uri)

    def reboot(self, guest: Guest, disks: list[Disk], hard: bool) -> None:  # noqa: ARG002
        """Stop, define the boot properties again and start. DPM cannot ask the system to restart by itself."""
        with self._hmc(f"restart of server {guest.id}") as hmc:
            self._lifecycle.stop(hmc, self._require(hmc, guest).uri)
            self._start(hmc, guest, disks, is_any_boot_fine=False)

    def plug(self, guest: Guest, disk: Disk) -> None:
        """Nothing for the HMC to do: the LUN is masked for the partition's WWPNs, and the guest has to scan for it."""

    def unplug(self, guest: Guest, disk: Disk) -> None:
        """Nothing for the HMC to do: the guest has to let go of the LUN before it is unmasked."""

    def destroy(self, guest: Guest) -> None:
        """Stop and delete the partition; its HBAs and WWPNs go with it."""
        with self._hmc(f"removal of server {guest.id}") as hmc:
            partition = self._partitions.find(hmc, guest)
            if partition is not None:
                self._lifecycle.delete(hmc, partition.uri)

    def power_state(self, guest: Guest) -> int:
        """As in ``statuses.power_state``; 0 when there is no partition."""
        with self._hmc(f"look at server {guest.id}") as hmc:
            partition = self._partitions.find(hmc, guest)
        return statuses.power_state(partition.status) if partition else 0

    def guests_of(self, server_ids: list[str]) -> list[HeldGuest]:
        """The HMC does not know which LUNs a partition uses, so ``volume_ids`` stays open."""
        wanted = set(server_ids)
        return [guest for guest in self._held() if guest.server_id in wanted]

    def guests_after(self, server_id: str, limit: int) -> list[HeldGuest]:
        return [guest for guest in self._held() if guest.server_id > server_id][:limit]

    def _held(self) -> list[HeldGuest]:
        with self._hmc("list of partitions") as hmc:
            listed = self._partitions.listed(hmc)
        return [
            HeldGuest(server_id=s, is_running=status not in statuses.STOPPED) for s, status in sorted(listed.items())
        ]

    def _start(self, hmc: Hmc, guest: Guest, disks: list[Disk], *, is_any_boot_fine: bool) -> None:
        uri, hba = self._boot_hba(hmc, guest)
        boot = boot_path.boot_properties(hba, disks, self._settings.target_wwpn_ignore_list)
        boot["boot-timeout"] = self._settings.boot_timeout
        self._lifecycle.start(hmc, uri, boot, is_any_boot_fine=is_any_boot_fine)

    def _boot_hba(self, hmc: Hmc, guest: Guest) -> tuple[str, hbas.Hba]:
        """Partition and first HBA: as stored, else from the HMC."""
        stored: dict[str, Any] = guest.identity.get("driver") or {}
        if stored.get("partition") and stored.get("hbas"):
            return str(stored["partition"]), msgspec.convert(stored["hbas"][0], hbas.Hba)
        partition = self._require(hmc, guest)
        hba = hbas.read_first(hmc, partition.properties["hba-uris"])
        if hba is None:
            raise errors.Refused(f"partition {partition.uri} of server {guest.id} has no HBA to boot from")
        return partition.uri, hba

    def _require(self, hmc: Hmc, guest: Guest) -> Partition:
        partition = self._partitions.find(hmc, guest)
        if partition is None:
            raise errors.Refused(f"server {guest.id} has no partition {self._partitions.name(guest)}")
        return partition

    def _ports(self) -> list[str]:
        return self._port_uris or [start_checks.port_uri(*pair) for pair in start_checks.split_mappings(self._settings)]

    @contextmanager
    def _hmc(self, what: str) -> Iterator[Hmc]:
        with translated(what), self._sessions.lease() as hmc:
            yield hmc


def _version_number(text: str) -> int:
    """``2.13.1`` as 2013001, the way Nova writes versions; 0 when not known."""
    numbers = [int(number) for number in re.findall(r"\d+", text)[:3]]
    major, minor, micro = [*numbers, 0, 0, 0][:3]
    return major * 1_000_000 + minor * 1_000 + micro
