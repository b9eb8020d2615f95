"""On which hypervisor does a server live? Decided and reserved in one write transaction, so that no race overshoots.

A server takes of its hypervisor what its flavor says, whether it runs or not, until it is deleted or offloaded. While a
resize can still be taken back, it takes the larger of both sizes.
"""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.compute.model.host import HypervisorState
from moorage.compute.model.server import Server
from moorage.compute.service import hypervisors, servers
from moorage.store import Tx

DESTINATION = "destination"
"""Key of ``system_metadata``: the ``host`` and ``node`` an administrator named for the next placement. Nova knows hosts
with several nodes; here both are the hypervisor's name."""


def place(tx: Tx, server: Server, *, shares_processors: bool = False) -> str:
    """The server's hypervisor: the one it has, the one that holds its WWPNs, else that with most memory to spare.

    ``shares_processors``: servers may have more of them in sum than there are. ``errors.Refused`` in Nova's words if it
    fits nowhere.
    """
    if server.host is not None:
        return server.host
    fitting = [
        host
        for host in hypervisors.open_ones(tx)
        if _may_be(server, host.name) and _fits(host, server.vcpus, server.ram_mib, shares_processors)
    ]
    if not fitting:
        raise errors.Refused(f"No valid host was found. {_why_not(tx, server)}")
    chosen = max(fitting, key=_room).name
    servers.update(tx, server.id, host=chosen, system_metadata=_without_destination(server))
    return chosen


def is_known(tx: Tx, destination: dict[str, str]) -> bool:
    """Whether there is such a host; nowhere in particular is fine."""
    names = set(destination.values())
    return not names or (len(names) == 1 and names <= set(hypervisors.names(tx)))


def ask_for(tx: Tx, server: Server, destination: dict[str, str]) -> None:
    """The next placement goes there, or anywhere if it is empty."""
    kept = _without_destination(server)
    asked = {**kept, DESTINATION: destination} if destination else kept
    if asked != server.system_metadata:
        servers.update(tx, server.id, system_metadata=asked)


def check_growth(tx: Tx, server: Server, *, vcpus: int, ram_mib: int, shares_processors: bool = False) -> None:
    """``errors.Refused`` in Nova's words if the server's hypervisor cannot give it so much more."""
    here = [host for host in hypervisors.open_ones(tx) if host.name == server.host]
    if not any(_fits(host, vcpus, ram_mib, shares_processors) for host in here):
        raise errors.Refused("No valid host was found. No valid host found for resize")


def _without_destination(server: Server) -> dict[str, Any]:
    return {key: value for key, value in server.system_metadata.items() if key != DESTINATION}


def _may_be(server: Server, host: str) -> bool:
    wanted = server.system_metadata.get(DESTINATION, {}).values()
    kept = [] if server.identity is None else [server.identity["host"]]
    return all(name == host for name in (*wanted, *kept))


def _why_not(tx: Tx, server: Server) -> str:
    wanted = server.system_metadata.get(DESTINATION, {})
    if not is_known(tx, wanted):
        return f"No such host - host: {wanted.get('host')} node: {wanted.get('node')} "
    return "There are not enough hosts available."


def _fits(host: HypervisorState, vcpus: int, ram_mib: int, shares_processors: bool) -> bool:
    has_processors = shares_processors or host.usage.vcpus + vcpus <= host.vcpus
    return has_processors and host.usage.memory_mib + ram_mib <= host.memory_mib


def _room(host: HypervisorState) -> tuple[int, int, str]:
    return host.memory_mib - host.usage.memory_mib, host.vcpus - host.usage.vcpus, host.name
