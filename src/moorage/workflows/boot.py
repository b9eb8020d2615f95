"""Boot a server from its volumes.

The server's storage identity is reserved first: on DPM a partition is its own Fibre Channel host, so its WWPNs must
exist before storage can mask a LUN for them, and that must be done before the partition starts.
"""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import clock, errors, ids
from moorage.attachments import service as attachments
from moorage.attachments.model import Attachment
from moorage.compute import states
from moorage.compute.model.guest import Disk
from moorage.compute.service import placement, servers
from moorage.networks.service import ports
from moorage.operations import Kind, Saga
from moorage.store import Tx
from moorage.volumes.service import volumes
from moorage.workflows import create_volume
from moorage.workflows.guests import guest_of
from moorage.workflows.world import World


def run(saga: Saga[World], server_id: str) -> None:
    """The steps, in order; each undo was noted before its step began."""

    def stop_if_deleted(world: World) -> None:
        _stop_if_deleted(world, server_id)

    saga.guard = stop_if_deleted
    rows = saga.do(list_disks, server_id, undo=release_disks)
    for row_id in rows["to_create"]:
        volume_id = ids.derived("volume", row_id)
        saga.do(make_volume, server_id, row_id, volume_id, undo=drop_volume)
        saga.do(fill_volume, server_id, row_id, volume_id)
    saga.do(reserve_identity, server_id, undo=forget_identity)
    for row_id in rows["volumes"]:
        saga.do(connect_disk, server_id, row_id, undo=disconnect_disk)
    saga.do(boot_guest, server_id, undo=destroy_guest)
    saga.guard = None
    saga.do(set_active, server_id)


def list_disks(world: World, server_id: str) -> dict[str, list[str]]:
    """Which disks are volumes, and which of those have to be made first."""
    with world.store.note() as tx:
        servers.update(tx, server_id, task_state="block_device_mapping")
        disks = [disk for disk in attachments.of_server(tx, server_id) if disk.is_volume]
    return {"volumes": [d.id for d in disks], "to_create": [d.id for d in disks if d.volume_id is None]}


def release_disks(world: World, server_id: str) -> None:
    """No volume stays reserved for a server that did not come up."""
    with world.store.write() as tx:
        for disk in attachments.of_server(tx, server_id):
            attachments.remove(tx, disk.id)


def make_volume(world: World, server_id: str, row_id: str, volume_id: str) -> None:
    """One transaction makes the volume and gives it to the server: no crash leaves it without an owner."""
    with world.store.write() as tx:
        server, disk = servers.get(tx, server_id), _disk(tx, row_id)
        if disk.volume_id is not None:
            return
        volumes.insert(
            tx, volume_id=volume_id, project_id=server.project_id, user_id=server.user_id, created_for_server=server_id,
            name=f"{server_id}-blank-vol" if disk.source_type == "blank" else "",
            volume_type=disk.volume_type, availability_zone=world.availability_zone,
            **_source(tx, disk),
        )  # fmt: skip
        attachments.reserve(
            tx, volume_id, project_id=server.project_id, server_id=server_id, row_id=row_id, volume_status="creating"
        )


def _source(tx: Tx, disk: Attachment) -> dict[str, Any]:
    if disk.source_type == "snapshot":
        size = disk.volume_size_gib or volumes.snapshot_size(tx, str(disk.source_id))
        return {"snapshot_id": disk.source_id, "size_gib": size}
    image = {"image_id": disk.source_id} if disk.source_type == "image" else {}
    return {"size_gib": disk.volume_size_gib or 1, **image}


def drop_volume(world: World, server_id: str, row_id: str, volume_id: str) -> None:
    """The volume was made for this server alone and never used: it goes with the failed boot."""
    with world.store.write() as tx:
        attachments.remove(tx, row_id)
    create_volume.discard(world, volume_id)


def fill_volume(world: World, server_id: str, row_id: str, volume_id: str) -> None:
    create_volume.make_content(world, volume_id)


def reserve_identity(world: World, server_id: str) -> None:
    """A place, then WWPNs, both into the server's row before anything uses them."""
    with world.store.write() as tx:
        placement.place(
            tx, servers.get(tx, server_id), shares_processors=world.hypervisor.capabilities.shares_processors
        )
        server, guest = servers.get(tx, server_id), guest_of(tx, world, server_id)
    identity = world.hypervisor.reserve_identity(guest)
    with world.store.write() as tx:
        servers.update(
            tx, server_id, host=identity.host, availability_zone=server.availability_zone or world.availability_zone,
            identity=msgspec.to_builtins(identity),
        )  # fmt: skip


def forget_identity(world: World, server_id: str) -> None:
    """The guest goes for good; its WWPNs are forgotten last, when nothing is mapped for them any more."""
    destroy_guest(world, server_id)
    release_identity(world, server_id)
    with world.store.write() as tx:
        servers.update(tx, server_id, identity=None, host=None)


