"""Rescue a server: run it from another system beside its own root disk, and go back.

A server with a local root disk is rescued from its own image. One whose root is a volume needs an image that says how
it can stand beside that volume, from 2.87 on and where the driver can.
"""

from __future__ import annotations

from moorage import errors
from moorage.attachments import service as attachments
from moorage.compute import states
from moorage.compute.model.guest import RescueImage
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.images.model import Image
from moorage.images.service import lookup as images
from moorage.operations import Kind, Saga
from moorage.store import Tx
from moorage.volumes.service import volumes
from moorage.workflows import boot, create_volume, hold, intent, power
from moorage.workflows.guests import guest_of
from moorage.workflows.site import Site
from moorage.workflows.world import World

_STABLE = {"hw_rescue_bus", "hw_rescue_device"}


def request(tx: Tx, context: Context, server: Server, site: Site, image_id: str | None) -> None:
    """409 by lock, state and volumes in motion, 400 for a root volume without a fitting image, 501 without support."""
    states.check_lock(server, context)
    states.check(server, "rescue")
    for disk in attachments.of_server(tx, server.id):
        if disk.volume_id is not None and (status := volumes.get(tx, disk.volume_id).status) != "in-use":
            raise errors.Conflict(
                f"Invalid volume: volume '{disk.volume_id}' status must be 'in-use'. Currently in '{status}' status"
            )
    if server.is_volume_backed:
        _check_image(tx, context, server, site, image_id)
    elif not site.hypervisor.rescue:
        raise errors.NotImplementedHere(hold.NOT_SUPPORTED)
    states.check_host(server)
    of_volume = image_id if server.is_volume_backed else None
    intent.write(tx, context, server, RESCUE, action="rescue", task="rescuing", image_id=of_volume)


def _check_image(tx: Tx, context: Context, server: Server, site: Site, image_id: str | None) -> None:
    """As Nova: the image must name bus and kind of the rescue disk, so that the volume keeps its own."""
    try:
        properties = {} if image_id is None else images.get_visible(tx, context, image_id).properties
    except errors.NotFound as missing:
        raise errors.BadRequest(missing.message) from None
    if not (site.hypervisor.rescue_of_volumes and set(properties) >= _STABLE):
        raise errors.BadRequest(f"Instance {server.id} cannot be rescued: Cannot rescue a volume-backed instance")


def request_end(tx: Tx, context: Context, server: Server) -> None:
    states.check_lock(server, context)
    states.check(server, "unrescue")
    intent.write(tx, context, server, UNRESCUE, action="unrescue", task="unrescuing")


def rescue(saga: Saga[World], server_id: str, image_id: str | None) -> None:
    saga.do(stop_guest, server_id)
    saga.do(start_rescue, server_id, image_id)
    saga.do(power.settle, server_id, states.RESCUED, int(states.Power.RUNNING))


def unrescue(saga: Saga[World], server_id: str) -> None:
    saga.do(start_own, server_id)
    saga.do(power.settle, server_id, states.ACTIVE, int(states.Power.RUNNING))


def stop_guest(world: World, server_id: str) -> None:
    power.power_off(world, server_id)


def start_rescue(world: World, server_id: str, image_id: str | None) -> None:
    with world.store.read() as tx:
        guest, disks = guest_of(tx, world, server_id), boot.guest_disks(tx, server_id)
        image = None if image_id is None else _image(world, images.find(tx, image_id))
    world.hypervisor.rescue(guest, disks, image)


def _image(world: World, image: Image | None) -> RescueImage:
    path = create_volume.image_path(world, image)
    assert image is not None
    return RescueImage(path=path, disk_format=str(image.disk_format))


def start_own(world: World, server_id: str) -> None:
    power.restart(world, server_id, hard=True)


def failed(world: World, message: str, server_id: str, **_: str | None) -> None:
    """ERROR, as in Nova: which system runs is not certain."""
    with world.store.write() as tx:
        server = servers.find(tx, server_id)
        if server is not None and server.deleted_at is None:
            servers.set_fault(tx, server_id, message)


RESCUE = Kind(name="rescue", run=rescue, failed=failed, event="compute_rescue_instance")
UNRESCUE = Kind(name="unrescue", run=unrescue, failed=failed, event="compute_unrescue_instance")
