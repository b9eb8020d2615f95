"""What is on record about each backend: whether operators took it out of service, and its capacity as last reported."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import clock, errors
from moorage.store import Tx
from moorage.store.tables.volumes import snapshots, volume_backends, volumes
from moorage.volumes.ports import Pool


class BackendState(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``volume_backends``; a backend without a row has these defaults."""

    name: str
    disabled: bool = False
    disabled_reason: str | None = None
    frozen: bool = False
    total_gib: float | None = None
    free_gib: float | None = None
    updated_at: dt.datetime | None = None


def state(tx: Tx, name: str) -> BackendState:
    row = tx.execute(sa.select(volume_backends).where(volume_backends.c.name == name)).one_or_none()
    return BackendState(name=name) if row is None else BackendState(**row._mapping)


def change(tx: Tx, name: str, **values: Any) -> BackendState:
    if tx.execute(volume_backends.update().where(volume_backends.c.name == name).values(**values)).rowcount == 0:
        tx.execute(volume_backends.insert().values(name=name, **values))
    return state(tx, name)


def report(tx: Tx, name: str, pool: Pool) -> None:
    """Keep a backend's answer about its capacity."""
    change(tx, name, total_gib=pool.total_gib, free_gib=pool.free_gib, updated_at=clock.now())


def require_thawed(tx: Tx, name: str) -> None:
    """400 while operators keep the backend's volumes and snapshots as they are."""
    if state(tx, name).frozen:
        raise errors.BadRequest(
            "Invalid input received: Modification operations are not allowed on frozen storage backends."
        )


def provisioned_gib(tx: Tx, name: str) -> int:
    """The sum of what users asked for, volumes and snapshots."""
    volume_sum = sa.select(sa.func.coalesce(sa.func.sum(volumes.c.size_gib), 0)).where(volumes.c.backend == name)
    kept = sa.select(sa.func.coalesce(sa.func.sum(snapshots.c.size_gib), 0)).where(
        snapshots.c.volume_id.in_(sa.select(volumes.c.id).where(volumes.c.backend == name))
    )
    return int(tx.execute(volume_sum).scalar_one()) + int(tx.execute(kept).scalar_one())


COUNTS = ("volume_count", "total_volume_gb", "snapshot_count", "total_snapshot_gb")


def by_project(tx: Tx, name: str) -> dict[str, dict[str, int]]:
    """What each project has on a backend: numbers and GiB."""
    found: dict[str, dict[str, int]] = {}
    here = sa.select(volumes.c.id).where(volumes.c.backend == name)
    for table, condition, keys in (
        (volumes, volumes.c.backend == name, COUNTS[:2]),
        (snapshots, snapshots.c.volume_id.in_(here), COUNTS[2:]),
    ):
        query = sa.select(table.c.project_id, sa.func.count(), sa.func.sum(table.c.size_gib)).where(condition)
        for project_id, count, size in tx.execute(query.group_by(table.c.project_id)):
            row = found.setdefault(project_id, dict.fromkeys(COUNTS, 0))
            row |= dict(zip(keys, (int(count), int(size)), strict=True))
    return found
