"""The intent: rows that say what is to be done, written in the transaction of the rows they concern."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.context import Context
from moorage.store import Tx
from moorage.store.database import after_commit
from moorage.store.tables.operations import action_events, instance_actions, operations

UNFINISHED = ("pending", "running")


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One durable operation as stored."""

    sequence: int
    id: str
    kind: str
    subject: str
    args: dict[str, Any]
    state: str
    step: str | None
    error: str | None
    project_id: str | None
    user_id: str | None
    request_id: str | None
    action_id: str | None
    created_at: Any
    started_at: Any
    finished_at: Any


def submit(
    tx: Tx,
    context: Context,
    *,
    kind: str,
    subject: str,
    args: dict[str, Any],
    action_id: str | None = None,
    operation_id: str | None = None,
) -> str:
    """Write the intent and return the operation's id. Operations on one subject run one after another.

    Whoever registered with ``on_submit`` is told once the transaction is durable.
    """
    operation_id = operation_id or ids.new()
    tx.execute(
        operations.insert().values(
            id=operation_id, kind=kind, subject=subject, args=args, state="pending", project_id=context.project_id,
            user_id=context.user_id, request_id=context.request_id, action_id=action_id, created_at=clock.now(),
        )
    )  # fmt: skip
    after_commit(tx, _tell)
    return operation_id


_listeners: list[Any] = []


def on_submit(listener: Any) -> None:
    """Call ``listener()`` after each commit that submitted something."""
    _listeners.append(listener)


def off_submit(listener: Any) -> None:
    _listeners.remove(listener)


def _tell() -> None:
    for listener in list(_listeners):
        listener()


def record_action(tx: Tx, context: Context, server_id: str, action: str, project_id: str | None = None) -> str:
    """Note in ``os-instance-actions`` that ``action`` was asked for; returns the action's id."""
    action_id, now = ids.new(), clock.now()
    tx.execute(
        instance_actions.insert().values(
            id=action_id, server_id=server_id, project_id=project_id or context.project_id, user_id=context.user_id,
            request_id=context.request_id, action=action, started_at=now, updated_at=now,
        )
    )  # fmt: skip
    return action_id


def record_done(tx: Tx, context: Context, server_id: str, action: str, event: str, project_id: str) -> None:
    """Note an action that the transaction at hand carries out as a whole, with its finished event."""
    action_id, now = record_action(tx, context, server_id, action, project_id), clock.now()
    tx.execute(
        action_events.insert().values(
            id=ids.new(), action_id=action_id, event=event, started_at=now, finished_at=now, result="Success"
        )
    )


def begin(tx: Tx, operation: Operation, event: str, host: str | None) -> None:
    """The operation runs: state and, for servers, the event that clients see."""
    now = clock.now()
    tx.execute(operations.update().where(operations.c.id == operation.id).values(state="running", started_at=now))
    if operation.action_id and event:
        tx.execute(
            action_events.insert().values(
                id=ids.new(), action_id=operation.action_id, event=event, host=host, started_at=now
            )
        )


def note_step(tx: Tx, operation_id: str, step: str) -> None:
    """The step begun last, for whoever looks while it runs."""
    tx.execute(operations.update().where(operations.c.id == operation_id).values(step=step))


def note_trouble(tx: Tx, operation_id: str, error: str) -> None:
    """Why a step is being repeated."""
    tx.execute(operations.update().where(operations.c.id == operation_id).values(error=error))


def finish(tx: Tx, operation_id: str, error: str | None) -> None:
    """The operation ended; repeating it changes nothing."""
    now = clock.now()
    state = "failed" if error else "succeeded"
    changed = tx.execute(
        operations.update()
        .where(operations.c.id == operation_id, operations.c.state.in_(UNFINISHED))
        .values(state=state, error=error, finished_at=now)
    )
    action = tx.scalar(sa.select(operations.c.action_id).where(operations.c.id == operation_id))
    if not changed.rowcount or not action:
        return
    # what a part under way has written down stays in front of the error that ended it
    told = sa.func.coalesce(action_events.c.details + "\n" + error, error) if error else action_events.c.details
    result = {"result": "Error" if error else "Success", "details": told, "finished_at": now}
    tx.execute(
        action_events.update()
        .where(action_events.c.action_id == action, action_events.c.finished_at.is_(None))
        .values(**result)
    )
    message = {"message": "Error"} if error else {}
    tx.execute(instance_actions.update().where(instance_actions.c.id == action).values(updated_at=now, **message))


def get(tx: Tx, operation_id: str) -> Operation:
    row = tx.execute(sa.select(operations).where(operations.c.id == operation_id)).one_or_none()
    if row is None:
        raise errors.NotFound(f"Operation {operation_id} could not be found.")
    return Operation(**row._mapping)


def ready(tx: Tx, limit: int) -> list[Operation]:
    """Pending operations that nothing earlier on the same subject holds back, oldest first."""
    earlier = operations.alias("earlier")
    blocked = sa.exists().where(
        earlier.c.subject == operations.c.subject,
        earlier.c.state.in_(UNFINISHED),
        earlier.c.sequence < operations.c.sequence,
    )
    rows = tx.execute(
        sa.select(operations)
        .where(operations.c.state == "pending", ~blocked)
        .order_by(operations.c.sequence)
        .limit(limit)
    )
    return [Operation(**row._mapping) for row in rows]


def count_running(tx: Tx) -> int:
    return tx.scalar(sa.select(sa.func.count()).select_from(operations).where(operations.c.state == "running")) or 0


def unfinished(tx: Tx, subject: str | None = None) -> list[Operation]:
    """Operations that are pending or running, oldest first."""
    query = sa.select(operations).where(operations.c.state.in_(UNFINISHED)).order_by(operations.c.sequence)
    if subject is not None:
        query = query.where(operations.c.subject == subject)
    return [Operation(**row._mapping) for row in tx.execute(query)]


def recent(tx: Tx, limit: int, subject: str | None = None, state: str | None = None) -> list[Operation]:
    """The newest operations first."""
    query = sa.select(operations).order_by(operations.c.sequence.desc()).limit(limit)
    if subject is not None:
        query = query.where(operations.c.subject == subject)
    if state is not None:
        query = query.where(operations.c.state == state)
    return [Operation(**row._mapping) for row in tx.execute(query)]
