"""The intent: rows that say what is to be done, written in the transaction of the rows they concern."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.context import Context
from moorage.store import Tx, notices
from moorage.store.tables.operations import action_events, instance_actions, is_unfinished, operations

UNFINISHED = ("pending", "running")
_SUBMIT, _RECORD = operations.insert(), instance_actions.insert()
_ONE = operations.update().where(operations.c.id == sa.bindparam("operation_id"))
_NOTE = _ONE.where(is_unfinished, sa.or_(operations.c.step_at.is_(None), operations.c.step_at < sa.bindparam("since")))
_NOTE_TROUBLE = _ONE.values(retries=operations.c.retries + 1)
_END = _ONE.where(is_unfinished).returning(operations.c.action_id)
_END_EVENT = action_events.update().where(
    action_events.c.action_id == sa.bindparam("of_action"), action_events.c.finished_at.is_(None)
)
_told = sa.bindparam("told", type_=sa.Text)
_FAIL_EVENT = _END_EVENT.values(details=sa.func.coalesce(action_events.c.details + "\n" + _told, _told))
"""What a part under way has written down stays in front of the error that ended it."""
_END_ACTION = instance_actions.update().where(instance_actions.c.id == sa.bindparam("of_action"))


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

    @property
    def marks(self) -> dict[str, str]:
        """For logs: the request that asked for it, and its subject by kind of subject (``server``, ``volume``, ...)."""
        kind, _, subject = self.subject.partition("/")
        return {"request": self.request_id or "", kind: subject}


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
    tx.execute(_SUBMIT, {
        "id": operation_id, "kind": kind, "subject": subject, "args": args, "state": "pending",
        "project_id": context.project_id, "user_id": context.user_id, "request_id": context.request_id,
        "action_id": action_id, "created_at": clock.now(),
    })  # fmt: skip
    announce(tx)
    return operation_id


def announce(tx: Tx) -> None:
    """Tell, once the transaction is durable, of a change that some process or operation may be waiting for."""
    notices.announce(tx)


def record_action(tx: Tx, context: Context, server_id: str, action: str, project_id: str | None = None) -> str:
    """Note in ``os-instance-actions`` that ``action`` was asked for; returns the action's id."""
    action_id, now = ids.new(), clock.now()
    tx.execute(_RECORD, {
        "id": action_id, "server_id": server_id, "project_id": project_id or context.project_id,
        "user_id": context.user_id, "request_id": context.request_id, "action": action, "started_at": now,
        "updated_at": now,
    })  # fmt: skip
    return action_id


def record_done(tx: Tx, context: Context, server_id: str, action: str, event: str, project_id: str) -> None:
    """Note an action that the transaction at hand carries out as a whole, with its finished event."""
    action_id, now = record_action(tx, context, server_id, action, project_id), clock.now()
    tx.execute(
        action_events.insert().values(
            id=ids.new(), action_id=action_id, event=event, started_at=now, finished_at=now, result="Success"
        )
    )


def note_step(tx: Tx, operation_id: str, step: str, since: dt.datetime) -> None:
    """The step begun last, for whoever looks while it runs; the trouble of an earlier one is over."""
    noted = {"step": step, "step_at": since, "error": None}
    tx.execute(_NOTE, {"operation_id": operation_id, "since": since, **noted})


def note_trouble(tx: Tx, operation_id: str, error: str, **at: Any) -> None:
    """Why a step is being repeated; ``at`` which (``step``, ``step_at``)."""
    tx.execute(_NOTE_TROUBLE, {"operation_id": operation_id, "error": error, **at})


def finish(tx: Tx, operation_id: str, error: str | None) -> None:
    """The operation ended; repeating it changes nothing. Who runs it tells this process itself."""
    now = clock.now()
    ended = {"state": "failed" if error else "succeeded", "step": None, "error": error, "finished_at": now}
    action = tx.scalar(_END, {"operation_id": operation_id, **ended})
    notices.announce_elsewhere(tx)
    if action and error:
        tx.execute(_FAIL_EVENT, {"of_action": action, "result": "Error", "finished_at": now, "told": error})
        tx.execute(_END_ACTION, {"of_action": action, "updated_at": now, "message": "Error"})
    elif action:
        tx.execute(_END_EVENT, {"of_action": action, "result": "Success", "finished_at": now})
        tx.execute(_END_ACTION, {"of_action": action, "updated_at": now})


def get(tx: Tx, operation_id: str) -> Operation:
    row = tx.execute(sa.select(operations).where(operations.c.id == operation_id)).one_or_none()
    if row is None:
        raise errors.NotFound(f"Operation {operation_id} could not be found.")
    return Operation(**row._mapping)


def is_known(tx: Tx, operation_id: str) -> bool:
    """Whether it was ever submitted."""
    return tx.scalar(sa.select(operations.c.id).where(operations.c.id == operation_id)) is not None


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
