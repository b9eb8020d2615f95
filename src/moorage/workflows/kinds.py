"""Every kind of durable operation there is."""

from __future__ import annotations

from moorage.operations.kinds import Kind
from moorage.workflows import (
    boot,
    cleanup,
    connect_attachment,
    create_snapshot,
    create_volume,
    delete_snapshot,
    delete_volume,
    destroy,
    disconnect_attachment,
    extend_volume,
    map_volume,
    power,
    refresh_attachment,
    reimage_volume,
    unmap_volume,
    upload_volume,
)

KINDS: list[Kind] = [
    boot.KIND, destroy.KIND, power.START, power.STOP, power.REBOOT,
    create_volume.KIND, delete_volume.KIND, extend_volume.KIND, upload_volume.KIND, reimage_volume.KIND,
    create_snapshot.KIND, delete_snapshot.KIND,
    connect_attachment.KIND, disconnect_attachment.KIND, map_volume.KIND, unmap_volume.KIND, cleanup.KIND,
    refresh_attachment.KIND,
]  # fmt: skip
