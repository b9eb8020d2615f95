"""To which networks is a new server connected? What its order names is looked up, then ports are made or bound.

Addresses are taken in the transaction that writes the server: a server without its addresses never exists.
"""

from __future__ import annotations

import msgspec

from moorage import errors
from moorage.context import Context
from moorage.networks.model import Network, Networks, NewPort
from moorage.networks.service import ports, quotas
from moorage.store import Tx


class WantedNic(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of ``networks``: a network or a port, its form already checked."""

    network_id: str | None = None
    port_id: str | None = None
    address: str | None = None
    tag: str | None = None


class PlannedNic(msgspec.Struct, frozen=True, kw_only=True):
    """A network with what is wanted of it, or a port to bind."""

    network: Network
    port_id: str | None = None
    address: str | None = None
    tag: str | None = None


def plan(
    tx: Tx, context: Context, wanted: list[WantedNic] | None, networks: Networks, max_count: int
) -> list[PlannedNic]:
    """What each server of the order gets; None asks for the one network there is. Errors are Nova's."""
    if wanted is None:
        return _only_one(networks)
    planned = [_planned(tx, context, nic, networks) for nic in wanted]
    given = [nic.port_id for nic in planned if nic.port_id is not None]
    if len(set(given)) < len(given):
        twice = next(port_id for port_id in given if given.count(port_id) > 1)
        raise errors.Conflict(f"Port {twice} is still in use.")
    if max_count > 1:
        _check_many(planned)
    return planned


def _only_one(networks: Networks) -> list[PlannedNic]:
    found = list(networks)
    if len(found) > 1:
        raise errors.Conflict("Multiple possible networks found, use a Network ID to be more specific.")
    return [PlannedNic(network=network) for network in found]


def _planned(tx: Tx, context: Context, wanted: WantedNic, networks: Networks) -> PlannedNic:
    if wanted.port_id is not None:
        return _bound(tx, context, wanted, networks)
    network = networks.find(str(wanted.network_id))
    if network is None:
        raise errors.BadRequest(f"Network {wanted.network_id} could not be found.")
    if wanted.address is not None:
        _check_address(tx, network, wanted.address)
    return PlannedNic(network=network, address=wanted.address, tag=wanted.tag)


def _bound(tx: Tx, context: Context, wanted: WantedNic, networks: Networks) -> PlannedNic:
    try:
        port = ports.get(tx, str(wanted.port_id), context.reach)
    except errors.NotFound:
        raise errors.BadRequest(f"Port id {wanted.port_id} could not be found.") from None
    if port.server_id is not None:
        raise errors.Conflict(f"Port {port.id} is still in use.")
    network = networks.find(port.network_id)
    if network is None:
        raise errors.BadRequest(f"Network {port.network_id} could not be found.")
    return PlannedNic(network=network, port_id=port.id, tag=wanted.tag)


def _check_address(tx: Tx, network: Network, text: str) -> None:
    address = network.usable(text)
    if address is None:
        raise errors.BadRequest(f"Fixed IP {text} is not a valid ip address for network {network.id}.")
    holder = ports.holder(tx, network, address)
    if holder is not None:
        raise errors.BadRequest(
            f"Fixed IP address {text} is already in use on instance {holder.server_id or holder.device_id}."
        )


def _check_many(planned: list[PlannedNic]) -> None:
    """What can be given to one server only cannot be asked for several."""
    if any(nic.port_id is not None for nic in planned):
        raise errors.BadRequest(
            "Unable to launch multiple instances with a single configured port ID. "
            "Please launch your instance one by one with different ports."
        )
    if any(nic.address is not None for nic in planned):
        raise errors.BadRequest(
            "Invalid fixed IP Address: max_count cannot be greater than 1 if an fixed_ip is specified."
        )


def check_quota(tx: Tx, project_id: str, planned: list[PlannedNic], servers: int) -> None:
    count = servers * sum(1 for nic in planned if nic.port_id is None)
    try:
        quotas.check(tx, project_id, count)
    except errors.OverQuota:
        raise errors.OverQuota("Maximum number of ports exceeded") from None


def connect(tx: Tx, context: Context, server_id: str, planned: list[PlannedNic]) -> None:
    """Give the server its ports, in the order asked for."""
    for index, nic in enumerate(planned):
        made = None
        if nic.port_id is None:
            made = _make(tx, context, nic)
        ports.bind(
            tx, nic.port_id or str(made), server_id, index=index, is_made_for_server=made is not None, tag=nic.tag
        )


def _make(tx: Tx, context: Context, nic: PlannedNic) -> str:
    try:
        return ports.create_port(tx, context, nic.network, NewPort(ip_address=nic.address)).id
    except errors.Conflict:
        if nic.address is not None:
            raise errors.BadRequest(f"Fixed IP address {nic.address} is already in use on instance None.") from None
        raise errors.BadRequest(f"No fixed IP addresses available for network: {nic.network.id}") from None
