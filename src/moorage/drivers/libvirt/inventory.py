"""Which guests are there on all hosts, and what do they do? A host that does not answer may have any guest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from moorage import errors
from moorage.compute.model.guest import GuestState, HeldGuest
from moorage.drivers.libvirt import lifecycle, plugs, states
from moorage.drivers.libvirt.hosts import Host

T = TypeVar("T")


class Inventory:
    """Looks at one host after the other."""

    def __init__(self, hosts: Iterable[Host]) -> None:
        self._hosts = list(hosts)

    def guests_of(self, server_ids: list[str]) -> list[HeldGuest]:
        """``Unknown`` if one of them was not found and a host is silent."""
        wanted = set(server_ids)
        found, silence = self._seen(_held, wanted.__contains__)
        if silence is not None and wanted - {held.server_id for held in found}:
            raise silence
        return sorted(found, key=lambda held: held.server_id)

    def guests_after(self, server_id: str, limit: int) -> list[HeldGuest]:
        """``Unknown`` unless all hosts answer."""
        found, silence = self._seen(_held, lambda one: one > server_id)
        if silence is not None:
            raise silence
        return sorted(found, key=lambda held: held.server_id)[:limit]

    def states_of(self, server_ids: list[str]) -> list[GuestState]:
        """From the hosts that answer; ``Unknown`` if none does."""
        found, silence = self._seen(states.state_of, set(server_ids).__contains__)
        if silence is not None and not any(host.is_connected for host in self._hosts):
            raise silence
        return found

    def _seen(
        self, look: Callable[[Any], T], is_wanted: Callable[[str], bool]
    ) -> tuple[list[T], errors.OutsideError | None]:
        """What ``look`` says of the guests of each host, and why one host said nothing."""
        found: list[T] = []
        silence = None
        for host in self._hosts:
            try:
                with host.lease("look at guests") as connection:
                    found += [look(domain) for domain in host.owned(connection, is_wanted)]
            except errors.OutsideError as trouble:
                silence = trouble
        return found, silence


def _held(domain: Any) -> HeldGuest:
    """A saved guest counts as running: it expects its disks as it left them."""
    volumes = {disk.volume_id for view in plugs.views(domain) for disk in plugs.disks_of(domain, view)}
    is_running = lifecycle.power_of(domain) not in (lifecycle.SHUTDOWN, lifecycle.NOSTATE)
    return HeldGuest(server_id=domain.UUIDString(), is_running=is_running, volume_ids=sorted(volumes))
