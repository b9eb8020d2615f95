"""Which attachments does block storage list?"""

from __future__ import annotations

import sqlalchemy as sa

from moorage import errors
from moorage.attachments.model import Attachment, from_row
from moorage.store import Tx
from moorage.store.tables.attachments import attachments

_COLUMNS = {
    "volume_id": attachments.c.volume_id, "instance_id": attachments.c.server_id, "status": attachments.c.attach_status,
    "attach_status": attachments.c.attach_status, "instance_uuid": attachments.c.server_id,
    "id": attachments.c.attachment_id, "attach_mode": attachments.c.attach_mode, "mountpoint": attachments.c.mountpoint,
    "project_id": attachments.c.project_id,
}  # fmt: skip


def page(
    tx: Tx, project_id: str | None, filters: dict[str, str], *, marker: str | None = None, offset: int = 0,
    limit: int = 1000,
) -> list[Attachment]:  # fmt: skip
    """A page, newest first; ``project_id`` None lists all projects'. 404 if the marker is no attachment."""
    query = sa.select(attachments).where(attachments.c.attachment_id.is_not(None))
    if project_id is not None:
        query = query.where(attachments.c.project_id == project_id)
    for name, value in filters.items():
        column = _COLUMNS.get(name)
        query = query.where(sa.false() if column is None else column == value)
    if marker is not None:
        query = query.where(_after(tx, marker))
    order = (attachments.c.created_at.desc(), attachments.c.id.desc())
    return [from_row(row) for row in tx.execute(query.order_by(*order).limit(limit).offset(offset))]


def _after(tx: Tx, marker: str) -> sa.ColumnElement[bool]:
    row = tx.execute(sa.select(attachments).where(attachments.c.attachment_id == marker)).one_or_none()
    if row is None:
        raise errors.NotFound(f"Volume attachment could not be found with filter: attachment_id = {marker}.")
    same = sa.and_(attachments.c.created_at == row.created_at, attachments.c.id < row.id)
    return sa.or_(attachments.c.created_at < row.created_at, same)
