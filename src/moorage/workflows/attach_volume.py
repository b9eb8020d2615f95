"""Attach a volume to a server: to its guest, or, if it is offloaded, on record until it is unshelved.

Reservation, block device mapping and volume status are one transaction; what is refused has left nothing behind.
"""

from __future__ import annotations

import re

import msgspec

from moorage import errors
from moorage.attachments import service as attachments
from moorage.attachments.model import Attachment
from moorage.compute import disk_plans, states
from moorage.compute.model.server import Server
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.workflows import boot, server_disks
from moorage.workflows.site import Site
from moorage.workflows.world import World

ACTION = "attach_volume"
_ROOT_DEVICE = "/dev/vda"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks for, its form already checked."""

    volume: Volume
    device: str | None = None
    tag: str | None = None
    delete_on_termination: bool = False
    is_multiattach_known: bool = True
    """Whether the client's microversion knows of volumes on several servers (2.60)."""


def request(tx: Tx, context: Context, server: Server, order: Order, site: Site) -> Attachment:
    """Check in Nova's order, then reserve; an offloaded server's attachment is complete at once."""
    states.check_lock(server, context)
    states.check(server, ACTION)
    _check_not_attached(tx, server, order.volume)
    if server.vm_state == states.SHELVED_OFFLOADED:
        return _attach_offloaded(tx, context, server, order, site)
    device = choose_device(server, attachments.of_server(tx, server.id), order.device)
    if order.volume.multiattach and not order.is_multiattach_known:
        raise errors.BadRequest("Multiattach volumes are only supported starting with compute API version 2.60.")
    check_protocol(order.volume, site)
    row = _reserve(tx, context, server, order, device)
    action = operations.record_action(tx, context, server.id, ACTION, server.project_id)
    args = {"server_id": server.id, "row_id": row.id}
    operations.submit(tx, context, kind=KIND.name, subject=f"server/{server.id}", args=args, action_id=action)
    return row


def _check_not_attached(tx: Tx, server: Server, volume: Volume) -> None:
    holders = [row.server_id for row in attachments.of_volume(tx, volume.id) if row.is_volume and row.server_id]
    if holders and not volume.multiattach:
        raise errors.BadRequest(
            f"Invalid volume: volume {volume.id} is already attached to instances: {', '.join(holders)}"
        )
    if server.id in holders:
        raise errors.BadRequest(f"Invalid volume: volume {volume.id} already attached")


def _attach_offloaded(tx: Tx, context: Context, server: Server, order: Order, site: Site) -> Attachment:
    """No host is asked: nobody has to be let in before the server has one again."""
    if order.tag is not None:
        raise errors.BadRequest("Tagged volume attachment is not supported for shelved-offloaded instances.")
    if order.volume.multiattach:
        raise errors.BadRequest("Attaching multiattach volumes is not supported for shelved-offloaded instances.")
    check_protocol(order.volume, site)
    row = _reserve(tx, context, server, order, device=None)
    attachments.complete(tx, row.id)
    operations.record_done(tx, context, server.id, ACTION, "api_attach_volume", server.project_id)
    return row


def _reserve(tx: Tx, context: Context, server: Server, order: Order, device: str | None) -> Attachment:
    row_id = attachments.add_disk(
        tx, project_id=order.volume.project_id, server_id=server.id, source_type="volume", destination_type="volume",
        source_id=order.volume.id, device_name=device, tag=order.tag, delete_on_termination=order.delete_on_termination,
    )  # fmt: skip
    reserve(tx, context, server, order.volume, row_id)
    row = attachments.by_row(tx, row_id)
    assert row is not None
    return row


def reserve(tx: Tx, context: Context, server: Server, volume: Volume, row_id: str) -> None:
    """Give the volume to the server; 400 in the words in which Nova passes on what Cinder says."""
    try:
        if "error" in volume.status:
            raise errors.BadRequest(
                "Invalid volume: Volume attachments can not be created if the volume is in an error state. "
                f"The Volume {volume.id} currently has a status of: {volume.status} "
            )
        attachments.reserve(
            tx, volume.id, project_id=volume.project_id, server_id=server.id, row_id=row_id,
            mode="ro" if volume.readonly else "rw",
        )  # fmt: skip
    except errors.BadRequest as refusal:
        raise errors.BadRequest(f"Invalid input received: {told_by_storage(context, refusal.message)}") from None


def told_by_storage(context: Context, message: str) -> str:
    """A refusal of block storage as its client shows it."""
    return f"{message} (HTTP 400) (Request-ID: {context.request_id})"


def check_protocol(volume: Volume, site: Site) -> None:
    """400 if servers of this driver cannot reach the volume's backend."""
    protocol = site.protocol_of_backend(volume.backend)
    if protocol not in site.hypervisor.volume_protocols:
        usable = ", ".join(sorted(site.hypervisor.volume_protocols))
        raise errors.BadRequest(
            f"Invalid volume: volume {volume.id} is reached by {protocol}; servers of the {site.hypervisor_name} "
            f"driver need {usable}."
        )


def choose_device(server: Server, disks: list[Attachment], given: str | None) -> str:
    """The name asked for, 409 if it is taken; else the first free one."""
    taken = {disk.device_name for disk in disks if disk.device_name}
    if given is None:
        return disk_plans.next_device({*taken}, (server.root_device_name or _ROOT_DEVICE)[:-1])
    if _letters(given) in {_letters(name) for name in taken}:
        raise errors.Conflict(f"The supplied device path ({given}) is in use.")
    return given


def _letters(device: str) -> str:
    """``b`` of ``/dev/vdb``: guests name the same disk by another bus."""
    return re.sub(r"^/dev/x?[a-z]?d?(?=[a-z])|[0-9]+$", "", device)


def run(saga: Saga[World], server_id: str, row_id: str) -> None:
    """Let the server reach the volume, give it to the guest, and say so."""
    saga.do(boot.connect_disk, server_id, row_id, undo=server_disks.undo_connect)
    saga.do(server_disks.plug, server_id, row_id, undo=server_disks.undo_plug)
    saga.do(server_disks.complete, server_id, row_id)


def failed(world: World, message: str, server_id: str, row_id: str) -> None:
    """The undos have given the volume up; the instance action says why."""


KIND = Kind(name="attach_volume", run=run, failed=failed, event="compute_attach_volume")
