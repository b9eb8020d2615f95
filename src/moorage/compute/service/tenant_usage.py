"""How long did servers run in a period?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import clock, errors
from moorage.store import Tx
from moorage.store.tables.compute import servers


class ServerUsage(msgspec.Struct, frozen=True, kw_only=True):
    """One server's share of a period."""

    id: str
    name: str
    project_id: str
    flavor: str
    vcpus: int
    memory_mib: int
    local_gib: int
    state: str
    started_at: dt.datetime
    ended_at: dt.datetime | None
    hours: float
    """Within the period."""
    uptime_s: int
    """Since the launch."""


def between(
    tx: Tx, start: dt.datetime, end: dt.datetime, project_id: str | None, marker: str | None, limit: int
) -> list[ServerUsage]:
    """Servers that ran in the period, deleted ones too, by project and id; 400 if the marker is unknown."""
    query = sa.select(servers).where(
        servers.c.launched_at < end,
        sa.or_(servers.c.terminated_at.is_(None), servers.c.terminated_at > start),
    )
    if project_id is not None:
        query = query.where(servers.c.project_id == project_id)
    if marker is not None:
        query = query.where(_behind(tx, marker))
    query = query.order_by(servers.c.project_id, servers.c.id).limit(limit)
    return [_usage(row, start, end) for row in tx.execute(query)]


def _behind(tx: Tx, marker: str) -> sa.ColumnElement[bool]:
    row = tx.execute(sa.select(servers.c.project_id, servers.c.id).where(servers.c.id == marker)).one_or_none()
    if row is None:
        raise errors.BadRequest(f"Marker {marker} could not be found.")
    same = sa.and_(servers.c.project_id == row.project_id, servers.c.id > row.id)
    return sa.or_(servers.c.project_id > row.project_id, same)


def _usage(row: sa.Row[Any], start: dt.datetime, end: dt.datetime) -> ServerUsage:
    stop = min(row.terminated_at or end, end)
    hours = (stop - max(row.launched_at, start)).total_seconds() / 3600
    flavor = row.flavor
    return ServerUsage(
        id=row.id, name=row.name, project_id=row.project_id, flavor=flavor["name"], vcpus=flavor["vcpus"],
        memory_mib=flavor["ram"], local_gib=flavor.get("disk", 0) + flavor.get("ephemeral", 0),
        state="terminated" if row.terminated_at else row.vm_state, started_at=row.launched_at,
        ended_at=row.terminated_at, hours=max(hours, 0.0),
        uptime_s=int(((row.terminated_at or clock.now()) - row.launched_at).total_seconds()),
    )  # fmt: skip
