"""On which host does a server live?

A server that has been placed stays there until it is offloaded. Who places it reads here what each host has.
"""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.compute.model.guest import Guest, HostState
from moorage.drivers.libvirt.hosts import Host
from moorage.drivers.libvirt.options import LibvirtSettings


class Placement:
    """Knows what each host has, and which one is a server's."""

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

    def chosen(self, guest: Guest) -> Host:
        """The host that was chosen for the server from what ``states`` said; the first without a choice."""
        name = next(iter(guest.hosts), next(iter(self._hosts)))
        if name not in self._hosts:
            raise errors.Refused(f"No valid host was found. {name} is not among [libvirt] connection_uri.")
        return self._hosts[name]

    def states(self) -> list[HostState]:
        """All hosts; one that does not answer is down and keeps what it said last."""
        return [self._state(host) for host in self._hosts.values()]

    def _state(self, host: Host) -> HostState:
        nothing = {"version": 0, "vcpus": 0, "memory_mib": 0, "disk_gib": 0}
        down = HostState(name=host.name, hypervisor_type="QEMU", up=False, **nothing)
        try:
            with host.lease("look at the host") as connection:
                self._last[host.name] = _read(host, connection, self._settings.reserved_host_memory_mb)
                return self._last[host.name]
        except errors.OutsideError:
            # Down is what a caller needs to know here; the call that needs the host says why.
            last = self._last.get(host.name, down)
            return HostState(**{name: getattr(last, name) for name in last.__struct_fields__} | {"up": False})


def _read(host: Host, connection: Any, reserved_mib: int) -> HostState:
    """Memory is what guests may have."""
    info = connection.getInfo()
    return HostState(
        name=host.name, hypervisor_type="QEMU", version=connection.getVersion(), vcpus=info[2],
        memory_mib=max(0, info[1] - reserved_mib), disk_gib=0,
    )  # fmt: skip
