"""Messages: what went wrong after the request was accepted, in words for its user."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.store import Tx
from moorage.store.tables.volumes import messages
from moorage.volumes.model import Message

_KEPT = dt.timedelta(days=30)

# Actions and details by Cinder's numbers (``cinder/message/message_field.py``).
NO_BACKEND = ("001", "003")
COPY_IMAGE = ("005", "001")
CREATE_VOLUME = ("003", "001")
EXTEND = ("009", "001")
SNAPSHOT_CREATE = ("014", "001")
SNAPSHOT_DELETE = ("011", "001")
_ACTIONS = {
    "001": "schedule allocate volume", "003": "create volume from backend storage",
    "005": "copy image to volume", "009": "extend volume", "011": "delete snapshot", "014": "create snapshot",
}  # fmt: skip


def add(
    tx: Tx, event: tuple[str, str], reason: str, *, project_id: str, resource_type: str, resource_uuid: str,
    request_id: str | None = None,
) -> None:  # fmt: skip
    """Leave a message; ``event`` is one of this module's pairs of action and detail."""
    action, detail = event
    now = clock.now()
    tx.execute(
        messages.insert().values(
            id=ids.new(), project_id=project_id, event_id=f"VOLUME_{resource_type}_{action}_{detail}", level="ERROR",
            user_message=f"{_ACTIONS[action]}: {reason}", resource_type=resource_type, resource_uuid=resource_uuid,
            request_id=request_id, created_at=now, guaranteed_until=now + _KEPT,
        )
    )  # fmt: skip


def get(tx: Tx, message_id: str, project_id: str | None) -> Message:
    query = sa.select(messages).where(messages.c.id == message_id)
    if project_id is not None:
        query = query.where(messages.c.project_id == project_id)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise errors.NotFound(f"Message {message_id} could not be found.")
    return Message(**row._mapping)


def delete(tx: Tx, message_id: str) -> None:
    tx.execute(messages.delete().where(messages.c.id == message_id))
