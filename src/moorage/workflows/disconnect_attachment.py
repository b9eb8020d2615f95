"""End an attachment whose connector was let in (``DELETE /attachments/{id}``, ``os-detach``, ``os-force_detach``)."""

from __future__ import annotations

from moorage import errors
from moorage.attachments import service as attachments
from moorage.attachments.model import Attachment
from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.workflows.connect_attachment import disconnect
from moorage.workflows.delete_snapshot import require
from moorage.workflows.world import World


def request(tx: Tx, context: Context, attachment: Attachment) -> str | None:
    """End it now if nobody was ever let in, else return the id of the operation that does."""
    if attachment.connector is None:
        attachments.remove(tx, attachment.id)
        return None
    subject = f"volume/{attachment.volume_id}"
    return service.submit(tx, context, kind=KIND.name, subject=subject, args={"row_id": attachment.id})


def run(saga: Saga[World], row_id: str) -> None:
    require(saga.insist(try_disconnect, row_id))
    saga.insist(remove, row_id)


def try_disconnect(world: World, row_id: str) -> str | None:
    """Unmap; why not, if storage refuses."""
    try:
        disconnect(world, row_id)
    except errors.Refused as refusal:
        return refusal.message
    return None


def remove(world: World, row_id: str) -> None:
    with world.store.write() as tx:
        attachments.remove(tx, row_id)


def failed(world: World, message: str, row_id: str) -> None:
    """Storage refused: the attachment stays as it was, and so does its connector on record."""


KIND = Kind(name="disconnect_attachment", run=run, failed=failed)
