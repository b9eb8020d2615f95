"""Destroy a server with its volumes attached, and leave nothing behind.

On DPM the WWPNs die with the partition, yet storage can only unmap by them. So they stay in the server's row until the
last unmap is confirmed, however often that has to be asked for.
"""

from __future__ import annotations

from typing import Any

from moorage import clock
from moorage.attachments import service as attachments
from moorage.attachments import states as attachment_states
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.networks.service import ports
from moorage.operations import Kind, Saga
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.volumes.service import volumes
from moorage.workflows import boot, create_volume, server_image
from moorage.workflows import delete_volume as volume_deletion
from moorage.workflows.world import World

_UNSETTLED = (attachment_states.ATTACHING, attachment_states.DETACHING)
"""An attach or detach was cut short by the deletion: the volume is released, and its user keeps it."""


def request(tx: Tx, context: Context, server: Server) -> None:
    """Mark the server and write the intent; asking again while it goes on changes nothing."""
    if server.task_state == "deleting":
        return
    servers.update(
        tx, server.id, task_state="deleting", cancel_requested=server.vm_state == states.BUILDING, progress=0
    )
    action = operations.record_action(tx, context, server.id, "delete", server.project_id)
    operations.submit(
        tx, context, kind=KIND.name, subject=f"server/{server.id}", args={"server_id": server.id}, action_id=action
    )


def run(saga: Saga[World], server_id: str) -> None:
    """Every step has to succeed in the end: there is no way back from a destroyed guest.

    That it is gone is on record, so a hypervisor that is silent afterwards keeps no volume from its release.
    """
    plan = saga.insist(plan_release, server_id)
    saga.insist(destroy_guest, server_id)
    for row_id in plan["volumes"]:
        saga.conclude(release_disk, server_id, row_id, when_stuck=show_deleted)
    saga.conclude(drop_local_disks, server_id)
    for volume_id in plan["to_delete"]:
        saga.conclude(delete_volume, server_id, volume_id, when_stuck=show_deleted)
    saga.conclude(release_identity, server_id, when_stuck=show_deleted)
    saga.conclude(forget_server, server_id)


def plan_release(world: World, server_id: str) -> dict[str, list[str]]:
    """What is attached, read once the server's turn has come; which volumes go with it."""
    with world.store.note() as tx:
        servers.update(tx, server_id, task_state="deleting")
        disks = [disk for disk in attachments.of_server(tx, server_id) if disk.attachment_id is not None]
    return {
        "volumes": [disk.id for disk in disks],
        "to_delete": [str(d.volume_id) for d in disks if d.delete_on_termination and d.attach_status not in _UNSETTLED],
    }


def destroy_guest(world: World, server_id: str) -> None:
    """Until the guest is gone nothing is unmapped under it."""
    boot.destroy_guest(world, server_id)


def release_disk(world: World, server_id: str, row_id: str) -> None:
    """Unmap with the stored connector, then let the volume go."""
    boot.unmap(world, row_id)
    with world.store.write() as tx:
        attachments.remove(tx, row_id)


def drop_local_disks(world: World, server_id: str) -> None:
    """Disks that never were volumes went with the guest; their records are left, and the image of a shelved root."""
    with world.store.read() as tx:
        server = servers.find(tx, server_id)
        local = [disk.id for disk in attachments.of_server(tx, server_id) if disk.attachment_id is None]
    if server is not None and (image_id := server_image.shelved_image(server)):
        server_image.drop(world, server_id, image_id)
    if local:
        with world.store.write() as tx:
            for row_id in local:
                attachments.remove(tx, row_id)


def delete_volume(world: World, server_id: str, volume_id: str) -> None:
    """Delete a volume marked delete_on_termination, unless someone else holds it or snapshots depend on it."""
    with world.store.write() as tx:
        if volumes.find(tx, volume_id) is None:
            return
        if attachments.of_volume(tx, volume_id) or volumes.has_snapshots(tx, volume_id):
            return
        volumes.update(tx, volume_id, status="deleting")
    volume_deletion.wait_for_copies(world, volume_id)
    create_volume.discard(world, volume_id)


def show_deleted(world: World, reason: str, server_id: str, *_: Any) -> None:
    """Users see the server gone although storage still has to confirm; the release goes on."""
    with world.store.write() as tx:
        _mark_deleted(tx, server_id)


def release_identity(world: World, server_id: str) -> None:
    """All unmaps are confirmed: on DPM the storage group may go now."""
    boot.release_identity(world, server_id)


def forget_server(world: World, server_id: str) -> None:
    """Everything is released: now the WWPNs may be forgotten."""
    with world.store.write() as tx:
        _mark_deleted(tx, server_id)
        servers.update(tx, server_id, identity=None, host=None)


def _mark_deleted(tx: Tx, server_id: str) -> None:
    server = servers.find(tx, server_id)
    if server is None or server.deleted_at is not None:
        return
    now = clock.now()
    ports.release(tx, server_id)
    servers.update(
        tx, server_id, vm_state=states.DELETED, task_state=None, power_state=int(states.Power.NOSTATE),
        terminated_at=now, deleted_at=now,
    )  # fmt: skip


def failed(world: World, message: str, server_id: str) -> None:
    """Only a bug leads here: the server stays visible so that delete can be asked for again."""
    with world.store.write() as tx:
        servers.update(tx, server_id, task_state=None)
        servers.set_fault(tx, server_id, message)


KIND = Kind(name="destroy", run=run, failed=failed, event="compute_terminate_instance")
