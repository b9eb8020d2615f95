"""Every kind of durable operation there is."""

from __future__ import annotations

from moorage.operations.kinds import Kind
from moorage.workflows import (
    attach_volume,
    boot,
    cleanup,
    connect_attachment,
    create_snapshot,
    create_stack,
    create_volume,
    delete_snapshot,
    delete_stack,
    delete_volume,
    destroy,
    detach_volume,
    discard_target,
    disconnect_attachment,
    extend_volume,
    hold,
    map_volume,
    migrate_volume,
    power,
    rebuild,
    refresh_attachment,
    reimage_volume,
    rescue,
    resize,
    save_image,
    shelve,
    soft_delete,
    swap_volume,
    unmap_volume,
    unshelve,
    update_stack,
    upload_volume,
)
from moorage.workflows.clusters import create as create_cluster
from moorage.workflows.clusters import delete as delete_cluster
from moorage.workflows.clusters import scale as scale_cluster

KINDS: list[Kind] = [
    boot.KIND, destroy.KIND, power.START, power.STOP, power.REBOOT,
    hold.PAUSE, hold.UNPAUSE, hold.SUSPEND, hold.RESUME,
    shelve.SHELVE, shelve.OFFLOAD, unshelve.UNSHELVE, unshelve.START_SHELVED,
    rebuild.KIND, rescue.RESCUE, rescue.UNRESCUE, resize.RESIZE, resize.REVERT, save_image.KIND, save_image.BACKUP,
    soft_delete.SOFT_DELETE, soft_delete.RESTORE,
    attach_volume.KIND, detach_volume.KIND, swap_volume.KIND,
    migrate_volume.KIND, discard_target.KIND,
    create_volume.KIND, delete_volume.KIND, extend_volume.KIND, upload_volume.KIND, reimage_volume.KIND,
    create_snapshot.KIND, delete_snapshot.KIND,
    connect_attachment.KIND, disconnect_attachment.KIND, map_volume.KIND, unmap_volume.KIND, cleanup.KIND,
    refresh_attachment.KIND,
    create_stack.KIND, update_stack.KIND, delete_stack.KIND,
    create_cluster.KIND, scale_cluster.KIND, delete_cluster.KIND,
]  # fmt: skip
