"""Instance actions and their events: what clients see of the operations on a server."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from moorage.store import Tx
from moorage.store.tables.operations import action_events, instance_actions


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was asked of a server."""

    id: str
    server_id: str
    project_id: str
    user_id: str
    request_id: str
    action: str
    message: str | None
    started_at: Any
    updated_at: Any


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an action, with its result."""

    id: str
    action_id: str
    event: str
    host: str | None
    result: str | None
    details: str | None
    traceback: str | None
    started_at: Any
    finished_at: Any


def of_server(tx: Tx, server_id: str) -> list[Action]:
    """Newest first."""
    rows = tx.execute(
        sa.select(instance_actions)
        .where(instance_actions.c.server_id == server_id)
        .order_by(instance_actions.c.started_at.desc(), instance_actions.c.id.desc())
    )
    return [Action(**row._mapping) for row in rows]


def by_request(tx: Tx, server_id: str, request_id: str) -> Action | None:
    row = tx.execute(
        sa.select(instance_actions).where(
            instance_actions.c.server_id == server_id, instance_actions.c.request_id == request_id
        )
    ).first()
    return None if row is None else Action(**row._mapping)


def events(tx: Tx, action_id: str) -> list[Event]:
    """Newest first, as Nova lists them."""
    rows = tx.execute(
        sa.select(action_events)
        .where(action_events.c.action_id == action_id)
        .order_by(action_events.c.started_at.desc())
    )
    return [Event(**row._mapping) for row in rows]
