"""Ports in the database: make, find, bind to a server, give back.

An address is taken by inserting its row: two unique constraints say who was first, whatever ran side by side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.context import Context
from moorage.networks.model import Network, NewPort, Port, from_row
from moorage.networks.service import quotas
from moorage.store import Tx
from moorage.store.tables.networks import ports

_MAC_PREFIX = "fa:16:3e"
"""OpenStack's: unicast and locally administered."""
_MAC_TRIES = 64
_IN_ORDER = sa.select(ports).order_by(ports.c.device_index, ports.c.sequence)
_OF_SERVER = _IN_ORDER.where(ports.c.server_id == sa.bindparam("server_id"))
_BOUND = ports.c.server_id == sa.bindparam("of_server")
_DROP_MADE, _FREE_GIVEN = ports.delete().where(_BOUND, ports.c.is_made_for_server), ports.update().where(_BOUND)


def create_port(tx: Tx, context: Context, network: Network, new: NewPort, *, project_id: str | None = None) -> Port:
    """A free port with an address of the network.

    Errors are Neutron's: over quota, 400 for an address that is none of the network's, 409 for one that is taken and
    for a network without free addresses.
    """
    owner = project_id or context.project_id
    quotas.check(tx, owner)
    port_id, now = ids.new(), clock.now()
    values = {
        "id": port_id, "project_id": owner, "user_id": context.user_id, "network_id": network.id, "name": new.name,
        "description": new.description, "device_owner": new.device_owner, "device_id": new.device_id,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    for address in _addresses(tx, network, new.ip_address):
        for mac in _macs(port_id, new.mac_address):
            if _insert(tx, {**values, "ip_address": address, "mac_address": mac}):
                return get(tx, port_id)
            if holder(tx, network, address) is not None:
                break
        else:
            raise errors.Conflict(
                f"Unable to complete operation for network {network.id}. "
                f"The mac address {new.mac_address or mac} is in use."
            )
        if new.ip_address is not None:
            raise errors.Conflict(f"IP address {address} already allocated in subnet {network.subnet_id}.")
    raise errors.Conflict(f"No more IP addresses available on network {network.id}.")


def _addresses(tx: Tx, network: Network, wanted: str | None) -> Iterator[str]:
    """Those to try, in order. What is taken already is left out, so a race alone makes a try fail."""
    if wanted is not None:
        usable = network.usable(wanted)
        if usable is None:
            raise errors.BadRequest(
                f"IP address {wanted} is not a valid IP for any of the subnets on the specified network."
            )
        yield usable
        return
    taken = set(tx.scalars(sa.select(ports.c.ip_address).where(ports.c.network_id == network.id)))
    for address in network.pool():
        if address not in taken:
            yield address


def _macs(port_id: str, wanted: str | None) -> Iterator[str]:
    if wanted is not None:
        yield wanted.lower()
        return
    for attempt in range(_MAC_TRIES):
        digits = hashlib.sha256(f"{port_id}/{attempt}".encode()).hexdigest()
        yield f"{_MAC_PREFIX}:{digits[0:2]}:{digits[2:4]}:{digits[4:6]}"


def _insert(tx: Tx, values: dict[str, Any]) -> bool:
    """Whether the row could be inserted; False if address or MAC are somebody's by now."""
    try:
        with tx.begin_nested():
            tx.execute(ports.insert().values(values))
    except sa.exc.IntegrityError:
        return False
    return True


def holder(tx: Tx, network: Network, address: str) -> Port | None:
    """Who has an address; None if it is free."""
    query = sa.select(ports).where(ports.c.network_id == network.id, ports.c.ip_address == address)
    row = tx.execute(query).one_or_none()
    return None if row is None else from_row(row)


def get(tx: Tx, port_id: str, project_id: str | None = None) -> Port:
    """By id; ``errors.NotFound`` in Neutron's words. ``project_id`` None sees all projects."""
    row = tx.execute(sa.select(ports).where(ports.c.id == port_id)).one_or_none()
    if row is None or project_id not in (None, row.project_id):
        raise errors.NotFound(f"Port {port_id} could not be found.")
    return from_row(row)


def ports_of(tx: Tx, server_id: str) -> list[Port]:
    """The ports bound to a server, in the order of its network interfaces."""
    return [from_row(row) for row in tx.execute(_OF_SERVER, {"server_id": server_id})]


def ports_of_all(tx: Tx, server_ids: list[str]) -> dict[str, list[Port]]:
    """As ``ports_of``, for many servers at once; every one of them has an entry."""
    found: dict[str, list[Port]] = {server_id: [] for server_id in server_ids}
    for row in tx.execute(_IN_ORDER.where(ports.c.server_id.in_(server_ids))):
        found[row.server_id].append(from_row(row))
    return found


def addresses_of_servers(tx: Tx, project_id: str | None) -> list[tuple[str, str]]:
    """Server and address of each bound port; ``project_id`` None sees all projects."""
    query = sa.select(ports.c.server_id, ports.c.ip_address).where(ports.c.server_id.is_not(None))
    if project_id is not None:
        query = query.where(ports.c.project_id == project_id)
    return [(row.server_id, row.ip_address) for row in tx.execute(query)]


def bind(tx: Tx, port_id: str, server_id: str, *, index: int, is_made_for_server: bool, tag: str | None = None) -> None:
    """Give a free port to a server; ``errors.Conflict`` in Nova's words if another one has it."""
    changed = tx.execute(
        ports.update()
        .where(ports.c.id == port_id, sa.or_(ports.c.server_id.is_(None), ports.c.server_id == server_id))
        .values(
            server_id=server_id, device_index=index, is_made_for_server=is_made_for_server, tag=tag,
            updated_at=clock.now(),
        )
    )  # fmt: skip
    if not changed.rowcount:
        raise errors.Conflict(f"Port {port_id} is still in use.")


def release(tx: Tx, server_id: str) -> None:
    """The server is gone: ports made for it go, those it was given are free again. None bound is success."""
    tx.execute(_DROP_MADE, {"of_server": server_id})
    free = {"server_id": None, "device_index": None, "tag": None, "updated_at": clock.now()}
    tx.execute(_FREE_GIVEN, {"of_server": server_id, **free})


def update_port(tx: Tx, port_id: str, **values: Any) -> Port:
    """Change what is only a label: name, description, device_owner, device_id."""
    tx.execute(ports.update().where(ports.c.id == port_id).values(updated_at=clock.now(), **values))
    return get(tx, port_id)


def delete_port(tx: Tx, port_id: str) -> None:
    """Give its address back; ``errors.Conflict`` while a server has it, absent is success."""
    gone = tx.execute(ports.delete().where(ports.c.id == port_id, ports.c.server_id.is_(None)))
    if gone.rowcount:
        return
    row = tx.execute(sa.select(ports).where(ports.c.id == port_id)).one_or_none()
    if row is not None:
        raise errors.Conflict(
            f"Unable to complete operation on port {port_id} for network {row.network_id}. "
            f"Port already has an attached device {row.server_id}."
        )


def listing(tx: Tx, project_id: str | None = None) -> list[Port]:
    """All ports of a project, oldest first; ``project_id`` None sees all projects."""
    query = sa.select(ports).order_by(ports.c.sequence)
    if project_id is not None:
        query = query.where(ports.c.project_id == project_id)
    return [from_row(row) for row in tx.execute(query)]
