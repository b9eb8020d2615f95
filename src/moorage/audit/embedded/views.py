"""Our own rows, hypervisor and arrays behind the ports of the audit."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from moorage.audit.embedded.compute import EmbeddedCompute
from moorage.audit.embedded.fabric import EmbeddedFabric
from moorage.audit.embedded.storage import EmbeddedStorage
from moorage.audit.ports import ComputeView, FabricView, StorageView
from moorage.compute.ports import Hypervisor
from moorage.store import Store
from moorage.store.tables.attachments import attachments
from moorage.store.tables.volumes import volumes
from moorage.volumes.ports import VolumeBackend


class EmbeddedViews:
    """Implements ``audit.ports.Views``."""

    def __init__(self, store: Store, hypervisor: Hypervisor, backends: dict[str, VolumeBackend]) -> None:
        self._store = store
        self.compute: ComputeView = EmbeddedCompute(store)
        self.storage: StorageView = EmbeddedStorage(store, backends)
        self.fabric: FabricView = EmbeddedFabric(store, hypervisor, backends)

    def before(self, server_id: str | None, volume_id: str | None) -> dict[str, Any]:
        """The rows of the server and volume, whole."""
        held = sa.select(attachments).where(attachments.c.volume_id == volume_id)
        if server_id is not None:
            held = held.where(attachments.c.server_id == server_id)
        with self._store.read() as tx:
            rows = [_plain(row) for row in tx.execute(held)]
            volume = tx.execute(sa.select(volumes).where(volumes.c.id == volume_id)).one_or_none()
        return {"attachments": rows, "volume": None if volume is None else _plain(volume)}


def _plain(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, dt.datetime) else value for name, value in row._mapping.items()
    }
