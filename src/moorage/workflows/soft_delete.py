"""Delete a server so that it can be restored for a while, and restore it.

The guest is stopped and keeps its place, its volumes and its WWPNs until the time is over (``due`` looks for that).
"""

from __future__ import annotations

from moorage import clock, errors
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import quotas, servers
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.store import Tx
from moorage.workflows import destroy, intent, power
from moorage.workflows.site import Site
from moorage.workflows.world import World

DELETED_AT = "soft_deleted_at"


def request_delete(tx: Tx, context: Context, server: Server, site: Site) -> None:
    """For good if nothing is to be kept: the option is off, the server never ran, or it has no host."""
    states.check_lock(server, context)
    is_kept = site.reclaim_interval_s > 0 and server.launched_at is not None and server.host is not None
    if not is_kept:
        destroy.request(tx, context, server)
    elif server.vm_state != states.SOFT_DELETED and server.task_state not in ("soft-deleting", states.DELETING):
        intent.write(tx, context, server, SOFT_DELETE, action="delete", task="soft-deleting")


def request_restore(tx: Tx, context: Context, server: Server) -> None:
    """409 unless soft-deleted, 403 if the quota is used up meanwhile."""
    if server.locked and not context.is_admin:
        raise errors.Conflict(f"Instance {server.id} is in an invalid state for 'restore'")
    states.check(server, "restore")
    quotas.check(tx, server.project_id, instances=1, cores=server.vcpus, ram_mib=server.ram_mib)
    intent.write(tx, context, server, RESTORE, action="restore", task="restoring")


def soft_delete(saga: Saga[World], server_id: str) -> None:
    saga.do(stop_guest, server_id)
    saga.do(set_soft_deleted, server_id)


def restore(saga: Saga[World], server_id: str) -> None:
    saga.do(start_guest, server_id, undo=stop_again)
    saga.do(set_restored, server_id)


def stop_guest(world: World, server_id: str) -> None:
    power.power_off(world, server_id)


def stop_again(world: World, server_id: str) -> None:
    power.power_off(world, server_id)


def start_guest(world: World, server_id: str) -> None:
    power.power_on(world, server_id)


def set_soft_deleted(world: World, server_id: str) -> None:
    with world.store.write() as tx:
        kept = {**servers.get(tx, server_id).system_metadata, DELETED_AT: clock.now().isoformat()}
        servers.set_task(
            tx, server_id, None, vm_state=states.SOFT_DELETED, power_state=int(states.Power.SHUTDOWN),
            system_metadata=kept,
        )  # fmt: skip


def set_restored(world: World, server_id: str) -> None:
    with world.store.write() as tx:
        server = servers.get(tx, server_id)
        kept = {key: value for key, value in server.system_metadata.items() if key != DELETED_AT}
        servers.set_task(
            tx, server_id, None, vm_state=states.ACTIVE, power_state=int(states.Power.RUNNING), fault=None,
            system_metadata=kept,
        )  # fmt: skip


_failed = power.failed_unless(states.SOFT_DELETED)

SOFT_DELETE = Kind(name="soft_delete", run=soft_delete, failed=_failed, event="compute_soft_delete_instance")
RESTORE = Kind(name="restore", run=restore, failed=_failed, event="compute_restore_instance")
