"""On which hypervisor does a server live? Decided and reserved in one transaction, so that no race overshoots.

A server takes of its hypervisor what its flavor says, whether it runs or not, until it is deleted or offloaded.
"""

from __future__ import annotations

import sqlalchemy as sa

from moorage import errors
from moorage.compute.model.host import HypervisorState
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.compute.service.hypervisors import open_ones
from moorage.store import Tx
from moorage.store.tables.compute import hypervisors


def place(tx: Tx, server: Server, *, shares_processors: bool = False) -> str:
    """The server's hypervisor: the one it has, the one that holds its WWPNs, else that with most memory to spare.

    ``shares_processors``: servers may have more of them in sum than there are. ``errors.Refused`` in Nova's words if it
    fits nowhere.
    """
    _take_turns(tx)
    if server.host is not None:
        return server.host
    fitting = [host for host in open_ones(tx) if _fits(host, server, shares_processors)]
    if server.identity is not None:
        fitting = [host for host in fitting if host.name == server.identity["host"]]
    if not fitting:
        raise errors.Refused("No valid host was found. There are not enough hosts available.")
    chosen = max(fitting, key=_room).name
    servers.update(tx, server.id, host=chosen)
    return chosen


def _take_turns(tx: Tx) -> None:
    """Where writers run side by side, whoever places a server waits for the one before."""
    tx.execute(sa.select(hypervisors.c.id).order_by(hypervisors.c.id).with_for_update()).all()


def _fits(host: HypervisorState, server: Server, shares_processors: bool) -> bool:
    has_processors = shares_processors or host.usage.vcpus + server.vcpus <= host.vcpus
    return has_processors and host.usage.memory_mib + server.ram_mib <= host.memory_mib


def _room(host: HypervisorState) -> tuple[int, int, str]:
    return host.memory_mib - host.usage.memory_mib, host.vcpus - host.usage.vcpus, host.name
