"""Services: who registered, who works, who may be scheduled to.

No agents run on hypervisors: a ``nova-compute`` service stands for what the driver last said of its host. The rows
``nova-conductor`` and ``nova-scheduler`` stand for processes of the control plane.
"""

from __future__ import annotations

import datetime as dt
import socket
from typing import Any

import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.compute.model.guest import HostState
from moorage.compute.model.host import COMPUTE, ServiceState
from moorage.store import Tx
from moorage.store.tables.compute import hypervisors, servers, services

_PROCESS_BINARIES = ("nova-conductor", "nova-scheduler")
_INTERNAL_ZONE = "internal"
_DOWN_AFTER = dt.timedelta(seconds=60)
REPORT_S = 20
"""How often a process says that it lives: one report may be lost."""


def process_host() -> str:
    """The name under which this process appears among the services."""
    return socket.gethostname()


def register_hosts(tx: Tx, driver_name: str, hosts: list[HostState], zone: str = "nova") -> None:
    """Note what the driver says of its hypervisors, and that this process lives.

    Called at start and as often as the inventory is read again. Hypervisors of the driver that are missing in ``hosts``
    are kept and shown as down.
    """
    gone = hypervisors.c.name.not_in([host.name for host in hosts])
    tx.execute(hypervisors.update().where(hypervisors.c.driver == driver_name, gone).values(up=False))
    for host in hosts:
        _note_hypervisor(tx, driver_name, host)
        _note_service(tx, host.name, COMPUTE, zone)
    report_process(tx)


def report_process(tx: Tx) -> None:
    """This process lives; those that have not said so for 60 s show as down."""
    for binary in _PROCESS_BINARIES:
        _note_service(tx, process_host(), binary, _INTERNAL_ZONE)


def _note_hypervisor(tx: Tx, driver_name: str, host: HostState) -> None:
    values: dict[str, Any] = {
        "driver": driver_name, "hypervisor_type": host.hypervisor_type, "version": host.version, "vcpus": host.vcpus,
        "memory_mib": host.memory_mib, "disk_gib": host.disk_gib, "up": host.up, "updated_at": clock.now(),
    }  # fmt: skip
    if not tx.execute(hypervisors.update().where(hypervisors.c.name == host.name).values(values)).rowcount:
        row = {"id": ids.derived("hypervisor", host.name), "name": host.name, **values}
        tx.execute(hypervisors.insert().values(row))


def _note_service(tx: Tx, host: str, binary: str, zone: str) -> None:
    mine = sa.and_(services.c.host == host, services.c.binary == binary)
    if not tx.execute(services.update().where(mine).values(zone=zone, updated_at=clock.now())).rowcount:
        row = {"id": ids.derived("service", binary, host), "host": host, "binary": binary, "zone": zone}
        tx.execute(services.insert().values(updated_at=clock.now(), **row))


def listing(tx: Tx, host: str | None = None, binary: str | None = None) -> list[ServiceState]:
    """Services in order of their hosts; empty filters do not filter."""
    query = sa.select(services, hypervisors.c.up).join(
        hypervisors, sa.and_(hypervisors.c.name == services.c.host, services.c.binary == COMPUTE), isouter=True
    )
    if host:
        query = query.where(services.c.host == host)
    if binary:
        query = query.where(services.c.binary == binary)
    return [_service(row) for row in tx.execute(query.order_by(services.c.host, services.c.binary))]


def _service(row: sa.Row[Any]) -> ServiceState:
    values = dict(row._mapping)
    reported_up = values.pop("up")
    if row.binary == COMPUTE:
        is_up = bool(reported_up)
    else:
        is_up = row.host == process_host() or clock.now() - row.updated_at <= _DOWN_AFTER
    return ServiceState(**values, is_up=is_up and not row.forced_down)


def get(tx: Tx, identifier: str) -> ServiceState:
    """The service with that UUID, or with that integer as older microversions show it."""
    for service in listing(tx):
        if identifier in (service.id, str(service.serial)):
            return service
    raise errors.NotFound(f"Service {identifier} could not be found.")


def compute_on(tx: Tx, host: str, binary: str) -> ServiceState:
    """The service that may be changed; 400 if it is another kind, 404 if there is none on that host."""
    _must_be_compute(binary)
    found = listing(tx, host, binary)
    if not found:
        raise errors.NotFound(f"Host '{host}' is not mapped to any cell")
    return found[0]


def change(tx: Tx, service: ServiceState, **values: Any) -> ServiceState:
    """Disable, enable or force down a compute service."""
    _must_be_compute(service.binary)
    tx.execute(services.update().where(services.c.id == service.id).values(values))
    return get(tx, service.id)


def _must_be_compute(binary: str) -> None:
    if binary != COMPUTE:
        raise errors.BadRequest(
            f"Updating a {binary} service is not supported. Only nova-compute services can be updated."
        )


def delete(tx: Tx, service: ServiceState) -> None:
    """Forget a service and, for a compute service, its hypervisor; 409 while servers are on it.

    A driver that still has the host registers it again.
    """
    if service.binary == COMPUTE:
        on_host = servers.c.host == service.host, servers.c.deleted_at.is_(None)
        if tx.execute(sa.select(servers.c.id).where(*on_host).limit(1)).first():
            raise errors.Conflict(
                "Unable to delete compute service that is hosting instances. Migrate or delete the instances first."
            )
        tx.execute(hypervisors.delete().where(hypervisors.c.name == service.host))
    tx.execute(services.delete().where(services.c.id == service.id))
