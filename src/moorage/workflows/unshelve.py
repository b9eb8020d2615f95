"""Bring a shelved server back with exactly the volumes it has on record.

An offloaded server gets a new storage identity first; each volume is connected for it, then the guest boots. Whatever
fails, everything is taken back and the server is offloaded as before.
"""

from __future__ import annotations

import msgspec

from moorage import errors
from moorage.attachments import service as attachments
from moorage.compute import disk_plans, states
from moorage.compute.model.server import Server
from moorage.compute.service import placement, servers
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.store import Tx
from moorage.workflows import boot, intent, power, server_image, shelve
from moorage.workflows.shelve import SHELVED_KEYS
from moorage.workflows.site import Site
from moorage.workflows.world import World


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server is to come back. Unset is what the client did not say; no zone means any."""

    availability_zone: str | msgspec.UnsetType | None = msgspec.UNSET
    host: str | None = None

    @property
    def is_asked(self) -> bool:
        return self.availability_zone is not msgspec.UNSET or self.host is not None


def check(context: Context, server: Server) -> None:
    """409 by lock and state."""
    states.check_lock(server, context)
    states.check(server, "unshelve")


def request(tx: Tx, context: Context, server: Server, place: Place, site: Site) -> None:
    """409 for a zone or host while the server is not offloaded, 400 for one there is not."""
    check(context, server)
    is_offloaded = server.vm_state == states.SHELVED_OFFLOADED
    if place.is_asked:
        _check_place(tx, server, place, site)
        zone = place.availability_zone or None
        servers.update(tx, server.id, availability_zone=zone, pinned_availability_zone=zone)
    placement.ask_for(tx, server, {} if place.host is None else {"host": place.host})
    kind = UNSHELVE if is_offloaded else START_SHELVED
    intent.write(tx, context, server, kind, action="unshelve", task="unshelving")


def _check_place(tx: Tx, server: Server, place: Place, site: Site) -> None:
    if server.vm_state != states.SHELVED_OFFLOADED:
        raise errors.Conflict(
            f'Specifying an availability zone or a host when unshelving server "{server.id}" with status '
            f'"{server.vm_state}" is not supported. The server status must be SHELVED_OFFLOADED.'
        )
    if place.availability_zone and place.availability_zone != site.availability_zone:
        raise errors.BadRequest("The requested availability zone is not available")
    if place.host is not None and not placement.is_known(tx, {"host": place.host}):
        raise errors.BadRequest(f"Compute host {place.host} could not be found.")


def start_shelved(saga: Saga[World], server_id: str) -> None:
    """The server still has its place: a start, and its image is not needed any more."""
    saga.do(power_on, server_id, undo=power_off)
    saga.do(set_active, server_id)
    saga.insist(drop_image, server_id)


def unshelve(saga: Saga[World], server_id: str) -> None:
    """The steps, in order; each undo was noted before its step began."""

    def stop_if_deleted(world: World) -> None:
        with world.store.read() as tx:
            server = servers.find(tx, server_id)
        if server is None or server.task_state == states.DELETING:
            raise errors.Cancelled("The server was deleted while it was being unshelved.")

    saga.guard = stop_if_deleted
    disks = saga.do(list_disks, server_id)
    saga.do(name_devices, server_id, disks["unnamed"], undo=unname_devices)
    saga.do(reserve_identity, server_id, undo=forget_identity)
    for row_id in disks["volumes"]:
        saga.do(connect_disk, server_id, row_id, row_id in disks["attached"], undo=disconnect_disk)
    saga.do(boot_guest, server_id, undo=destroy_guest)
    saga.guard = None
    saga.do(set_active, server_id)
    saga.insist(drop_image, server_id)


def list_disks(world: World, server_id: str) -> dict[str, list[str]]:
    """Volumes, boot order first; those attached while offloaded, which are in use without a connector."""
    with world.store.read() as tx:
        disks = [disk for disk in attachments.of_server(tx, server_id) if disk.attachment_id is not None]
    return {
        "volumes": [disk.id for disk in disks],
        "unnamed": [disk.id for disk in disks if disk.device_name is None],
        "attached": [disk.id for disk in disks if disk.attach_status == "attached"],
    }


def name_devices(world: World, server_id: str, unnamed: list[str]) -> None:
    """Each disk without a device name gets the next free one; a name given by an earlier try stays."""
    with world.store.write() as tx:
        disks = attachments.of_server(tx, server_id)
        stem = (servers.get(tx, server_id).root_device_name or "/dev/vda")[:-1]
        taken = {disk.device_name for disk in disks if disk.device_name}
        for disk in disks:
            if disk.id in unnamed and disk.device_name is None:
                name = disk_plans.next_device(taken, stem)
                attachments.set_device(tx, disk.id, name)
                taken.add(name)


def unname_devices(world: World, server_id: str, unnamed: list[str]) -> None:
    with world.store.write() as tx:
        for row_id in unnamed:
            attachments.set_device(tx, row_id, None)


def reserve_identity(world: World, server_id: str) -> None:
    boot.reserve_identity(world, server_id)


def forget_identity(world: World, server_id: str) -> None:
    """As after the offload: the WWPNs are given up, or kept where the driver keeps them."""
    boot.destroy_guest(world, server_id)
    is_kept = shelve.rest_identity(world, server_id)
    with world.store.write() as tx:
        kept = servers.get(tx, server_id).identity if is_kept else None
        servers.update(tx, server_id, identity=kept, host=None)


def connect_disk(world: World, server_id: str, row_id: str, is_attached: bool) -> None:
    boot.connect_disk(world, server_id, row_id)


def disconnect_disk(world: World, server_id: str, row_id: str, is_attached: bool) -> None:
    """Back to what it was: reserved, or in use without a connector."""
    boot.disconnect_disk(world, server_id, row_id, is_attached)


def boot_guest(world: World, server_id: str) -> None:
    boot.boot_guest(world, server_id)


def destroy_guest(world: World, server_id: str) -> None:
    boot.destroy_guest(world, server_id)


def power_on(world: World, server_id: str) -> None:
    power.power_on(world, server_id)


def power_off(world: World, server_id: str) -> None:
    power.power_off(world, server_id)


def set_active(world: World, server_id: str) -> None:
    boot.set_active(world, server_id)


def drop_image(world: World, server_id: str) -> None:
    """The image that kept the root disk goes; a volume-backed server has none."""
    with world.store.read() as tx:
        server = servers.find(tx, server_id)
    if server is None:
        return
    if image_id := server_image.shelved_image(server):
        server_image.drop(world, server_id, image_id)
    kept = {key: value for key, value in server.system_metadata.items() if key not in SHELVED_KEYS}
    with world.store.write() as tx:
        servers.update(tx, server_id, system_metadata=kept)


def failed(world: World, message: str, server_id: str) -> None:
    """The server stays shelved, and the instance action says why.

    While the way back is not finished the task stays, too: nothing may be attached or asked for in between.
    """
    with world.store.write() as tx:
        server = servers.find(tx, server_id)
        if server is None or server.deleted_at is not None:
            return
        has_left = server.host is None and not any(d.connector for d in attachments.of_server(tx, server_id))
        if has_left or server.vm_state == states.SHELVED:
            servers.set_task(tx, server_id, None)


UNSHELVE = Kind(name="unshelve", run=unshelve, failed=failed, event="compute_unshelve_instance")
START_SHELVED = Kind(name="start_shelved", run=start_shelved, failed=failed, event="compute_unshelve_instance")
