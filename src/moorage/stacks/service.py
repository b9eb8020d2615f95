"""Stacks and their resources as rows: find, add, change, forget."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.stacks import states
from moorage.stacks.model import Resource, Stack, resources_of, stack_of
from moorage.store import Tx
from moorage.store.tables.stacks import stack_resources, stacks

_CHANGE = stack_resources.update().where(stack_resources.c.id == sa.bindparam("resource_id"))


def find(tx: Tx, stack_id: str) -> Stack | None:
    row = tx.execute(sa.select(stacks).where(stacks.c.id == stack_id)).one_or_none()
    return None if row is None else stack_of(row)


def get(tx: Tx, stack_id: str) -> Stack:
    """``errors.NotFound`` if there is none."""
    found = find(tx, stack_id)
    if found is None:
        raise errors.NotFound(f"The Stack ({stack_id}) could not be found.")
    return found


def insert(tx: Tx, stack_id: str, **values: Any) -> Stack:
    """Record a stack whose making begins."""
    now = clock.now()
    begun = {
        "action": states.CREATE, "progress": states.IN_PROGRESS, "generation": 1, "created_at": now, "updated_at": now,
        "deadline_at": now + dt.timedelta(seconds=values["timeout_s"]), "outputs": {},
    }  # fmt: skip
    tx.execute(stacks.insert().values(id=stack_id, **begun, **values))
    return get(tx, stack_id)


def begin(tx: Tx, stack: Stack, action: str, **values: Any) -> None:
    """An action begins; ``values`` are what it shall become."""
    now = clock.now()
    deadline = now + dt.timedelta(seconds=values.get("timeout_s", stack.timeout_s))
    update(tx, stack.id, action=action, progress=states.IN_PROGRESS, reason=None, deadline_at=deadline, **values)


def end(tx: Tx, stack_id: str, progress: str, reason: str | None = None, **values: Any) -> None:
    """The action at hand has ended."""
    update(tx, stack_id, progress=progress, reason=reason, **values)


def update(tx: Tx, stack_id: str, **values: Any) -> None:
    tx.execute(stacks.update().where(stacks.c.id == stack_id).values(updated_at=clock.now(), **values))


def forget(tx: Tx, stack_id: str) -> None:
    tx.execute(stacks.delete().where(stacks.c.id == stack_id))


def resources(tx: Tx, stack_id: str) -> list[Resource]:
    """In order of their making."""
    query = sa.select(stack_resources).where(stack_resources.c.stack_id == stack_id)
    return resources_of(tx.execute(query.order_by(stack_resources.c.sequence)))


def has_resource(tx: Tx, stack_id: str, kind: str, physical_id: str) -> bool:
    """Whether the stack made it."""
    columns = stack_resources.c
    query = sa.select(columns.id).where(
        columns.stack_id == stack_id, columns.physical_id == physical_id, columns.type == kind
    )
    return tx.scalar(query) is not None


def add(tx: Tx, **values: Any) -> Resource:
    """Record a resource; returns it as stored."""
    now = clock.now()
    row = {"id": ids.new(), "created_at": now, "updated_at": now, "is_replaced": False, **values}
    made = tx.execute(stack_resources.insert(), row)
    assert made.inserted_primary_key is not None
    return Resource(sequence=made.inserted_primary_key[0], **row)


def change(tx: Tx, resource_id: str, **values: Any) -> None:
    tx.execute(_CHANGE, {"resource_id": resource_id, "updated_at": clock.now(), **values})


def retry_removals(tx: Tx, stack_id: str) -> None:
    """What could not be removed is tried again by the action that begins."""
    for row in resources(tx, stack_id):
        if (row.action, row.progress) == (states.DELETE, states.FAILED):
            data = {**row.data, "is_being_deleted": False}
            change(tx, row.id, action=states.CREATE, progress=states.COMPLETE, reason=None, data=data)


def remove(tx: Tx, resource_id: str) -> None:
    tx.execute(stack_resources.delete().where(stack_resources.c.id == resource_id))


def waiting(tx: Tx, stack_id: str) -> list[tuple[str | None, Any]]:
    """Of each resource that something goes on with: whose operations have to end, or when to look again.

    Groups and nested templates are left out: they wait for their parts.
    """
    columns = stack_resources.c
    query = sa.select(columns.subject, columns.look_at).where(
        columns.stack_id == stack_id, columns.progress == states.IN_PROGRESS,
        sa.or_(columns.subject.is_not(None), columns.look_at.is_not(None)),
    )  # fmt: skip
    return [(row.subject, row.look_at) for row in tx.execute(query)]


def look_now(tx: Tx, subject: str) -> None:
    """Resources that wait for the subject are to be looked at."""
    tx.execute(
        stack_resources.update()
        .where(stack_resources.c.subject == subject, stack_resources.c.progress == states.IN_PROGRESS)
        .values(look_at=clock.now())
    )
