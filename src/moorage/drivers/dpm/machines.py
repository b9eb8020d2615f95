"""How do several CPCs, of one HMC or of many, look like one driver? Calls go to the machine the server lives on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from moorage import errors
from moorage.compute.model.guest import Disk, Guest, GuestState, HeldGuest, HostState, Identity
from moorage.compute.ports import StartLog
from moorage.compute.unsupported import Unsupported
from moorage.drivers.dpm.driver import DpmDriver


class DpmMachines(Unsupported):
    """Implements ``moorage.compute.ports.Hypervisor`` over one ``DpmDriver`` a CPC, by the name of its hypervisor."""

    name = DpmDriver.name
    capabilities = DpmDriver.capabilities

    def __init__(self, machines: dict[str, DpmDriver]) -> None:
        self._machines = machines

    def close(self) -> None:
        for machine in self._machines.values():
            machine.close()

    def keep_tries(self, log: StartLog) -> None:
        for machine in self._machines.values():
            machine.keep_tries(log)

    def hosts(self) -> list[HostState]:
        return list(chain.from_iterable(machine.hosts() for machine in self._machines.values()))

    def reserve_identity(self, guest: Guest) -> Identity:
        return self._of(guest).reserve_identity(guest)

    def release_identity(self, guest: Guest) -> None:
        if self._is_placed(guest):
            self._of(guest).release_identity(guest)

    def rest_identity(self, guest: Guest) -> bool:
        return self._is_placed(guest) and self._of(guest).rest_identity(guest)

    def boot(self, guest: Guest, disks: list[Disk]) -> None:
        self._of(guest).boot(guest, disks)

    def power_on(self, guest: Guest, disks: list[Disk]) -> None:
        self._of(guest).power_on(guest, disks)

    def power_off(self, guest: Guest, *, is_graceful: bool = True) -> None:
        self._of(guest).power_off(guest, is_graceful=is_graceful)

    def reboot(self, guest: Guest, disks: list[Disk], hard: bool) -> None:
        self._of(guest).reboot(guest, disks, hard)

    def plug(self, guest: Guest, disk: Disk) -> None:
        self._of(guest).plug(guest, disk)

    def unplug(self, guest: Guest, disk: Disk) -> None:
        self._of(guest).unplug(guest, disk)

    def console(self, guest: Guest) -> str:
        return self._of(guest).console(guest)

    def grow(self, guest: Guest, disk: Disk, size_gib: int) -> None:
        self._of(guest).grow(guest, disk, size_gib)

    def destroy(self, guest: Guest) -> None:
        """A server that was never placed has nothing anywhere: its place is on record before the first call."""
        if self._is_placed(guest):
            self._of(guest).destroy(guest)

    def power_state(self, guest: Guest) -> int:
        return self._of(guest).power_state(guest) if self._is_placed(guest) else 0

    def watch(self, tell: Callable[[GuestState], None]) -> None:
        for machine in self._machines.values():
            machine.watch(tell)

    def states_of(self, server_ids: list[str]) -> list[GuestState]:
        """From the machines that answer; ``Unknown`` only if none does."""
        found: list[GuestState] = []
        silent: list[errors.OutsideError] = []
        for machine in self._machines.values():
            try:
                found += machine.states_of(server_ids)
            except errors.OutsideError as silence:
                silent.append(silence)
        if len(silent) == len(self._machines):
            raise silent[0]
        return found

    def guests_of(self, server_ids: list[str]) -> list[HeldGuest]:
        return list(chain.from_iterable(machine.guests_of(server_ids) for machine in self._machines.values()))

    def guests_after(self, server_id: str, limit: int) -> list[HeldGuest]:
        pages = [machine.guests_after(server_id, limit) for machine in self._machines.values()]
        return sorted(chain.from_iterable(pages), key=lambda guest: guest.server_id)[:limit]

    def identities_of(self, server_ids: list[str]) -> list[str]:
        """Two CPCs of one HMC see each other's storage groups, hence the set."""
        pages = [machine.identities_of(server_ids) for machine in self._machines.values()]
        return sorted(set(chain.from_iterable(pages)))

    def identities_after(self, server_id: str, limit: int) -> list[str]:
        pages = [machine.identities_after(server_id, limit) for machine in self._machines.values()]
        return sorted(set(chain.from_iterable(pages)))[:limit]

    def _is_placed(self, guest: Guest) -> bool:
        return bool(guest.identity.get("host") or guest.hosts)

    def _of(self, guest: Guest) -> DpmDriver:
        """The machine the server was placed on. ``Unknown`` if that is not configured any more."""
        if not self._is_placed(guest):
            raise errors.Refused(f"server {guest.id} has not been placed on any CPC")
        host = str(guest.identity.get("host") or guest.hosts[0])
        if host not in self._machines:
            raise errors.Unknown(f"server {guest.id} lives on {host}, which is not among [dpm] cpcs")
        return self._machines[host]
