"""How healthy is a cluster? The last look at it, as a row."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, ids
from moorage.clusters.model import Verification
from moorage.clusters.service.records import record
from moorage.store import Tx
from moorage.store.tables.clusters import cluster_verifications as table

GREEN, YELLOW, RED = "GREEN", "YELLOW", "RED"


def find(tx: Tx, cluster_id: str) -> Verification | None:
    row = tx.execute(sa.select(table).where(table.c.cluster_id == cluster_id)).one_or_none()
    return None if row is None else record(Verification, row)


def put(tx: Tx, cluster_id: str, checks: list[dict[str, Any]]) -> None:
    """Replace what was seen before; the worst check is the verdict."""
    tx.execute(table.delete().where(table.c.cluster_id == cluster_id))
    seen = {check["status"] for check in checks}
    status = RED if RED in seen else YELLOW if YELLOW in seen else GREEN
    now = clock.now()
    dated = [{**check, "id": ids.new(), "created_at": now.isoformat(timespec="seconds")} for check in checks]
    tx.execute(
        table.insert().values(
            id=ids.new(), cluster_id=cluster_id, status=status, checks=dated, created_at=now, updated_at=now
        )
    )  # fmt: skip
