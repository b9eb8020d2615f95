"""Volumes as rows: find, add, change, forget."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, errors
from moorage.store import Tx
from moorage.store.tables.volumes import snapshots, volumes
from moorage.volumes.model import Volume, VolumeType, from_row
from moorage.volumes.service import quotas, types

_BY_ID = sa.select(volumes).where(volumes.c.id == sa.bindparam("volume_id"))


def get(tx: Tx, volume_id: str, project_id: str | None = None) -> Volume:
    """The volume; ``errors.NotFound`` if there is none or it belongs to another project.

    None sees all projects, and what only stands by to take another volume's place.
    """
    found = find(tx, volume_id)
    is_hidden = found is not None and project_id is not None and (found.project_id != project_id or found.is_target)
    if found is None or is_hidden:
        raise errors.NotFound(f"Volume {volume_id} could not be found.")
    return found


def find(tx: Tx, volume_id: str) -> Volume | None:
    row = tx.execute(_BY_ID, {"volume_id": volume_id}).one_or_none()
    return None if row is None else from_row(row)


def insert(
    tx: Tx,
    *,
    volume_id: str,
    project_id: str,
    user_id: str,
    size_gib: int,
    name: str | None,
    volume_type: str | None = None,
    availability_zone: str,
    image_id: str | None = None,
    snapshot_id: str | None = None,
    source_volid: str | None = None,
    status: str = "creating",
    **values: Any,
) -> Volume:
    """Record a volume that is to be made, or return the one recorded under this id.

    ``volume_type`` is a name or id; None takes the source's type or the default. 400 if there is no such type or it is
    on another backend than the source, 413 over quota. ``values`` are further columns such as ``metadata``.
    """
    known = find(tx, volume_id)
    if known is not None:
        return known
    source = _source(tx, snapshot_id, source_volid)
    kind = _type(tx, volume_type, source)
    quotas.check_size(tx, project_id, size_gib)
    quotas.check_volume(tx, project_id, kind.name, size_gib)
    backend = source.backend if source else types.backend_of(tx, kind.id)
    inherited = {"bootable": source.bootable, "image_metadata": source.image_metadata} if source else {}
    row = {
        "id": volume_id, "project_id": project_id, "user_id": user_id, "size_gib": size_gib, "name": name,
        "volume_type_id": kind.id, "backend": backend, "availability_zone": availability_zone, "image_id": image_id,
        "snapshot_id": snapshot_id, "source_volid": source_volid, "status": status, "created_at": clock.now(),
        "multiattach": kind.is_multiattach, **inherited, **values,
    }  # fmt: skip
    tx.execute(volumes.insert().values(row))
    return get(tx, volume_id)


def _source(tx: Tx, snapshot_id: str | None, source_volid: str | None) -> Volume | None:
    if source_volid is not None:
        return get(tx, source_volid)
    if snapshot_id is None:
        return None
    volume_id = tx.scalar(sa.select(snapshots.c.volume_id).where(snapshots.c.id == snapshot_id))
    if volume_id is None:
        raise errors.NotFound(f"Snapshot {snapshot_id} could not be found.")
    return get(tx, volume_id)


def _type(tx: Tx, volume_type: str | None, source: Volume | None) -> VolumeType:
    if source is None or (volume_type and types.named(tx, volume_type).id == source.volume_type_id):
        return types.named(tx, volume_type)
    kind = types.named(tx, volume_type or source.volume_type_id)
    if types.backend_of(tx, kind.id) != source.backend:
        raise errors.BadRequest(
            f"Invalid input received: Invalid volume_type provided: {kind.id} (requested type is not compatible; "
            "either match source volume, or omit type argument)."
        )
    return kind


def forget(tx: Tx, volume_id: str) -> None:
    """The content is gone: now the row."""
    tx.execute(volumes.delete().where(volumes.c.id == volume_id))


def update(tx: Tx, volume_id: str, **values: Any) -> None:
    tx.execute(volumes.update().where(volumes.c.id == volume_id).values(updated_at=clock.now(), **values))


def move(tx: Tx, volume_id: str, allowed: tuple[str, ...], status: str, **values: Any) -> bool:
    """Set the status only if it is one of ``allowed``; says whether it was."""
    query = volumes.update().where(volumes.c.id == volume_id, volumes.c.status.in_(allowed))
    return bool(tx.execute(query.values(status=status, updated_at=clock.now(), **values)).rowcount)


def has_snapshots(tx: Tx, volume_id: str) -> bool:
    return tx.execute(sa.select(snapshots.c.id).where(snapshots.c.volume_id == volume_id).limit(1)).first() is not None


def snapshot_size(tx: Tx, snapshot_id: str) -> int:
    """GiB; ``errors.NotFound`` if there is no such snapshot."""
    size = tx.scalar(sa.select(snapshots.c.size_gib).where(snapshots.c.id == snapshot_id))
    if size is None:
        raise errors.NotFound(f"Snapshot {snapshot_id} could not be found.")
    return int(size)


def is_being_copied(tx: Tx, *, volume_id: str | None = None, snapshot_id: str | None = None) -> bool:
    """Whether some other volume is still being filled from it."""
    source = volumes.c.snapshot_id == snapshot_id if volume_id is None else volumes.c.source_volid == volume_id
    query = sa.select(volumes.c.id).where(source, volumes.c.launched_at.is_(None), volumes.c.status != "error")
    return tx.execute(query.limit(1)).first() is not None
