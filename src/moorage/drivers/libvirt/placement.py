"""On which host does a server live?

A server that has been placed stays there until it is offloaded. A new one goes where most memory is free.
"""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.compute.ports import Guest, HostState
from moorage.drivers.libvirt.hosts import Host
from moorage.drivers.libvirt.options import LibvirtSettings

_MIB_PER_KIB = 1024


class Placement:
    """Knows what each host has and what is left of it."""

    def __init__(self, settings: LibvirtSettings, hosts: dict[str, Host]) -> None:
        self._settings = settings
        self._hosts = hosts
        self._last: dict[str, HostState] = {}

    def host_of(self, guest: Guest) -> Host | None:
        """Where the server was placed; None before that. ``Unknown`` if that host is not configured any more."""
        name = guest.identity.get("host")
        if name is None:
            return None
        if name not in self._hosts:
            raise errors.Unknown(f"server {guest.id} lives on {name}, which is not among [libvirt] connection_uri")
        return self._hosts[name]

    def choose(self, guest: Guest) -> Host:
        """The host with most memory left among those that answer; ``Refused`` if it fits on none."""
        free: dict[str, int] = {}
        for name in guest.hosts or self._hosts:
            try:
                free[name] = self._free_mib(self._hosts[name])
            except errors.Unknown:
                continue
        fitting = {name: mib for name, mib in free.items() if mib >= guest.memory_mib}
        if fitting:
            return self._hosts[max(fitting, key=lambda name: fitting[name])]
        if len(free) < len(guest.hosts or self._hosts):
            raise errors.Unknown(f"No host that answers has {guest.memory_mib} MiB left for server {guest.id}")
        raise errors.Refused(f"No valid host was found. No host has {guest.memory_mib} MiB left.")

    def states(self) -> list[HostState]:
        """All hosts; one that does not answer is down and keeps what it said last."""
        return [self._state(host) for host in self._hosts.values()]

    def _state(self, host: Host) -> HostState:
        nothing = {"version": 0, "vcpus": 0, "memory_mib": 0, "disk_gib": 0}
        down = HostState(name=host.name, hypervisor_type="QEMU", up=False, **nothing)
        try:
            with host.lease("look at the host") as connection:
                self._last[host.name] = _read(host, connection)
                return self._last[host.name]
        except errors.OutsideError:
            # Down is what a caller needs to know here; the call that needs the host says why.
            last = self._last.get(host.name, down)
            return HostState(**{name: getattr(last, name) for name in last.__struct_fields__} | {"up": False})

    def _free_mib(self, host: Host) -> int:
        with host.lease("look for room") as connection:
            total_mib: int = connection.getInfo()[1]
            taken_mib: int = sum(domain.maxMemory() // _MIB_PER_KIB for domain in connection.listAllDomains())
        return total_mib - self._settings.reserved_host_memory_mb - taken_mib


def _read(host: Host, connection: Any) -> HostState:
    info = connection.getInfo()
    return HostState(
        name=host.name, hypervisor_type="QEMU", version=connection.getVersion(), vcpus=info[2], memory_mib=info[1],
        disk_gib=0,
    )  # fmt: skip
