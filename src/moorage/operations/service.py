"""The intent: rows that say what is to be done, written in the transaction of the rows they concern."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.context import Context
from moorage.store import Tx, notices
from moorage.store.tables.operations import action_events, instance_actions, is_unfinished, operations

UNFINISHED = ("pending", "running")
_NOTE = operations.update().where(operations.c.id == sa.bindparam("operation_id"))


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One durable operation as stored."""

    sequence: int
    id: str
    kind: str
    subject: str
    args: dict[str, Any]
    state: str
    executor: str | None
    journal_format: str | None
    step: str | None
    error: str | None
    """Of a running operation: why its step is being repeated."""
    retries: int
    step_at: Any
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

    Every process is told once the transaction is durable (``announce``).
    """
    operation_id = operation_id or ids.new()
    tx.execute(
        operations.insert().values(
            id=operation_id, kind=kind, subject=subject, args=args, state="pending", project_id=context.project_id,
            user_id=context.user_id, request_id=context.request_id, action_id=action_id, created_at=clock.now(),
        )
    )  # fmt: skip
    announce(tx)
    return operation_id


def announce(tx: Tx) -> None:
    """Tell, once the transaction is durable, of a change that some process or operation may be waiting for."""
    notices.announce(tx)


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


def note_step(tx: Tx, operation_id: str, step: str) -> None:
    """The step begun last, for whoever looks while it runs; the trouble of an earlier one is over."""
    tx.execute(_NOTE, {"operation_id": operation_id, "step": step, "step_at": clock.now(), "error": None})


def note_trouble(tx: Tx, operation_id: str, error: str) -> None:
    """Why a step is being repeated."""
    noted = {"error": error, "retries": operations.c.retries + 1}
    tx.execute(operations.update().where(operations.c.id == operation_id).values(**noted))


def finish(tx: Tx, operation_id: str, error: str | None) -> None:
    """The operation ended; repeating it changes nothing."""
    now = clock.now()
    state = "failed" if error else "succeeded"
    changed = tx.execute(
        operations.update()
        .where(operations.c.id == operation_id, is_unfinished)
        .values(state=state, error=error, finished_at=now)
    )
    announce(tx)
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


def is_known(tx: Tx, operation_id: str) -> bool:
    """Whether it was ever submitted."""
    return tx.scalar(sa.select(operations.c.id).where(operations.c.id == operation_id)) is not None


def ids_of(tx: Tx, operation_id: str) -> dict[str, str]:
    """For logs: the request that asked for it, and its subject by kind of subject (``server``, ``volume``, ...)."""
    query = sa.select(operations.c.request_id, operations.c.subject).where(operations.c.id == operation_id)
    row = tx.execute(query).one_or_none()
    if row is None:
        return {}
    kind, _, subject = row.subject.partition("/")
    return {"request": row.request_id or "", kind: subject}


def unfinished(tx: Tx, subject: str | None = None) -> list[Operation]:
    """Operations that are pending or running, oldest first."""
    query = sa.select(operations).where(is_unfinished).order_by(operations.c.sequence)
    if subject is not None:
        query = query.where(operations.c.subject == subject)
    return [Operation(**row._mapping) for row in tx.execute(query)]


def is_followed(tx: Tx, subject: str) -> bool:
    """Whether another operation on the subject waits behind the one that asks.

    A step that is repeated after a crash may find the next operation let in by what it wrote the first time, and must
    not write it again over what that one was asked for.
    """
    query = sa.select(operations.c.id).where(is_unfinished, operations.c.subject == subject).limit(2)
    return len(tx.execute(query).all()) > 1


def busy_subjects(tx: Tx) -> set[str]:
    """Subjects with an operation that is pending or running."""
    return set(tx.scalars(sa.select(operations.c.subject).where(is_unfinished).distinct()))


def recent(
    tx: Tx, limit: int, subject: str | None = None, state: str | None = None, *, is_retried: bool = False
) -> list[Operation]:
    """The newest operations first; ``is_retried``: only those with steps that did not succeed at once."""
    query = sa.select(operations).order_by(operations.c.sequence.desc()).limit(limit)
    if subject is not None:
        query = query.where(operations.c.subject == subject)
    if state is not None:
        query = query.where(operations.c.state == state)
    if is_retried:
        query = query.where(operations.c.retries > 0)
    return [Operation(**row._mapping) for row in tx.execute(query)]
