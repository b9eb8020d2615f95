"""Delete a volume, and with ``cascade`` its snapshots."""

from __future__ import annotations

from moorage import errors
from moorage.attachments import mappings
from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.volumes.service import lifecycle, volumes
from moorage.workflows import create_volume, delete_snapshot
from moorage.workflows.world import World


def request(tx: Tx, context: Context, volume: Volume, *, cascade: bool = False, force: bool = False) -> None:
    """Mark the volume as being deleted; errors as in ``lifecycle.begin_delete``."""
    snapshot_ids = lifecycle.begin_delete(tx, context, volume, cascade=cascade, force=force)
    args = {"volume_id": volume.id, "snapshot_ids": snapshot_ids}
    service.submit(tx, context, kind=KIND.name, subject=f"volume/{volume.id}", args=args)


def run(saga: Saga[World], volume_id: str, snapshot_ids: list[str]) -> None:
    """Deleting cannot be taken back: storage that does not answer is asked until it does; a refusal ends it."""
    for snapshot_id in snapshot_ids:
        saga.insist(delete_snapshot.wait_for_copies, snapshot_id)
        delete_snapshot.require(saga.insist(delete_snapshot.try_discard, snapshot_id))
    saga.insist(wait_for_copies, volume_id)
    saga.insist(release_mappings, volume_id)
    delete_snapshot.require(saga.insist(try_discard, volume_id))


def wait_for_copies(world: World, volume_id: str) -> None:
    """A volume that others are being made from stays until they are complete."""
    with world.store.read() as tx:
        if volumes.is_being_copied(tx, volume_id=volume_id):
            raise errors.Unknown(f"Volume {volume_id} is still being copied")


def release_mappings(world: World, volume_id: str) -> None:
    """Take back what ``os-initialize_connection`` let in and nobody terminated."""
    with world.store.read() as tx:
        volume = volumes.find(tx, volume_id)
        open_ones = mappings.of_volume(tx, volume_id)
    for mapping in open_ones:
        if volume is not None and volume.backend in world.backends:
            world.backends[volume.backend].disconnect(volume_id, mapping.connector or {})
        with world.store.write() as tx:
            mappings.remove(tx, mapping.id)


def try_discard(world: World, volume_id: str) -> str | None:
    """Delete content and row; why not, if storage refuses."""
    try:
        create_volume.discard(world, volume_id)
    except errors.Refused as refusal:
        return refusal.message
    return None


def failed(world: World, message: str, volume_id: str, snapshot_ids: list[str]) -> None:
    """What storage refused to delete is shown as ``error_deleting``; the operation's record says why."""
    del message
    with world.store.write() as tx:
        delete_snapshot.mark_undeleted(tx, snapshot_ids)
        volumes.move(tx, volume_id, ("deleting",), "error_deleting")


KIND = Kind(name="delete_volume", run=run, failed=failed)
