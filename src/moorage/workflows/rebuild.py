"""Rebuild a server: boot it anew, with its root disk written anew where that is asked for.

The attachment of a root volume stays the same one throughout, so a crash cannot leave two. New content replaces the old
in one step of the backend, so the root is whole at any moment.
"""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import clock, errors
from moorage.attachments import service as attachments
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.images.model import Image
from moorage.images.service import lookup as images
from moorage.operations import Kind, Saga
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.volumes.service import volumes
from moorage.workflows import boot, create_volume, intent, power
from moorage.workflows.guests import guest_of
from moorage.workflows.world import World

_GIB = 1 << 30


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for."""

    image_ref: str
    writes_root: bool
    """From 2.93: a root volume is written anew, even from the image it came from."""
    columns: dict[str, Any] = {}
    """What goes into the row as it is."""


def request(tx: Tx, context: Context, server: Server, order: Order) -> None:
    """409 by lock and state; 400 for an image or volume that does not fit, in Nova's words."""
    states.check_lock(server, context)
    states.check(server, "rebuild")
    states.check_host(server)
    _check_volumes(tx, server)
    image = _image(tx, context, server, order)
    given = dict(order.columns) if server.is_volume_backed else {**order.columns, "image_ref": image.id}
    if given:
        servers.update(tx, server.id, **given)
    intent.write(
        tx, context, server, KIND, action="rebuild", task="rebuilding",
        image_id=image.id if order.writes_root and server.is_volume_backed else None,
        stays_stopped=server.vm_state == states.STOPPED,
    )  # fmt: skip


def _check_volumes(tx: Tx, server: Server) -> None:
    for disk in attachments.of_server(tx, server.id):
        if disk.volume_id is not None:
            status = volumes.get(tx, disk.volume_id).status
            if status != "in-use":
                raise errors.BadRequest(
                    f"Invalid volume: volume '{disk.volume_id}' status must be 'in-use'. Currently in '{status}' status"
                )


def _image(tx: Tx, context: Context, server: Server, order: Order) -> Image:
    try:
        image = images.get_visible(tx, context, order.image_ref)
    except errors.NotFound:
        raise errors.BadRequest("Cannot find image for rebuild") from None
    root = _root(tx, server.id) if server.is_volume_backed else None
    if root is not None and not order.writes_root and root.image_metadata.get("image_id") != image.id:
        raise errors.BadRequest(
            f"Image {image.id} is unacceptable: Unable to rebuild with a different image for a volume-backed server."
        )
    if image.status != "active":
        raise errors.BadRequest(f"Image {image.id} is not active.")
    if image.min_ram > server.ram_mib:
        raise errors.BadRequest("Flavor's memory is too small for requested image.")
    _check_size(image, server, root)
    return image


def _check_size(image: Image, server: Server, root: Volume | None) -> None:
    if root is None:
        if image.min_disk > server.flavor["disk"]:
            raise errors.BadRequest(
                f"Flavor's disk is too small for requested image. Flavor disk is {server.flavor['disk'] * _GIB} bytes, "
                f"image is {image.min_disk * _GIB} bytes."
            )
        return
    needed = max(image.min_disk, -(-(image.virtual_size or image.size or 0) // _GIB))
    if root.size_gib < needed:
        raise errors.BadRequest(
            "Volume is smaller than the minimum size specified in image metadata. Volume size is "
            f"{root.size_gib * _GIB} bytes, minimum size is {needed * _GIB} bytes."
        )


def _root(tx: Tx, server_id: str) -> Volume:
    root = next((disk for disk in attachments.of_server(tx, server_id) if disk.is_root), None)
    if root is None or root.volume_id is None:
        raise errors.BadRequest(f"Instance {server_id} has no root volume on record.")
    return volumes.get(tx, root.volume_id)


def run(saga: Saga[World], server_id: str, image_id: str | None, stays_stopped: bool) -> None:
    """Nothing is written under a guest that may still run."""
    saga.do(stop_guest, server_id)
    if image_id is not None:
        saga.do(write_root, server_id, image_id)
    if not stays_stopped:
        saga.do(boot_guest, server_id)
    saga.do(set_rebuilt, server_id, stays_stopped)


def stop_guest(world: World, server_id: str) -> None:
    power.power_off(world, server_id)


def write_root(world: World, server_id: str, image_id: str) -> None:
    """The image over the root volume, then what the volume remembers of its image. Repeating it starts over."""
    with world.store.write() as tx:
        servers.set_task(tx, server_id, "rebuild_block_device_mapping")
        volume, image = _root(tx, server_id), images.find(tx, image_id)
    path = create_volume.image_path(world, image)
    assert image is not None
    create_volume.backend_of(world, volume).write_image(volume.id, path, str(image.disk_format))
    with world.store.write() as tx:
        volumes.update(tx, volume.id, image_metadata=create_volume.image_facts(image), bootable=True)


def boot_guest(world: World, server_id: str) -> None:
    with world.store.write() as tx:
        servers.set_task(tx, server_id, "rebuild_spawning")
        guest, disks = guest_of(tx, world, server_id), boot.guest_disks(tx, server_id)
    world.hypervisor.boot(guest, disks)


def set_rebuilt(world: World, server_id: str, stays_stopped: bool) -> None:
    vm_state, now = (states.STOPPED, states.Power.SHUTDOWN) if stays_stopped else (states.ACTIVE, states.Power.RUNNING)
    with world.store.write() as tx:
        servers.set_task(
            tx, server_id, None, vm_state=vm_state, power_state=int(now), launched_at=clock.now(), fault=None
        )


def failed(world: World, message: str, server_id: str, **_: Any) -> None:
    """ERROR, as in Nova; the server keeps its volumes and can be rebuilt again."""
    with world.store.write() as tx:
        server = servers.find(tx, server_id)
        if server is not None and server.deleted_at is None:
            servers.set_fault(tx, server_id, message)


KIND = Kind(name="rebuild", run=run, failed=failed, event="compute_rebuild_instance")
