"""One disk of one server, seen from both sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage.store.tables.attachments import attachments


class Attachment(msgspec.Struct, frozen=True):
    """A row of ``attachments``; see the table for which half belongs to whom."""

    id: str
    project_id: str
    server_id: str | None
    volume_id: str | None
    bdm_uuid: str | None
    source_type: str | None
    destination_type: str | None
    source_id: str | None
    device_name: str | None
    tag: str | None
    boot_index: int | None
    delete_on_termination: bool
    volume_size_gib: int | None
    volume_type: str | None
    disk_bus: str | None
    device_type: str | None
    guest_format: str | None
    attachment_id: str | None
    attach_status: str | None
    attach_mode: str | None
    connector: dict[str, Any] | None
    connection_info: dict[str, Any] | None
    mountpoint: str | None
    attached_at: Any
    detached_at: Any
    created_at: Any
    updated_at: Any

    @property
    def is_volume(self) -> bool:
        """Whether the disk is or becomes a volume, as opposed to a disk on the host."""
        return self.destination_type == "volume"

    @property
    def is_root(self) -> bool:
        return self.boot_index == 0


class AttachedVolume(msgspec.Struct, frozen=True):
    """What a server is shown with of one of its volumes."""

    volume_id: str
    delete_on_termination: bool


def from_row(row: Sequence[Any]) -> Attachment:
    """Of a row with all columns: the fields stand in the table's order, so that no row is asked for names."""
    return Attachment(*row)


def query() -> sa.Select[Any]:
    """All columns, oldest first."""
    return sa.select(attachments).order_by(attachments.c.created_at, attachments.c.id)
