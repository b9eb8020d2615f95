"""Delete a snapshot."""

from __future__ import annotations

from moorage import errors
from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.volumes.model import Snapshot
from moorage.volumes.service import backends, messages, snapshots, volumes
from moorage.workflows import create_volume
from moorage.workflows.world import World


def request(tx: Tx, context: Context, snapshot: Snapshot, *, force: bool = False) -> None:
    """Mark the snapshot as being deleted; 400 if its status forbids it."""
    backends.require_thawed(tx, volumes.get(tx, snapshot.volume_id).backend)
    snapshots.begin_delete(tx, snapshot, force=force)
    # The volume's operations wait for each other, so its snapshot's do with them.
    args = {"snapshot_id": snapshot.id}
    service.submit(tx, context, kind=KIND.name, subject=f"volume/{snapshot.volume_id}", args=args)


def run(saga: Saga[World], snapshot_id: str) -> None:
    """Deleting cannot be taken back: storage that does not answer is asked until it does; a refusal ends it."""
    saga.insist(wait_for_copies, snapshot_id)
    require(saga.insist(try_discard, snapshot_id))


def wait_for_copies(world: World, snapshot_id: str) -> None:
    """A snapshot that volumes are being made from stays until they are complete."""
    with world.store.read() as tx:
        if volumes.is_being_copied(tx, snapshot_id=snapshot_id):
            raise errors.Unknown(f"Snapshot {snapshot_id} is still being copied")


def discard(world: World, snapshot_id: str) -> None:
    """Delete the snapshot for good: content, then row. Absent is success."""
    with world.store.read() as tx:
        snapshot = snapshots.find(tx, snapshot_id)
        volume = None if snapshot is None else volumes.find(tx, snapshot.volume_id)
    if snapshot is None:
        return
    if volume is not None and (volume.launched_at is not None or volume.backend in world.backends):
        create_volume.backend_of(world, volume).delete_snapshot(snapshot_id)
    with world.store.write() as tx:
        snapshots.forget(tx, snapshot_id)


def try_discard(world: World, snapshot_id: str) -> str | None:
    """Delete content and row; why not, if storage refuses."""
    try:
        discard(world, snapshot_id)
    except errors.Refused as refusal:
        return refusal.message
    return None


def require(refusal: str | None) -> None:
    """Go on only if storage did not refuse."""
    if refusal is not None:
        raise errors.Refused(refusal)


def failed(world: World, message: str, snapshot_id: str) -> None:
    """What storage refused to delete is shown as ``error_deleting``."""
    with world.store.write() as tx:
        snapshot = snapshots.find(tx, snapshot_id)
        if snapshot is None or snapshot.status != "deleting":
            return
        mark_undeleted(tx, [snapshot_id])
        messages.add(
            tx, messages.SNAPSHOT_DELETE, message, project_id=snapshot.project_id, resource_type="VOLUME_SNAPSHOT",
            resource_uuid=snapshot_id,
        )  # fmt: skip


def mark_undeleted(tx: Tx, snapshot_ids: list[str]) -> None:
    for snapshot_id in snapshot_ids:
        snapshot = snapshots.find(tx, snapshot_id)
        if snapshot is not None and snapshot.status == "deleting":
            snapshots.update(tx, snapshot_id, status="error_deleting")


KIND = Kind(name="delete_snapshot", run=run, failed=failed)
