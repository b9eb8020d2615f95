"""Put another volume in the place of an attached one.

Under a running guest the content is copied and the guest moved over, where the driver can. A shelved server has no
running guest: there the new volume takes the place as it is, and nothing is copied.
"""

from __future__ import annotations

import msgspec

from moorage import errors, ids
from moorage.attachments import exchange
from moorage.attachments import service as attachments
from moorage.attachments import states as attachment_states
from moorage.attachments.model import Attachment
from moorage.compute import states
from moorage.compute.model.guest import Disk
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.volumes.service import migrations, volumes
from moorage.workflows import attach_volume, boot, detach_volume, discard_target, server_disks
from moorage.workflows.delete_snapshot import require
from moorage.workflows.site import Site
from moorage.workflows.world import World

ACTION = "swap_volume"
_GONE = "One of the volumes is no longer connected."


def request(tx: Tx, context: Context, server: Server, old: Volume, new: Volume, site: Site) -> None:
    """Copy and move a server's guest over: check in Nova's order, mark the old attachment, reserve the new volume."""
    states.check_lock(server, context)
    states.check(server, ACTION)
    row = detach_volume.disk_with(tx, server, old.id)
    if row is None:
        raise errors.BadRequest("Invalid volume: Old volume is attached to a different instance.")
    _check_detached(new)
    if new.size_gib < old.size_gib:
        raise errors.BadRequest("Invalid volume: New volume must be the same size or larger.")
    writers = [other for other in attachments.of_volume(tx, old.id) if other.attach_mode == "rw"]
    if len(writers) > 1:
        raise errors.BadRequest(
            "Swapping multi-attach volumes with more than one read/write attachment is not supported."
        )
    attach_volume.check_protocol(new, site)
    _submit(tx, context, server, row, old, new, copies=True)


def request_shelved(tx: Tx, context: Context, server: Server, old: Volume, new: Volume, site: Site) -> None:
    """Exchange the volume of a shelved server, the root volume only while no host has it."""
    states.check_lock(server, context)
    states.check(server, "swap_volume_shelved", ACTION)
    row = detach_volume.disk_with(tx, server, old.id)
    if row is None:
        raise errors.NotFound(f"No volume Block Device Mapping with id {old.id}.")
    if row.is_root and server.vm_state != states.SHELVED_OFFLOADED:
        raise errors.Conflict(f"Cannot '{ACTION}' instance {server.id} while it is in vm_state {server.vm_state}")
    if row.is_root and not new.bootable:
        raise errors.BadRequest(f"Invalid volume: volume {new.id} is not bootable; it cannot be the root device.")
    _check_detached(new)
    attach_volume.check_protocol(new, site)
    if server.vm_state != states.SHELVED_OFFLOADED:
        _submit(tx, context, server, row, old, new, copies=False)
        return
    if new.multiattach:
        raise errors.BadRequest("Attaching multiattach volumes is not supported for shelved-offloaded instances.")
    _exchange_offloaded(tx, context, server, row, old, new)


def _check_detached(new: Volume) -> None:
    if new.attach_status == "attached":
        raise errors.BadRequest("Invalid volume: New volume must be detached in order to swap.")


def request_migration(tx: Tx, server: Server, row: Attachment, old: Volume, target: Volume) -> None:
    """Block storage asks, in the owner's name, for the old volume's content to be moved to its hidden target.

    ``Conflict`` if the server's state does not allow a swap. Asking again changes nothing.
    """
    operation_id = ids.derived("swap", target.id)
    if operations.is_known(tx, operation_id):
        return
    context = Context(
        user_id=server.user_id, project_id=server.project_id, roles=frozenset({"admin"}), request_id=f"req-{ids.new()}"
    )
    states.check(server, ACTION)
    detach_volume.begin(tx, context, server, row, old)
    new_row = reserve_target(tx, server.id, target)
    action = operations.record_action(tx, context, server.id, ACTION, server.project_id)
    args = {"server_id": server.id, "old_row": row.id, "new_row": new_row, "copies": True, "target_id": target.id}
    subject = f"server/{server.id}"
    operations.submit(
        tx, context, kind=KIND.name, subject=subject, args=args, action_id=action, operation_id=operation_id
    )  # fmt: skip