def release_identity(world: World, server_id: str) -> None:
    """What holds the WWPNs outside goes once nothing is mapped for them."""
    with world.store.read() as tx:
        server = servers.find(tx, server_id)
    if server is not None:
        world.hypervisor.release_identity(server.guest())


def connect_disk(world: World, server_id: str, row_id: str) -> None:
    """Map one volume for the server. Whom it is mapped for is on record before storage is asked."""
    with world.store.write() as tx:
        server, disk = servers.get(tx, server_id), _disk(tx, row_id)
        connector = server.connector
        if connector is None:
            raise errors.Refused(f"Server {server_id} has no storage identity")
        attachments.set_connector(tx, row_id, connector)
        volume = volumes.get(tx, str(disk.volume_id))
    connection_info = world.backends[volume.backend].connect(volume.content_id, connector)
    with world.store.write() as tx:
        attachments.set_connection(tx, row_id, connection_info)


def disconnect_disk(world: World, server_id: str, row_id: str, is_attached: bool = False) -> None:
    """Unmap with the connector on record: the WWPNs outlive the partition for this.

    ``is_attached``: the volume stays in use without a connector, else it stays reserved.
    """
    if unmap(world, row_id):
        with world.store.write() as tx:
            attachments.disconnected(tx, row_id, is_attached=is_attached)


def unmap(world: World, row_id: str) -> bool:
    """Ask storage alone; the record is the caller's to change. False: nothing was mapped."""
    with world.store.read() as tx:
        disk = attachments.by_row(tx, row_id)
        if disk is None or disk.connector is None or disk.volume_id is None:
            return False
        volume = volumes.get(tx, disk.volume_id)
    world.backends[volume.backend].disconnect(volume.content_id, disk.connector)
    return True


def boot_guest(world: World, server_id: str) -> None:
    with world.store.note() as tx:
        servers.set_task(tx, server_id, "spawning")
        guest, disks = guest_of(tx, world, server_id), guest_disks(tx, server_id)
    world.hypervisor.boot(guest, disks)


def destroy_guest(world: World, server_id: str) -> None:
    with world.store.read() as tx:
        server = servers.find(tx, server_id)
    if server is not None:
        world.hypervisor.destroy(server.guest())


def set_active(world: World, server_id: str) -> None:
    """The server runs and its volumes are in use: one transaction."""
    with world.store.write() as tx:
        for disk in attachments.of_server(tx, server_id):
            if disk.is_volume:
                attachments.complete(tx, disk.id, disk.device_name)
        servers.set_task(
            tx, server_id, None, vm_state=states.ACTIVE, power_state=int(states.Power.RUNNING),
            launched_at=clock.now(),
        )  # fmt: skip


def failed(world: World, message: str, server_id: str) -> None:
    """The server stays for the user to see why, and holds nothing."""
    with world.store.write() as tx:
        server = servers.find(tx, server_id)
        if server is None or server.deleted_at is not None:
            return
        ports.release(tx, server_id)
        if server.cancel_requested:
            servers.update(tx, server_id, vm_state=states.ERROR)
        else:
            servers.set_fault(tx, server_id, message)


def guest_disks(tx: Tx, server_id: str) -> list[Disk]:
    """The connected volumes of a server as its driver sees them, boot order first."""
    found = [as_guest_sees(tx, row) for row in attachments.of_server(tx, server_id)]
    return [disk for disk in found if disk is not None]


def as_guest_sees(tx: Tx, row: Attachment) -> Disk | None:
    """The disk for its driver; None unless it is a volume that storage has let the server reach.

    A volume that takes another one's place in a migration bears that one's id: to the guest it is the same disk.
    """
    if row.volume_id is None or row.connection_info is None:
        return None
    volume = volumes.get(tx, row.volume_id)
    return Disk(
        volume_id=volume.content_id, device_name=row.device_name or "", boot_index=row.boot_index,
        connection_info=row.connection_info, size_gib=volume.size_gib, is_read_only=row.attach_mode == "ro",
        is_shared=volume.multiattach,
    )  # fmt: skip


def _disk(tx: Tx, row_id: str) -> Attachment:
    disk = attachments.by_row(tx, row_id)
    if disk is None:
        raise errors.Refused(f"Disk {row_id} is no longer on record")
    return disk


def _stop_if_deleted(world: World, server_id: str) -> None:
    with world.store.read() as tx:
        server = servers.find(tx, server_id)
    if server is None or server.cancel_requested:
        raise errors.Cancelled("The server was deleted while it was being built.")


KIND = Kind(name="boot", run=run, failed=failed, event="compute__do_build_and_run_instance")
