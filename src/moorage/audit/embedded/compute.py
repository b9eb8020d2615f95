"""Compute's side of our rows: servers, and the block device mapping half of ``attachments``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from moorage import clock
from moorage.attachments import service
from moorage.audit.embedded import rows
from moorage.audit.model import AttachmentRecord, DiskRecord, Presence, ServerFact
from moorage.compute import states
from moorage.store import Store, Tx
from moorage.store.tables.attachments import attachments
from moorage.store.tables.compute import servers
from moorage.store.tables.volumes import volumes

_COLUMNS = (
    servers.c.id, servers.c.vm_state, servers.c.task_state, servers.c.host, servers.c.identity, servers.c.launched_at,
    servers.c.deleted_at,
)  # fmt: skip
_IS_DISK = sa.and_(
    attachments.c.bdm_uuid.is_not(None), attachments.c.destination_type == "volume",
    attachments.c.volume_id.is_not(None),
)  # fmt: skip
_MAPPING_HALF: dict[str, Any] = {
    "bdm_uuid": None, "source_type": None, "destination_type": None, "source_id": None, "device_name": None,
    "tag": None, "boot_index": None, "delete_on_termination": False, "volume_size_gib": None, "volume_type": None,
    "disk_bus": None, "device_type": None, "guest_format": None,
}  # fmt: skip
_ATTACHMENT_HALF = (
    "attachment_id", "attach_status", "attach_mode", "connector", "connection_info", "mountpoint", "attached_at",
)  # fmt: skip


class EmbeddedCompute:
    """Implements ``audit.ports.ComputeView``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def server_pages(self) -> Iterator[list[ServerFact]]:
        """Deleted servers only as far as something is still on record for them."""
        leftover = sa.exists().where(attachments.c.server_id == servers.c.id)
        query = sa.select(*_COLUMNS).where(sa.or_(servers.c.deleted_at.is_(None), leftover))
        for page in rows.pages(self._store, query, servers.c.id):
            with self._store.read() as tx:
                yield _facts(tx, page)

    def servers(self, server_ids: list[str]) -> dict[str, ServerFact]:
        with self._store.read() as tx:
            found = _facts(tx, list(tx.execute(sa.select(*_COLUMNS).where(servers.c.id.in_(server_ids)))))
        return {fact.id: fact for fact in found}

    def disks(self, server_ids: list[str]) -> list[DiskRecord]:
        return self._disks(attachments.c.server_id.in_(server_ids))

    def disks_of_volumes(self, volume_ids: list[str]) -> list[DiskRecord]:
        return self._disks(attachments.c.volume_id.in_(volume_ids))

    def _disks(self, condition: sa.ColumnElement[bool]) -> list[DiskRecord]:
        query = sa.select(attachments).where(_IS_DISK, attachments.c.server_id.is_not(None), condition)
        with self._store.read() as tx:
            return [_disk(row) for row in tx.execute(query.order_by(attachments.c.created_at, attachments.c.id))]

    def proves_absence(self, server_id: str) -> bool:
        """Servers of other clouds may use our block storage, so "unknown here" is no proof."""
        del server_id
        return False

    def delete_disk(self, disk: DiskRecord) -> None:
        """The attachment half stays while block storage has the volume."""
        with self._store.write() as tx:
            row = service.by_row(tx, disk.id)
            if row is None:
                return
            is_there = tx.scalar(sa.select(volumes.c.id).where(volumes.c.id == row.volume_id)) is not None
            if row.attachment_id is not None and is_there:
                _write(tx, disk.id, **_MAPPING_HALF)
            else:
                tx.execute(attachments.delete().where(attachments.c.id == disk.id))

    def adopt(self, disk: DiskRecord, attachment: AttachmentRecord) -> None:
        """Two rows become one."""
        with self._store.write() as tx:
            row = tx.execute(
                sa.select(attachments).where(
                    attachments.c.attachment_id == attachment.id, attachments.c.bdm_uuid.is_(None)
                )
            ).one_or_none()
            if row is None:
                return
            half = {name: row._mapping[name] for name in _ATTACHMENT_HALF}
            tx.execute(attachments.delete().where(attachments.c.id == row.id))
            _write(tx, disk.id, **half)
            service.recompute(tx, disk.volume_id)

    def rebuild_disk(self, attachment: AttachmentRecord) -> None:
        with self._store.write() as tx:
            row = service.get(tx, attachment.id)
            _write(
                tx, row.id, bdm_uuid=row.id, source_type="volume", destination_type="volume",
                source_id=row.volume_id, device_name=row.mountpoint,
            )  # fmt: skip


def _write(tx: Tx, row_id: str, **values: Any) -> None:
    tx.execute(attachments.update().where(attachments.c.id == row_id).values(updated_at=clock.now(), **values))


def _facts(tx: Tx, page: list[sa.Row[Any]]) -> list[ServerFact]:
    busy = rows.unfinished(tx, "server", [row.id for row in page])
    return [_fact(row, busy.get(row.id, [])) for row in page]


def _fact(row: sa.Row[Any], busy_with: list[str]) -> ServerFact:
    is_offloaded = row.vm_state == states.SHELVED_OFFLOADED
    is_deleted = row.deleted_at is not None
    connector = (row.identity or {}).get("connector") or {}
    return ServerFact(
        id=row.id, presence=Presence.DELETED if is_deleted else Presence.LIVE, vm_state=row.vm_state,
        task_state=row.task_state, is_hosted=row.host is not None and not is_offloaded, is_offloaded=is_offloaded,
        connector_host=connector.get("host"), was_launched=row.launched_at is not None, busy_with=busy_with,
    )  # fmt: skip


def _disk(row: sa.Row[Any]) -> DiskRecord:
    return DiskRecord(
        id=row.id, server_id=row.server_id, volume_id=row.volume_id, attachment_id=row.attachment_id,
        is_root=row.boot_index == 0, delete_on_termination=row.delete_on_termination,
        changed_at=rows.seconds(row.created_at, row.updated_at),
    )  # fmt: skip
