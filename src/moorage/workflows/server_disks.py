"""One disk of one server: plug, unplug, let go. What attach, detach and swap are made of.

A server that is being deleted has its ``destroy`` waiting behind the operation at hand. Whatever cannot be taken back
by then is left on record for it: it unplugs everything at once and releases every disk on record.
"""

from __future__ import annotations

from moorage import errors
from moorage.attachments import service as attachments
from moorage.attachments import states as attachment_states
from moorage.compute.model.guest import Disk
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.store import Tx
from moorage.workflows import boot
from moorage.workflows.world import World


def plug(world: World, server_id: str, row_id: str) -> None:
    """Give the guest the disk, which storage has let it reach."""
    server, disk = _seen_by_guest(world, server_id, row_id)
    if disk is None:
        raise errors.Refused(f"Disk {row_id} is no longer connected")
    if server.host is not None:
        world.hypervisor.plug(server.guest(), disk)


def complete(world: World, server_id: str, row_id: str) -> None:
    """The volume is in use."""
    with world.store.write() as tx:
        row = attachments.by_row(tx, row_id)
        if row is not None:
            attachments.complete(tx, row_id, row.device_name)


def unplug(world: World, server_id: str, row_id: str) -> None:
    """Take the disk from the guest; absent, or a server without a guest, is success."""
    server, disk = _seen_by_guest(world, server_id, row_id)
    if server.host is not None and disk is not None:
        world.hypervisor.unplug(server.guest(), disk)


def try_unplug(world: World, server_id: str, row_id: str) -> str | None:
    """Take the disk from the guest; why not, if the guest does not let go of it."""
    try:
        unplug(world, server_id, row_id)
    except errors.Refused as refusal:
        return refusal.message
    except errors.Unknown:
        _stop_if_deleted(world, server_id)
        raise
    return None


def release(world: World, server_id: str, row_id: str) -> None:
    """Unmap with the connector on record, then end the attachment: not before storage has confirmed."""
    try:
        boot.disconnect_disk(world, server_id, row_id)
    except errors.OutsideError:
        _stop_if_deleted(world, server_id)
        raise
    with world.store.write() as tx:
        attachments.remove(tx, row_id)


def undo_plug(world: World, server_id: str, row_id: str) -> None:
    if not is_being_deleted(world, server_id):
        unplug(world, server_id, row_id)


def undo_connect(world: World, server_id: str, row_id: str) -> None:
    """Take storage's access back and give the volume up."""
    if is_being_deleted(world, server_id):
        return
    boot.disconnect_disk(world, server_id, row_id)
    with world.store.write() as tx:
        attachments.remove(tx, row_id)


def stay_attached(tx: Tx, server_id: str, row_id: str) -> None:
    """The detach did not come about, so the volume is in use as before; a deletion has the last word."""
    server, row = servers.find(tx, server_id), attachments.by_row(tx, row_id)
    if server is None or row is None or server.task_state == "deleting":
        return
    if row.attach_status == attachment_states.DETACHING:
        attachments.roll_detaching(tx, row_id)


def is_being_deleted(world: World, server_id: str) -> bool:
    with world.store.read() as tx:
        server = servers.find(tx, server_id)
    return server is None or server.task_state == "deleting"


def disk_of(tx: Tx, row_id: str) -> Disk | None:
    """The disk as the driver sees it; None unless storage has let the server reach it."""
    row = attachments.by_row(tx, row_id)
    return None if row is None else boot.as_guest_sees(tx, row)


def _seen_by_guest(world: World, server_id: str, row_id: str) -> tuple[Server, Disk | None]:
    with world.store.read() as tx:
        return servers.get(tx, server_id), disk_of(tx, row_id)


def _stop_if_deleted(world: World, server_id: str) -> None:
    if is_being_deleted(world, server_id):
        raise errors.Cancelled("The server is being deleted; its deletion releases the volume.")
