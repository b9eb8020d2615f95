"""Detach a volume: from the guest first, then from storage, and only then from the record.

``delete_on_termination`` is not heeded: a detach never deletes a volume.
"""

from __future__ import annotations

from moorage import errors
from moorage.attachments import service as attachments
from moorage.attachments import states as attachment_states
from moorage.attachments.model import Attachment
from moorage.compute import states
from moorage.compute.model.host import COMPUTE
from moorage.compute.model.server import Server
from moorage.compute.service import services
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.volumes import states as volume_states
from moorage.volumes.model import Volume
from moorage.workflows import server_disks
from moorage.workflows.attach_volume import told_by_storage
from moorage.workflows.delete_snapshot import require
from moorage.workflows.world import World

ACTION = "detach_volume"


def request(tx: Tx, context: Context, server: Server, volume: Volume) -> None:
    """Check in Nova's order, then mark the attachment; what no host or storage holds ends at once."""
    row = disk_with(tx, server, volume.id)
    if row is None:
        raise errors.NotFound(f"Instance {server.id} is not attached to volume {volume.id}")
    if row.is_root:
        raise errors.BadRequest("Cannot detach a root device volume")
    states.check_lock(server, context)
    states.check(server, ACTION)
    _check_host_up(tx, server)
    begin(tx, context, server, row, volume)
    if server.vm_state == states.SHELVED_OFFLOADED and row.connector is None:
        attachments.remove(tx, row.id)
        operations.record_done(tx, context, server.id, ACTION, "api_detach_volume", server.project_id)
        return
    action = operations.record_action(tx, context, server.id, ACTION, server.project_id)
    submit(tx, context, server, row.id, action)


def disk_with(tx: Tx, server: Server, volume_id: str) -> Attachment | None:
    """The server's disk that this volume is."""
    disks = attachments.of_server(tx, server.id)
    return next((disk for disk in disks if disk.bdm_uuid and disk.volume_id == volume_id), None)


def begin(tx: Tx, context: Context, server: Server, row: Attachment, volume: Volume) -> None:
    """Mark this attachment, not the others of the volume; 400 unless it is in use.

    Offloading leaves a volume reserved, and there it may be detached as well.
    """
    usable = [attachment_states.ATTACHED]
    if server.vm_state == states.SHELVED_OFFLOADED:
        usable.append(attachment_states.RESERVED)
    elif volume.status != volume_states.IN_USE and volume.migration_status in volume_states.NOT_MIGRATING:
        usable = []
    if row.attach_status not in usable:
        refusal = (
            "Invalid input received: Invalid volume: Unable to detach volume. Volume status must be 'in-use' and "
            "attach_status must be 'attached' to detach."
        )
        raise errors.BadRequest(f"Invalid volume: {told_by_storage(context, refusal)}")
    attachments.begin_detaching(tx, row.id)


def submit(tx: Tx, context: Context, server: Server, row_id: str, action_id: str | None) -> None:
    """Let a marked attachment go, behind whatever the server has under way."""
    args = {"server_id": server.id, "row_id": row_id}
    operations.submit(tx, context, kind=KIND.name, subject=f"server/{server.id}", args=args, action_id=action_id)


def _check_host_up(tx: Tx, server: Server) -> None:
    if server.host is None:
        return
    if any(not service.is_up for service in services.listing(tx, server.host, COMPUTE)):
        raise errors.Conflict("Service is unavailable at this time.")


def run(saga: Saga[World], server_id: str, row_id: str) -> None:
    """A guest that does not let go ends it; without an answer, and from there on, it is asked until it is done."""
    require(saga.insist(server_disks.try_unplug, server_id, row_id))
    saga.insist(server_disks.release, server_id, row_id)


def failed(world: World, message: str, server_id: str, row_id: str) -> None:
    """The guest keeps the disk, so the volume stays in use."""
    with world.store.write() as tx:
        server_disks.stay_attached(tx, server_id, row_id)


KIND = Kind(name="detach_volume", run=run, failed=failed, event="compute_detach_volume")
