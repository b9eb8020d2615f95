"""Who runs an operation? The executor in its row. One that runs and has none is free for the next process that asks."""

from __future__ import annotations

import sqlalchemy as sa

from moorage import clock, ids
from moorage.operations.service import UNFINISHED, Operation
from moorage.store import Tx
from moorage.store.tables.operations import action_events, operations

_earlier = operations.alias("earlier")
_is_blocked = sa.exists().where(
    _earlier.c.subject == operations.c.subject,
    _earlier.c.state.in_(UNFINISHED),
    _earlier.c.sequence < operations.c.sequence,
)
_is_new = (operations.c.state == "pending") & ~_is_blocked
_is_free = (operations.c.state == "running") & operations.c.executor.is_(None)
_is_ours = operations.c.journal_format.is_(None) | operations.c.journal_format.in_(
    sa.bindparam("formats", expanding=True)
)
_is_claimable = operations.c.state.in_(UNFINISHED) & (_is_new | _is_free) & _is_ours
_KINDS = sa.select(operations.c.kind).where(_is_claimable).distinct()
_CLAIMABLE = (
    sa.select(operations)
    .where(_is_claimable, operations.c.kind.in_(sa.bindparam("kinds", expanding=True)))
    .order_by(operations.c.sequence)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
"""Asked at each submit and each end of an operation, so they are built once."""


def claimable(tx: Tx, limit: int, kinds: list[str], formats: tuple[str, ...]) -> list[Operation]:
    """What may begin or go on, oldest first: of each subject only the first, and no journal of a foreign format.

    Claimed in the same write transaction, it is claimed once: write transactions take turns.
    """
    rows = tx.execute(_CLAIMABLE, {"kinds": kinds, "formats": formats, "most": limit})
    return [Operation(**row._mapping) for row in rows]


def claimable_kinds(tx: Tx, formats: tuple[str, ...]) -> set[str]:
    """The kinds of what may begin or go on."""
    return set(tx.scalars(_KINDS, {"formats": formats}))


def claim(tx: Tx, operation: Operation, executor: str, journal_format: str, event: str) -> None:
    """The operation runs here: state and, for servers, the event that clients see."""
    now = clock.now()
    began = {} if operation.started_at else {"started_at": now, "journal_format": journal_format}
    changed = {"state": "running", "executor": executor, **began}
    tx.execute(operations.update().where(operations.c.id == operation.id).values(changed))
    if began and operation.action_id and event:
        row = {"id": ids.new(), "action_id": operation.action_id, "event": event, "started_at": now}
        tx.execute(action_events.insert().values(row))


def set_free(tx: Tx, executors: list[str]) -> int:
    """What these were running is nobody's; how many that are."""
    mine = operations.c.state == "running", operations.c.executor.in_(executors)
    return tx.execute(operations.update().where(*mine).values(executor=None)).rowcount


def set_free_all(tx: Tx) -> None:
    """Nothing is run by anybody: for a process that knows to be the only one."""
    tx.execute(operations.update().where(operations.c.state == "running").values(executor=None))


def foreign(tx: Tx, formats: tuple[str, ...]) -> list[Operation]:
    """Unfinished operations that nobody runs and whose journals are of none of these formats."""
    rows = tx.execute(
        sa.select(operations)
        .where(operations.c.state == "running", operations.c.executor.is_(None))
        .where(operations.c.journal_format.not_in(formats))
        .order_by(operations.c.sequence)
    )
    return [Operation(**row._mapping) for row in rows]
