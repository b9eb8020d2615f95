"""Snapshots as rows: find, add, change, forget."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, errors
from moorage.store import Tx
from moorage.store.tables.volumes import snapshots
from moorage.volumes import states
from moorage.volumes.model import Snapshot, Volume, snapshot_of
from moorage.volumes.service import quotas, types


def get(tx: Tx, snapshot_id: str, project_id: str | None = None) -> Snapshot:
    """The snapshot; ``errors.NotFound`` if there is none or it belongs to another project. None sees all projects."""
    found = find(tx, snapshot_id)
    if found is None or (project_id is not None and found.project_id != project_id):
        raise errors.NotFound(f"Snapshot {snapshot_id} could not be found.")
    return found


def find(tx: Tx, snapshot_id: str) -> Snapshot | None:
    row = tx.execute(sa.select(snapshots).where(snapshots.c.id == snapshot_id)).one_or_none()
    return None if row is None else snapshot_of(row)


def of_volume(tx: Tx, volume_id: str) -> list[Snapshot]:
    query = sa.select(snapshots).where(snapshots.c.volume_id == volume_id)
    return [snapshot_of(row) for row in tx.execute(query.order_by(snapshots.c.created_at, snapshots.c.id))]


def insert(
    tx: Tx, volume: Volume, *, snapshot_id: str, project_id: str, user_id: str, name: str | None, **values: Any
) -> Snapshot:
    """Record a snapshot that is to be made, or return the one recorded under this id; 413 over quota.

    The volume's status is the caller's business: ``check_source``.
    """
    known = find(tx, snapshot_id)
    if known is not None:
        return known
    kind = types.named(tx, volume.volume_type_id)
    quotas.check_snapshot(tx, project_id, kind.name, volume.size_gib)
    row = {
        "id": snapshot_id, "project_id": project_id, "user_id": user_id, "volume_id": volume.id, "name": name,
        "status": "creating", "progress": "0%", "size_gib": volume.size_gib, "created_at": clock.now(), **values,
    }  # fmt: skip
    tx.execute(snapshots.insert().values(row))
    return get(tx, snapshot_id)


def check_source(volume: Volume, *, in_use: bool) -> None:
    """400 unless a snapshot may be taken of the volume; ``in_use`` allows an attached one."""
    states.require_still(volume.id, volume.migration_status)
    if volume.status == "error":
        raise errors.BadRequest("Invalid volume: The snapshot cannot be created when the volume is in error status.")
    allowed = ("available", "in-use") if in_use else ("available",)
    if volume.status not in allowed:
        raise errors.BadRequest(
            f"Invalid volume: Volume {volume.id} status must be {', '.join(allowed)}, "
            f"but current status is: {volume.status}."
        )


def update(tx: Tx, snapshot_id: str, **values: Any) -> None:
    tx.execute(snapshots.update().where(snapshots.c.id == snapshot_id).values(updated_at=clock.now(), **values))


def begin_delete(tx: Tx, snapshot: Snapshot, *, force: bool = False) -> None:
    """400 unless the snapshot's status allows it."""
    if not force and snapshot.status not in ("available", "error"):
        raise errors.BadRequest(
            "Invalid snapshot: Snapshot status must be available or error and must not be part of a group."
        )
    update(tx, snapshot.id, status="deleting")


def forget(tx: Tx, snapshot_id: str) -> None:
    """The content is gone: now the row."""
    tx.execute(snapshots.delete().where(snapshots.c.id == snapshot_id))
