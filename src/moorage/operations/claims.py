"""Who runs an operation? The executor in its row. One that runs and has none is free for the next process that asks."""

from __future__ import annotations

import sqlalchemy as sa

from moorage import clock, ids
from moorage.operations.service import Operation
from moorage.store import Tx
from moorage.store.tables.operations import action_events, is_unfinished, operations

_earlier = operations.alias("earlier")
_has_earlier = sa.exists().where(
    _earlier.c.subject == operations.c.subject,
    _earlier.c.finished_at.is_(None),
    _earlier.c.sequence < operations.c.sequence,
)
_is_new = (operations.c.state == "pending") & ~_has_earlier
_is_free = (operations.c.state == "running") & operations.c.executor.is_(None)
_is_known = operations.c.journal_format.in_(sa.bindparam("formats", expanding=True))
_CLAIMABLE = (
    sa.select(operations)
    .where(is_unfinished, _is_new | _is_free, operations.c.kind.in_(sa.bindparam("kinds", expanding=True)))
    .where(operations.c.journal_format.is_(None) | _is_known)
    .order_by(operations.c.sequence)
    .limit(sa.bindparam("limit"))
)
"""Made once: each end of an operation asks it, and making it takes several times as long as asking."""
_CLAIM = operations.update().where(operations.c.id == sa.bindparam("operation_id"))
_BEGIN_EVENT = action_events.insert()


def claimable(tx: Tx, limit: int, kinds: list[str], formats: tuple[str, ...]) -> list[Operation]:
    """What may begin or go on, oldest first: of each subject only the first, and no journal of a foreign format.

    Claimed in the same write transaction, it is claimed once: write transactions take turns.
    """
    rows = tx.execute(_CLAIMABLE, {"kinds": kinds, "formats": list(formats), "limit": limit})
    return [Operation(**row._mapping) for row in rows]


def claim(tx: Tx, operation: Operation, executor: str, journal_format: str, event: str) -> None:
    """The operation runs here: state and, for servers, the event that clients see."""
    now = clock.now()
    began = {} if operation.started_at else {"started_at": now, "journal_format": journal_format}
    tx.execute(_CLAIM, {"operation_id": operation.id, "state": "running", "executor": executor, **began})
    if began and operation.action_id and event:
        row = {"id": ids.new(), "action_id": operation.action_id, "event": event, "started_at": now}
        tx.execute(_BEGIN_EVENT, row)


def set_free(tx: Tx, executors: list[str]) -> int:
    """What these were running is nobody's; how many that are."""
    mine = is_unfinished, operations.c.executor.in_(executors)
    return tx.execute(operations.update().where(*mine).values(executor=None)).rowcount


def set_free_all(tx: Tx) -> None:
    """Nothing is run by anybody: for a process that knows to be the only one."""
    tx.execute(operations.update().where(is_unfinished).values(executor=None))


def foreign(tx: Tx, formats: tuple[str, ...]) -> list[Operation]:
    """Unfinished operations that nobody runs and whose journals are of none of these formats."""
    rows = tx.execute(
        sa.select(operations)
        .where(is_unfinished, operations.c.state == "running", operations.c.executor.is_(None))
        .where(operations.c.journal_format.not_in(formats))
        .order_by(operations.c.sequence)
    )
    return [Operation(**row._mapping) for row in rows]
