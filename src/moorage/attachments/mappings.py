"""Whom did ``os-initialize_connection`` let in? Rows that are neither a disk of a server nor an attachment.

Clients of the old attach calls ask for a connection before there is an attachment. What storage maps for them is on
record here, so that it can be taken back with the volume.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, ids
from moorage.attachments.model import Attachment, from_row, query
from moorage.store import Tx
from moorage.store.tables.attachments import attachments

_IS_MAPPING = sa.and_(attachments.c.attachment_id.is_(None), attachments.c.bdm_uuid.is_(None))


def of_volume(tx: Tx, volume_id: str) -> list[Attachment]:
    return [from_row(row) for row in tx.execute(query().where(_IS_MAPPING, attachments.c.volume_id == volume_id))]


def matching(tx: Tx, volume_id: str, connector: dict[str, Any]) -> list[Attachment]:
    """Those of one connector's host; of all hosts if it names none."""
    host = connector.get("host")
    return [m for m in of_volume(tx, volume_id) if host is None or (m.connector or {}).get("host") == host]


def ensure(tx: Tx, volume_id: str, project_id: str, connector: dict[str, Any]) -> str:
    """Record who is to be let in before storage is asked; returns the row's id, the same for the same connector."""
    for known in matching(tx, volume_id, connector):
        if known.connector == connector:
            return known.id
    row_id = ids.new()
    values = {"volume_id": volume_id, "project_id": project_id, "connector": connector, "created_at": clock.now()}
    tx.execute(attachments.insert().values(id=row_id, **values))
    return row_id


def remove(tx: Tx, row_id: str) -> None:
    """Storage confirmed that nobody is let in any more."""
    tx.execute(attachments.delete().where(attachments.c.id == row_id, _IS_MAPPING))
