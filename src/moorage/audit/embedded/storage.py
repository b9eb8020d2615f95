"""Block storage's side of our rows: volumes, and the attachment half of ``attachments``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from moorage import clock, errors
from moorage.attachments import service
from moorage.audit.embedded import rows
from moorage.audit.model import AttachmentRecord, VolumeFact
from moorage.store import Store, Tx
from moorage.store.tables.attachments import attachments
from moorage.store.tables.volumes import snapshots, volumes
from moorage.volumes import states
from moorage.volumes.ports import MappingInventory, VolumeBackend
from moorage.volumes.service import volumes as volume_rows

_ENDED: dict[str, Any] = {
    "attachment_id": None, "attach_status": None, "attach_mode": None, "connector": None, "connection_info": None,
    "mountpoint": None, "attached_at": None,
}  # fmt: skip
_HALF = sa.select(attachments).where(attachments.c.attachment_id.is_not(None), attachments.c.volume_id.is_not(None))


class EmbeddedStorage:
    """Implements ``audit.ports.StorageView``."""

    def __init__(self, store: Store, backends: dict[str, VolumeBackend]) -> None:
        self._store = store
        self._backends = backends

    def control(self) -> None:
        """Our own database: a failure raises by itself and ends the pass."""
        with self._store.read() as tx:
            tx.execute(sa.select(volumes.c.id).limit(1)).first()

    def attachment_pages(self) -> Iterator[list[AttachmentRecord]]:
        for page in rows.pages(self._store, _HALF, attachments.c.id):
            yield [_record(row) for row in page]

    def volume_pages(self) -> Iterator[list[VolumeFact]]:
        for page in rows.pages(self._store, sa.select(volumes), volumes.c.id):
            with self._store.read() as tx:
                yield self._facts(tx, page)

    def attachments(self, attachment_ids: list[str]) -> dict[str, AttachmentRecord]:
        return {a.id: a for a in self._records(attachments.c.attachment_id.in_(attachment_ids))}

    def attachments_of_servers(self, server_ids: list[str]) -> list[AttachmentRecord]:
        return self._records(attachments.c.server_id.in_(server_ids))

    def attachments_of_volumes(self, volume_ids: list[str]) -> list[AttachmentRecord]:
        return self._records(attachments.c.volume_id.in_(volume_ids))

    def _records(self, condition: sa.ColumnElement[bool]) -> list[AttachmentRecord]:
        with self._store.read() as tx:
            return [_record(row) for row in tx.execute(_HALF.where(condition))]

    def volumes(self, volume_ids: list[str]) -> dict[str, VolumeFact]:
        with self._store.read() as tx:
            found = list(tx.execute(sa.select(volumes).where(volumes.c.id.in_(volume_ids))))
            return {fact.id: fact for fact in self._facts(tx, found)}

    def _facts(self, tx: Tx, page: list[sa.Row[Any]]) -> list[VolumeFact]:
        ids = [row.id for row in page]
        busy = rows.unfinished(tx, "volume", ids)
        copied = set(tx.scalars(sa.select(snapshots.c.volume_id).where(snapshots.c.volume_id.in_(ids))))
        masked = {name for name, backend in self._backends.items() if isinstance(backend, MappingInventory)}
        return [
            VolumeFact(
                id=row.id, status=row.status, migration_status=row.migration_status, multiattach=row.multiattach,
                created_for_server=row.created_for_server, has_snapshots=row.id in copied,
                is_masked_kind=row.backend in masked, busy_with=busy.get(row.id, []),
                changed_at=rows.seconds(row.created_at, row.updated_at),
            )
            for row in page
        ]  # fmt: skip

    def delete_attachment(self, attachment: AttachmentRecord) -> None:
        """Unmap with the connector on record, then end block storage's half."""
        with self._store.read() as tx:
            row = service.get(tx, attachment.id)
            volume = volume_rows.find(tx, attachment.volume_id)
        if row.connector is not None:
            if volume is not None:
                self._backend(volume.backend).disconnect(volume.id, row.connector)
            else:
                self._disconnect_everywhere(attachment.volume_id, row.connector)
        with self._store.write() as tx:
            if row.bdm_uuid is None:
                tx.execute(attachments.delete().where(attachments.c.id == row.id))
            else:
                tx.execute(
                    attachments.update().where(attachments.c.id == row.id).values(updated_at=clock.now(), **_ENDED)
                )
            service.recompute(tx, attachment.volume_id)

    def _disconnect_everywhere(self, volume_id: str, connector: dict[str, Any]) -> None:
        """The volume's row is gone, and with it the name of its backend."""
        for backend in self._backends.values():
            backend.disconnect(volume_id, connector)

    def complete(self, attachment: AttachmentRecord) -> None:
        with self._store.write() as tx:
            row = service.get(tx, attachment.id)
            service.complete(tx, row.id, row.device_name)

    def roll_back_detach(self, attachment: AttachmentRecord) -> None:
        with self._store.write() as tx:
            service.roll_detaching(tx, service.get(tx, attachment.id).id)

    def fix_status(self, volume: VolumeFact) -> None:
        with self._store.write() as tx:
            service.recompute(tx, volume.id)

    def delete_volume(self, volume: VolumeFact) -> None:
        """Content, then row; only while nobody holds it, nothing depends on it and nobody copies it."""
        with self._store.write() as tx:
            row = volume_rows.get(tx, volume.id)
            if service.of_volume(tx, volume.id) or volume_rows.has_snapshots(tx, volume.id):
                raise errors.Refused(f"volume {volume.id} is in use or has snapshots")
            if volume_rows.is_being_copied(tx, volume_id=volume.id):
                raise errors.Refused(f"volume {volume.id} is being copied")
            volume_rows.update(tx, volume.id, status=states.DELETING)
        self._backend(row.backend).delete(volume.id)
        with self._store.write() as tx:
            volume_rows.forget(tx, volume.id)

    def _backend(self, name: str) -> VolumeBackend:
        if name not in self._backends:
            raise errors.Refused(f"backend {name} is not among the enabled ones")
        return self._backends[name]


def _record(row: sa.Row[Any]) -> AttachmentRecord:
    return AttachmentRecord(
        id=row.attachment_id, server_id=row.server_id, volume_id=row.volume_id, status=row.attach_status or "",
        connector_host=(row.connector or {}).get("host"), was_attached=row.attached_at is not None,
        changed_at=rows.seconds(row.created_at, row.updated_at),
    )  # fmt: skip