def reserve_target(tx: Tx, server_id: str, target: Volume) -> str:
    """A migration's target for the server; returns the row, the same when repeated."""
    for known in attachments.of_volume(tx, target.id):
        return known.id
    new_row = exchange.add_successor(tx, project_id=target.project_id, server_id=server_id, volume_id=target.id)
    attachments.reserve(
        tx, target.id, project_id=target.project_id, server_id=server_id, row_id=new_row,
        mode="ro" if target.readonly else "rw", volume_status=target.status,
    )  # fmt: skip
    return new_row


def give_target_up(tx: Tx, target_id: str) -> None:
    """A target that no host was let in to is nobody's any more."""
    for row in attachments.of_volume(tx, target_id):
        if row.connector is None and row.attach_status == attachment_states.RESERVED:
            attachments.remove(tx, row.id)


def _reserve(tx: Tx, context: Context, server: Server, row: Attachment, old: Volume, new: Volume) -> str:
    detach_volume.begin(tx, context, server, row, old)
    new_row = exchange.add_successor(tx, project_id=new.project_id, server_id=server.id, volume_id=new.id)
    attach_volume.reserve(tx, context, server, new, new_row)
    return new_row


def _submit(
    tx: Tx, context: Context, server: Server, row: Attachment, old: Volume, new: Volume, *, copies: bool
) -> None:
    new_row = _reserve(tx, context, server, row, old, new)
    action = operations.record_action(tx, context, server.id, ACTION, server.project_id)
    args = {"server_id": server.id, "old_row": row.id, "new_row": new_row, "copies": copies}
    operations.submit(tx, context, kind=KIND.name, subject=f"server/{server.id}", args=args, action_id=action)


def _exchange_offloaded(
    tx: Tx, context: Context, server: Server, row: Attachment, old: Volume, new: Volume
) -> None:  # fmt: skip
    """No host has the server, so there is nothing to do but change the record."""
    new_row = _reserve(tx, context, server, row, old, new)
    exchange.exchange(tx, row.id, new_row)
    attachments.complete(tx, new_row, row.device_name)
    if row.connector is None:
        attachments.remove(tx, row.id)
    else:
        detach_volume.submit(tx, context, server, row.id, None)
    operations.record_done(tx, context, server.id, ACTION, "api_swap_volume", server.project_id)


def run(
    saga: Saga[World], server_id: str, old_row: str, new_row: str, copies: bool, target_id: str | None = None
) -> None:  # fmt: skip
    """The new volume in, the guest over, the record after it, the old volume out.

    ``target_id``: the new volume is the target of a migration, so the old volume's id goes over with the content.
    """
    if not copies:
        exchange_shelved(saga, server_id, old_row, new_row, target_id)
        return
    saga.do(connect_new, server_id, new_row, undo=server_disks.undo_connect)
    require(saga.insist(try_move, server_id, old_row, new_row))
    _let_old_go(saga, server_id, old_row, new_row, target_id)
    if target_id is not None:
        saga.insist(discard_old_copy, target_id)


def exchange_shelved(saga: Saga[World], server_id: str, old_row: str, new_row: str, target_id: str | None) -> None:
    """The disks of a guest that is off."""
    saga.do(connect_new, server_id, new_row, undo=server_disks.undo_connect)
    saga.do(unplug_old, server_id, old_row, undo=server_disks.plug)
    saga.do(plug_new, server_id, new_row, old_row, undo=undo_plug_new)
    _let_old_go(saga, server_id, old_row, new_row, target_id)


