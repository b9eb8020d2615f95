"""Keep a volume's present content as a snapshot."""

from __future__ import annotations

from typing import Any

from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.volumes.model import Snapshot, Volume
from moorage.volumes.service import backends, messages, snapshots, volumes
from moorage.workflows import create_volume
from moorage.workflows.world import World


def request(
    tx: Tx, context: Context, volume: Volume, snapshot_id: str, *, in_use: bool, name: str | None, **values: Any
) -> Snapshot:
    """Record the snapshot and that it is to be made; 400 if the volume's status forbids it, 413 over quota."""
    backends.require_thawed(tx, volume.backend)
    snapshots.check_source(volume, in_use=in_use)
    snapshot = snapshots.insert(
        tx, volume, snapshot_id=snapshot_id, project_id=context.project_id, user_id=context.user_id, name=name, **values
    )
    service.submit(
        tx, context, kind=KIND.name, subject=f"volume/{volume.id}", args={"snapshot_id": snapshot_id}
    )  # fmt: skip
    return snapshot


def run(saga: Saga[World], snapshot_id: str) -> None:
    saga.do(make_content, snapshot_id, undo=remove_content)
    saga.do(set_available, snapshot_id)


def make_content(world: World, snapshot_id: str) -> None:
    """Let the backend keep the content; repeating it finds what is there."""
    with world.store.read() as tx:
        snapshot = snapshots.get(tx, snapshot_id)
        volume = volumes.get(tx, snapshot.volume_id)
    create_volume.backend_of(world, volume).create_snapshot(snapshot_id, volume.id)


def set_available(world: World, snapshot_id: str) -> None:
    with world.store.write() as tx:
        snapshot = snapshots.find(tx, snapshot_id)
        if snapshot is not None and snapshot.status == "creating":
            snapshots.update(tx, snapshot_id, status="available", progress="100%")


def remove_content(world: World, snapshot_id: str) -> None:
    """Nothing half-made stays in the backend; a backend that is not enabled never made anything."""
    with world.store.read() as tx:
        snapshot = snapshots.find(tx, snapshot_id)
        volume = None if snapshot is None else volumes.find(tx, snapshot.volume_id)
    if volume is not None and volume.backend in world.backends:
        world.backends[volume.backend].delete_snapshot(snapshot_id)


def failed(world: World, message: str, snapshot_id: str) -> None:
    """The snapshot stays in ``error`` for the user to see why, and holds nothing."""
    with world.store.write() as tx:
        snapshot = snapshots.find(tx, snapshot_id)
        if snapshot is None or snapshot.status == "error":
            return
        snapshots.update(tx, snapshot_id, status="error")
        messages.add(
            tx, messages.SNAPSHOT_CREATE, message, project_id=snapshot.project_id, resource_type="VOLUME_SNAPSHOT",
            resource_uuid=snapshot_id,
        )  # fmt: skip


KIND = Kind(name="create_snapshot", run=run, failed=failed)
