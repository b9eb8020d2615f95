"""Connect a stopped server's volume anew: the old mapping goes, a new one comes, the attachment stays."""

from __future__ import annotations

from moorage import errors
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.workflows import boot, server_disks
from moorage.workflows.world import World

ACTION = "refresh_volume_attachment"


def request(tx: Tx, context: Context, server: Server, row_id: str) -> str:
    """Returns the operation's id; 409 unless the server is stopped and idle."""
    if server.vm_state != states.STOPPED or server.task_state is not None:
        raise errors.Conflict(f"Instance {server.id} must be stopped to refresh an attachment")
    action = operations.record_action(tx, context, server.id, ACTION, server.project_id)
    args = {"server_id": server.id, "row_id": row_id}
    return operations.submit(
        tx, context, kind=KIND.name, subject=f"server/{server.id}", args=args, action_id=action
    )  # fmt: skip


def perform(saga: Saga[World], server_id: str, row_id: str) -> None:
    saga.do(require_stopped, server_id)
    saga.do(boot.disconnect_disk, server_id, row_id)
    saga.do(boot.connect_disk, server_id, row_id)
    saga.do(server_disks.complete, server_id, row_id)


def require_stopped(world: World, server_id: str) -> None:
    """Something else may have had its turn since it was asked for."""
    with world.store.read() as tx:
        vm_state = servers.get(tx, server_id).vm_state
    if vm_state != states.STOPPED:
        raise errors.Refused(f"Instance {server_id} is {vm_state}, not stopped")


def failed(world: World, message: str, server_id: str, row_id: str) -> None:
    """The volume stays reserved for the server; asking again, or the audit, connects it."""


KIND = Kind(name="refresh_attachment", run=perform, failed=failed, event="compute_refresh_volume_attachment")
