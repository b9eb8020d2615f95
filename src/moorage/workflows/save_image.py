"""Make an image of a server (``createImage``, ``createBackup``).

The image of a volume-backed server has no bytes: snapshots of its volumes are made, and its properties tell a new
server to boot from volumes made of them.
"""

from __future__ import annotations

import json
from typing import Any

from moorage import errors, ids
from moorage.attachments import service as attachments
from moorage.attachments.model import Attachment
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.images.model import Image
from moorage.images.service import lookup as images
from moorage.operations import Kind, Saga
from moorage.store import Tx
from moorage.volumes.service import snapshots, volumes
from moorage.workflows import create_snapshot, delete_snapshot, intent, server_image
from moorage.workflows.world import World


def request(tx: Tx, context: Context, server: Server, name: str, metadata: dict[str, str]) -> Image:
    """The queued image; 409 by state, 400 for a volume in motion, 403 over quota."""
    states.check(server, "createImage")
    if not server.is_volume_backed:
        image = server_image.queue(tx, server, name, metadata)
        args: dict[str, Any] = {"image_id": image.id, "snapshot_ids": []}
    else:
        disks = [disk for disk in attachments.of_server(tx, server.id) if disk.volume_id is not None]
        made = {disk.id: _snapshot(tx, context, disk, name) for disk in disks}
        image = server_image.queue(tx, server, name, {**_properties(tx, server, disks, made), **metadata})
        args = {"image_id": image.id, "snapshot_ids": list(made.values())}
    intent.write(tx, context, server, KIND, action="createImage", task="image_snapshot_pending", **args)
    return image


def request_backup(
    tx: Tx, context: Context, server: Server, name: str, kind: str, rotation: int, metadata: dict[str, str]
) -> Image:
    """As ``request``, and of older backups of this kind only ``rotation`` stay; 400 for a volume-backed server."""
    states.check(server, "createBackup")
    if server.is_volume_backed:
        raise errors.BadRequest("Backup is not supported for volume-backed instances.")
    image = server_image.queue(tx, server, name, {"backup_type": kind, **metadata}, "backup")
    intent.write(
        tx, context, server, BACKUP, action="createBackup", task="image_backup", image_id=image.id, backup_type=kind,
        rotation=rotation,
    )  # fmt: skip
    return image


def _snapshot(tx: Tx, context: Context, disk: Attachment, name: str) -> str:
    volume = volumes.get(tx, str(disk.volume_id))
    snapshots.check_source(volume, in_use=True)
    made = snapshots.insert(
        tx, volume, snapshot_id=ids.new(), project_id=volume.project_id, user_id=context.user_id,
        name=f"snapshot for {name}",
    )  # fmt: skip
    return made.id


def _properties(tx: Tx, server: Server, disks: list[Attachment], made: dict[str, str]) -> dict[str, str]:
    """What the image says of the disks, in the words of ``block_device_mapping_v2``."""
    mapping = [_entry(tx, disk, made[disk.id]) for disk in disks]
    root = next((disk for disk in disks if disk.is_root), None)
    origin = {} if root is None else volumes.get(tx, str(root.volume_id)).image_metadata
    described = {"base_image_ref": origin.get("image_id", ""), "root_device_name": server.root_device_name or ""}
    return {**described, "bdm_v2": "True", "block_device_mapping": json.dumps(mapping)}


def _entry(tx: Tx, disk: Attachment, snapshot_id: str) -> dict[str, Any]:
    return {
        "source_type": "snapshot", "destination_type": "volume", "snapshot_id": snapshot_id, "volume_id": None,
        "image_id": None, "no_device": None, "volume_size": volumes.get(tx, str(disk.volume_id)).size_gib,
        "boot_index": disk.boot_index, "device_name": disk.device_name, "disk_bus": disk.disk_bus,
        "device_type": disk.device_type, "guest_format": disk.guest_format, "tag": disk.tag,
        "delete_on_termination": disk.delete_on_termination, "volume_type": disk.volume_type,
    }  # fmt: skip


def run(saga: Saga[World], server_id: str, image_id: str, snapshot_ids: list[str]) -> None:
    saga.do(claim_image, server_id, image_id, snapshot_ids, undo=drop_all)
    for snapshot_id in snapshot_ids:
        saga.do(make_snapshot, server_id, snapshot_id)
    if snapshot_ids:
        saga.do(write_nothing, server_id, image_id)
    else:
        saga.do(read_root, server_id, image_id)
    saga.do(activate_image, server_id, image_id)
    saga.do(end, server_id)


def back_up(saga: Saga[World], server_id: str, image_id: str, backup_type: str, rotation: int) -> None:
    saga.do(claim_image, server_id, image_id, [], undo=drop_all)
    saga.do(read_root, server_id, image_id)
    saga.do(activate_image, server_id, image_id)
    for old_id in saga.do(list_surplus, server_id, backup_type, rotation):
        saga.insist(drop_old, server_id, old_id)
    saga.do(end, server_id)


def claim_image(world: World, server_id: str, image_id: str, snapshot_ids: list[str]) -> None:
    server_image.claim(world, server_id, image_id)


def drop_all(world: World, server_id: str, image_id: str, snapshot_ids: list[str]) -> None:
    """No half image stays, and no snapshot that nothing would name."""
    server_image.drop(world, server_id, image_id)
    for snapshot_id in snapshot_ids:
        delete_snapshot.discard(world, snapshot_id)


def make_snapshot(world: World, server_id: str, snapshot_id: str) -> None:
    create_snapshot.make_content(world, snapshot_id)
    create_snapshot.set_available(world, snapshot_id)


def write_nothing(world: World, server_id: str, image_id: str) -> None:
    server_image.write_nothing(world, server_id, image_id)


def read_root(world: World, server_id: str, image_id: str) -> None:
    with world.store.write() as tx:
        servers.set_task(tx, server_id, "image_uploading")
    server_image.read_root(world, server_id, image_id)


def activate_image(world: World, server_id: str, image_id: str) -> None:
    server_image.activate(world, server_id, image_id)


def list_surplus(world: World, server_id: str, backup_type: str, rotation: int) -> list[str]:
    """Backups of this kind beyond the newest ``rotation``."""
    with world.store.read() as tx:
        owner = servers.get(tx, server_id).project_id
        return images.with_properties(tx, owner, {"instance_uuid": server_id, "backup_type": backup_type})[rotation:]


def drop_old(world: World, server_id: str, image_id: str) -> None:
    server_image.drop(world, server_id, image_id)


def end(world: World, server_id: str) -> None:
    with world.store.write() as tx:
        servers.set_task(tx, server_id, None)


def failed(world: World, message: str, server_id: str, **_: Any) -> None:
    """The server is as before; the instance action says what went wrong."""
    end(world, server_id)


KIND = Kind(name="create_image", run=run, failed=failed, event="api_snapshot_instance")
BACKUP = Kind(name="create_backup", run=back_up, failed=failed, event="compute_backup_instance")
