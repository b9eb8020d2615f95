"""How do servers become partitions of a CPC in DPM mode, booted from Fibre Channel volumes?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from moorage import errors
from moorage.compute.model.guest import Disk, Guest, GuestState, HeldGuest, HostState, Identity
from moorage.compute.ports import Capabilities, StartLog
from moorage.compute.unsupported import Unsupported
from moorage.drivers.dpm import os_messages, start_checks, statuses
from moorage.drivers.dpm.failover import Failover, NoStartLog
from moorage.drivers.dpm.faults import translated
from moorage.drivers.dpm.group_storage import GroupStorage
from moorage.drivers.dpm.hba_storage import HbaStorage
from moorage.drivers.dpm.jobs import JobRunner
from moorage.drivers.dpm.lifecycle import Lifecycle
from moorage.drivers.dpm.notices import JobNotices
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.partitions import Partitions
from moorage.drivers.dpm.sessions import Hmc, SessionPool
from moorage.drivers.dpm.state_watch import StateWatch, state_of
from moorage.drivers.dpm.storage import Storage

_OPERATING = ("active", "service-required", "degraded", "exceptions")


class DpmDriver(Unsupported):
    """The ``dpm`` hypervisor. Implements ``moorage.compute.ports.Hypervisor``; safe to use from many threads."""

    name = "dpm"
    capabilities = Capabilities(volume_protocols=frozenset({"fibre_channel"}), local_disks=False, console=True)

    def __init__(self, settings: DpmSettings, host: str) -> None:
        """``host`` names this part of the CPC; it is the hypervisor's name and part of the partitions' names."""
        self._settings = settings
        self._host = host
        self._sessions = SessionPool(settings)
        self._notices = JobNotices(settings)
        self._lifecycle = Lifecycle(settings, JobRunner(self._notices, settings.poll_max_s))
        self._failover = Failover(settings, self._lifecycle, NoStartLog())
        self._port_uris: list[str] = []
        self._model: Storage | None = None
        self._watch: StateWatch | None = None

    def keep_tries(self, log: StartLog) -> None:
        """Where the paths of each start are written down."""
        self._failover.log = log

    def check_at_start(self) -> None:
        """Compare the settings with the CPC.

        Raises ``errors.ConfigError`` for what does not fit, ``errors.Refused`` when the HMC refuses the user and
        ``errors.Unknown`` when it does not answer.
        """
        with self._hmc("check of the [dpm] section") as hmc:
            section = start_checks.check_section(hmc, self._settings)
            self._port_uris = section.port_uris
            self._model = self._model_of(section.has_groups)

    def close(self) -> None:
        """Log off; the driver cannot be used afterwards."""
        if self._watch is not None:
            self._watch.close()
        self._notices.close()
        self._sessions.close()

    def hosts(self) -> list[HostState]:
        """One hypervisor with the totals of the settings.

        Down when the HMC or the CPC cannot be asked to work, and when none of the mapped adapters reaches storage.
        """
        has_reach = False
        try:
            with self._hmc("look at the CPC") as hmc:
                cpc = start_checks.read_cpc(hmc, self._settings)
                has_reach = start_checks.has_reach(hmc, self._settings)
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
            up=has_reach and cpc.get("status") in _OPERATING,
        )
        return [state]

    def reserve_identity(self, guest: Guest) -> Identity:
        """Make or find what holds the server's WWPNs: partition and HBAs, or a storage group without a partition."""
        with self._hmc(f"reservation for server {guest.id}") as hmc:
            wwpns, handles = self._storage(hmc).reserve(hmc, guest)
        return Identity(connector={"wwpns": wwpns, "host": guest.id}, host=self._host, driver=handles)

    def release_identity(self, guest: Guest) -> None:
        """Give up the WWPNs: the storage group goes; HBAs went with their partition."""
        with self._hmc(f"release of the WWPNs of server {guest.id}") as hmc:
            self._storage(hmc).release(hmc, guest)

    def rest_identity(self, guest: Guest) -> bool:
        """A storage group is kept if ``keep_groups_of_shelved`` says so; HBAs cannot be."""
        with self._hmc(f"WWPNs of the shelved server {guest.id}") as hmc:
            storage = self._storage(hmc)
            is_kept = storage.rest(hmc, guest)
            if not is_kept:
                storage.release(hmc, guest)
        return is_kept

    def boot(self, guest: Guest, disks: list[Disk]) -> None:
        """Boot from the disk with ``boot_index`` 0; returns once the partition runs."""
        with self._hmc(f"boot of server {guest.id}") as hmc:
            self._storage(hmc).boot(hmc, guest, disks)

    def power_on(self, guest: Guest, disks: list[Disk]) -> None:
        """Start from any status; already running is success, whatever it was booted from."""
        with self._hmc(f"start of server {guest.id}") as hmc:
            self._storage(hmc).power_on(hmc, guest, disks)

    def power_off(self, guest: Guest, *, is_graceful: bool = True) -> None:  # noqa: ARG002
        """DPM cannot ask the system to shut down by itself."""
        with self._hmc(f"stop of server {guest.id}") as hmc:
            self._lifecycle.stop(hmc, self._storage(hmc).partitions.require(hmc, guest).uri)

    def reboot(self, guest: Guest, disks: list[Disk], hard: bool) -> None:  # noqa: ARG002
        """Stop, define the boot properties again and start. DPM cannot ask the system to restart by itself."""
        with self._hmc(f"restart of server {guest.id}") as hmc:
            storage = self._storage(hmc)
            self._lifecycle.stop(hmc, storage.partitions.require(hmc, guest).uri)
            storage.boot(hmc, guest, disks)

    def plug(self, guest: Guest, disk: Disk) -> None:
        """The HMC's part of an attach. The guest has to look for the LUN itself."""
        with self._hmc(f"attach of volume {disk.volume_id} to server {guest.id}") as hmc:
            self._storage(hmc).plug(hmc, guest, disk)

    def unplug(self, guest: Guest, disk: Disk) -> None:
        """The HMC's part of a detach. The guest has to let go of the LUN before."""
        with self._hmc(f"detach of volume {disk.volume_id} from server {guest.id}") as hmc:
            self._storage(hmc).unplug(hmc, guest, disk)

    def console(self, guest: Guest) -> str:
        """The operating system messages that the HMC still has."""
        with self._hmc(f"console of server {guest.id}") as hmc:
            return os_messages.everything(hmc, self._storage(hmc).partitions.require(hmc, guest).uri)

    def grow(self, guest: Guest, disk: Disk, size_gib: int) -> None:
        """Nothing for the HMC to do: the guest has to scan for the LUN's new size."""

    def destroy(self, guest: Guest) -> None:
        """Stop and delete the partition; HBAs and their WWPNs go with it, a storage group stays."""
        with self._hmc(f"removal of server {guest.id}") as hmc:
            self._storage(hmc).destroy(hmc, guest)

    def power_state(self, guest: Guest) -> int:
        """As in ``statuses.power_state``; 0 when there is no partition."""
        with self._hmc(f"look at server {guest.id}") as hmc:
            partition = self._storage(hmc).partitions.find(hmc, guest)
        return statuses.power_state(partition.status) if partition else 0

    def watch(self, tell: Callable[[GuestState], None]) -> None:
        """As in ``compute.ports.StateSource``."""
        self._watch = StateWatch(self._settings, self._sessions, Partitions.prefix_of(self._host), self._listed)
        self._watch.start(tell)

    def states_of(self, server_ids: list[str]) -> list[GuestState]:
        """One request, however many are asked for."""
        with self._hmc("list of partitions") as hmc:
            listed = self._listed(hmc)
        return [state_of(server_id, listed[server_id]) for server_id in server_ids if server_id in listed]

    def _listed(self, hmc: Hmc) -> dict[str, str]:
        return self._storage(hmc).partitions.listed(hmc)

    def guests_of(self, server_ids: list[str]) -> list[HeldGuest]:
        """The HMC does not know which LUNs a partition uses, so ``volume_ids`` stays open."""
        wanted = set(server_ids)
        return [guest for guest in self._held() if guest.server_id in wanted]

    def guests_after(self, server_id: str, limit: int) -> list[HeldGuest]:
        return [guest for guest in self._held() if guest.server_id > server_id][:limit]

    def identities_of(self, server_ids: list[str]) -> list[str]:
        """Servers with a storage group; HBAs are a partition's own."""
        wanted = set(server_ids)
        return [server_id for server_id in self._groups() if server_id in wanted]

    def identities_after(self, server_id: str, limit: int) -> list[str]:
        return [other for other in self._groups() if other > server_id][:limit]

    def _groups(self) -> list[str]:
        with self._hmc("list of storage groups") as hmc:
            return self._storage(hmc).held(hmc)

    def _held(self) -> list[HeldGuest]:
        with self._hmc("list of partitions") as hmc:
            listed = self._listed(hmc)
        return [
            HeldGuest(server_id=s, is_running=status not in statuses.STOPPED) for s, status in sorted(listed.items())
        ]

    def _storage(self, hmc: Hmc) -> Storage:
        """The CPC's storage model, asked for once."""
        if self._model is None:
            self._model = self._model_of(start_checks.has_groups(start_checks.read_cpc(hmc, self._settings)))
        return self._model

    def _model_of(self, has_groups: bool) -> Storage:
        model = GroupStorage if has_groups else HbaStorage
        return model(self._settings, self._host, self._lifecycle, self._failover, self._ports())

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
