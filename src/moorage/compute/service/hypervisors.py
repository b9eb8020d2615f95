"""Hypervisors that have a service, and what their servers take of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import errors
from moorage.compute.model.host import COMPUTE, HypervisorState, Usage
from moorage.compute.service import services
from moorage.store import Tx
from moorage.store.tables.compute import hypervisors, servers

_PLACED = servers.c.host.is_not(None), servers.c.deleted_at.is_(None)


def listing(tx: Tx, matching: str | None = None) -> list[HypervisorState]:
    """By name, with all that is known of their usage; ``matching`` is a part of the name."""
    query = sa.select(hypervisors)
    if matching is not None:
        query = query.where(hypervisors.c.name.contains(matching, autoescape=True))
    return _states(tx, query, usage_by_host(tx))


def open_ones(tx: Tx) -> list[HypervisorState]:
    """Those that may be given servers, with the processors and the memory that are taken and no other usage.

    Every boot asks this: it is answered from one index.
    """
    found = _states(tx, sa.select(hypervisors), _taken_by_host(tx))
    return [one for one in found if one.service.is_up and not one.service.disabled]


def _states(tx: Tx, query: sa.Select[Any], usage: dict[str, Usage]) -> list[HypervisorState]:
    drivers = {service.host: service for service in services.listing(tx, binary=COMPUTE)}
    return [
        HypervisorState(
            id=row.id, name=row.name, driver=row.driver, hypervisor_type=row.hypervisor_type, version=row.version,
            vcpus=row.vcpus, memory_mib=row.memory_mib, disk_gib=row.disk_gib, service=drivers[row.name],
            usage=usage.get(row.name, Usage()),
        )
        for row in tx.execute(query.order_by(hypervisors.c.name)) if row.name in drivers
    ]  # fmt: skip


def get(tx: Tx, identifier: str) -> HypervisorState:
    """The hypervisor with that UUID, or with that integer as older microversions show it."""
    for found in listing(tx):
        if identifier in (found.id, str(found.serial)):
            return found
    raise errors.NotFound(f"Hypervisor with ID '{identifier}' could not be found.")


def names(tx: Tx) -> list[str]:
    """Of all hypervisors that have a service."""
    query = sa.select(hypervisors.c.name).order_by(hypervisors.c.name)
    drivers = {service.host for service in services.listing(tx, binary=COMPUTE)}
    return [name for name in tx.scalars(query) if name in drivers]


def usage_by_host(tx: Tx) -> dict[str, Usage]:
    """What the servers on each hypervisor take, from their flavors."""
    local = _local_gib(tx)
    query = sa.select(
        servers.c.host, sa.func.sum(servers.c.vcpus), sa.func.sum(servers.c.ram_mib), sa.func.count(),
        sa.func.count(servers.c.task_state),
    ).where(*_PLACED).group_by(servers.c.host)  # fmt: skip
    return {
        host: Usage(
            vcpus=int(vcpus), memory_mib=int(ram_mib), disk_gib=local.get(host, 0), servers=count, busy=busy,
        )
        for host, vcpus, ram_mib, count, busy in tx.execute(query)
    }  # fmt: skip


def _taken_by_host(tx: Tx) -> dict[str, Usage]:
    query = sa.select(servers.c.host, sa.func.sum(servers.c.vcpus), sa.func.sum(servers.c.ram_mib))
    found = tx.execute(query.where(*_PLACED).group_by(servers.c.host))
    return {host: Usage(vcpus=int(vcpus), memory_mib=int(ram_mib)) for host, vcpus, ram_mib in found}


def _local_gib(tx: Tx) -> dict[str, int]:
    """Disks on the hosts themselves; the root disk of a server without image is a volume and lives elsewhere."""
    query = sa.select(servers.c.host, servers.c.flavor, servers.c.image_ref)
    total: dict[str, int] = {}
    for row in tx.execute(query.where(*_PLACED)):
        root = row.flavor.get("disk", 0) if row.image_ref else 0
        total[row.host] = total.get(row.host, 0) + root + row.flavor.get("ephemeral", 0)
    return total


def servers_on(tx: Tx, host: str) -> list[tuple[str, str]]:
    """Name and id of the servers on a hypervisor; the name is the one that ``instance_name`` shows, not the user's."""
    query = sa.select(servers.c.id).where(servers.c.host == host, servers.c.deleted_at.is_(None))
    return [
        (f"instance-{row.id[:8]}", row.id) for row in tx.execute(query.order_by(servers.c.created_at, servers.c.id))
    ]