def _let_old_go(saga: Saga[World], server_id: str, old_row: str, new_row: str, target_id: str | None) -> None:
    saga.insist(put_in_place, server_id, old_row, new_row, target_id)
    saga.insist(server_disks.release, server_id, old_row)


def connect_new(world: World, server_id: str, row_id: str) -> None:
    boot.connect_disk(world, server_id, row_id)


def unplug_old(world: World, server_id: str, row_id: str) -> None:
    server_disks.unplug(world, server_id, row_id)


def plug_new(world: World, server_id: str, new_row: str, old_row: str) -> None:
    with world.store.read() as tx:
        server, disks = servers.get(tx, server_id), _disks(tx, old_row, new_row)
    if disks is None:
        raise errors.Refused(_GONE)
    world.hypervisor.plug(server.guest(), disks[1])


def undo_plug_new(world: World, server_id: str, new_row: str, old_row: str) -> None:
    server_disks.undo_plug(world, server_id, new_row)


def try_move(world: World, server_id: str, old_row: str, new_row: str) -> str | None:
    """Copy and move over; why not, if the driver says that it did not.

    Without an answer the guest may write to either volume. Only the driver can tell, so it is asked until it does.
    """
    with world.store.read() as tx:
        server, disks = servers.get(tx, server_id), _disks(tx, old_row, new_row)
    if disks is None:
        return _GONE
    try:
        world.hypervisor.swap(server.guest(), *disks)
    except (errors.Refused, errors.NotImplementedHere) as refusal:
        return refusal.message
    except errors.Unknown:
        if server_disks.is_being_deleted(world, server_id):
            raise errors.Cancelled("The server is being deleted; its deletion releases both volumes.") from None
        raise
    return None


def _disks(tx: Tx, old_row: str, new_row: str) -> tuple[Disk, Disk] | None:
    """Old and new as the driver sees them, the new one at the old one's place."""
    old, new = server_disks.disk_of(tx, old_row), server_disks.disk_of(tx, new_row)
    if old is None or new is None:
        return None
    return old, msgspec.structs.replace(new, device_name=old.device_name, boot_index=old.boot_index)


def put_in_place(world: World, server_id: str, old_row: str, new_row: str, target_id: str | None) -> None:
    """The record follows the guest, and in a migration the volume its content: one transaction."""
    with world.store.write() as tx:
        old = attachments.by_row(tx, old_row)
        if old is None or old.bdm_uuid is None:
            return
        exchange.exchange(tx, old_row, new_row)
        if target_id is not None:
            migrations.exchange(tx, str(old.volume_id), target_id)
            exchange.exchange_volumes(tx, old_row, new_row)
            attachments.recompute(tx, target_id)
        attachments.complete(tx, new_row, old.device_name)


def discard_old_copy(world: World, target_id: str) -> None:
    """What the migration left behind is removed by an operation of its own."""
    with world.store.write() as tx:
        target = volumes.find(tx, target_id)
        if target is not None:
            discard_target.submit(tx, target.content_id, target_id)


def failed(
    world: World, message: str, server_id: str, old_row: str, new_row: str, copies: bool, target_id: str | None = None
) -> None:  # fmt: skip
    """The guest is where it was: the old volume in use, the new one given up by the undos."""
    with world.store.write() as tx:
        target = None if target_id is None else volumes.find(tx, target_id)
        if target is not None:
            migrations.fail(tx, target.content_id)
            discard_target.submit(tx, target.content_id, target.id)
        server_disks.stay_attached(tx, server_id, old_row)
        row, server = attachments.by_row(tx, new_row), servers.find(tx, server_id)
        is_free = row is not None and row.connector is None and row.attach_status == attachment_states.RESERVED
        if is_free and server is not None and server.task_state != "deleting":
            attachments.remove(tx, new_row)


KIND = Kind(name="swap_volume", run=run, failed=failed, event="compute_swap_volume")
