"""Grow a volume, attached or not."""

from __future__ import annotations

from moorage import errors
from moorage.attachments import service as attachments
from moorage.compute.service import servers
from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.volumes import states
from moorage.volumes.model import Volume
from moorage.volumes.service import lifecycle, messages, volumes
from moorage.workflows import boot, create_volume
from moorage.workflows.delete_snapshot import require
from moorage.workflows.world import World


def request(tx: Tx, context: Context, volume: Volume, new_size_gib: int, *, in_use: bool) -> None:
    """Mark the volume as growing; errors as in ``lifecycle.begin_extend``. Its server shows the action, too."""
    lifecycle.begin_extend(tx, volume, new_size_gib, in_use=in_use)
    action_id = None
    # An operation has one action, so of several servers that share the volume the first shows it.
    server_id = next((a.server_id for a in attachments.of_volume(tx, volume.id) if a.bdm_uuid and a.server_id), None)
    if server_id is not None:
        action_id = service.record_action(tx, context, server_id, "extend_volume", volume.project_id)
    args = {"volume_id": volume.id, "new_size_gib": new_size_gib}
    service.submit(
        tx, context, kind=KIND.name, subject=f"volume/{volume.id}", args=args, action_id=action_id
    )  # fmt: skip


def run(saga: Saga[World], volume_id: str, new_size_gib: int) -> None:
    """Storage cannot shrink a volume again, so there is nothing to undo.

    A guest that cannot be told sees the new size at its next start: the volume has grown, and only the action failed.
    """
    if saga.do(is_grown_by_guest, volume_id):
        require(saga.do(tell_guests, volume_id, new_size_gib))
    saga.do(grow, volume_id, new_size_gib)
    refusal = saga.do(tell_guests, volume_id, new_size_gib)
    saga.do(set_size, volume_id, new_size_gib)
    require(refusal)


def grow(world: World, volume_id: str, new_size_gib: int) -> None:
    with world.store.read() as tx:
        volume = volumes.get(tx, volume_id)
    create_volume.backend_of(world, volume).extend(volume_id, new_size_gib)


def is_grown_by_guest(world: World, volume_id: str) -> bool:
    """Whether a running guest holds the volume's file alone: then it has to grow it, and storage finds it grown."""
    with world.store.read() as tx:
        held = [row.connection_info or {} for row in attachments.of_volume(tx, volume_id)]
    return any((info.get("data") or {}).get("format") == "qcow2" for info in held)


def tell_guests(world: World, volume_id: str, new_size_gib: int) -> str | None:
    """Each server that has the volume; why one of them could not be told."""
    with world.store.read() as tx:
        rows = [row for row in attachments.of_volume(tx, volume_id) if row.bdm_uuid and row.server_id]
        held = [(servers.find(tx, str(row.server_id)), boot.as_guest_sees(tx, row)) for row in rows]
    refusal = None
    for server, disk in held:
        try:
            if server is not None and server.host is not None and disk is not None:
                world.hypervisor.grow(server.guest(), disk, new_size_gib)
        except errors.OutsideError as trouble:
            refusal = trouble.message
    return refusal


def set_size(world: World, volume_id: str, new_size_gib: int) -> None:
    with world.store.write() as tx:
        volumes.update(tx, volume_id, size_gib=new_size_gib, extending_to_gib=None)
        lifecycle.end_detour(tx, volume_id, states.EXTENDING)


def failed(world: World, message: str, volume_id: str, new_size_gib: int) -> None:
    """The size on record stays the old one; the storage may have grown, which a repeat finds."""
    del new_size_gib
    with world.store.write() as tx:
        volume = volumes.find(tx, volume_id)
        if volume is None or volume.extending_to_gib is None:
            return
        volumes.update(tx, volume_id, extending_to_gib=None)
        volumes.move(tx, volume_id, (states.EXTENDING,), states.ERROR_EXTENDING)
        messages.add(
            tx, messages.EXTEND, message, project_id=volume.project_id, resource_type="VOLUME", resource_uuid=volume_id
        )


KIND = Kind(name="extend_volume", run=run, failed=failed, event="compute_extend_volume")
