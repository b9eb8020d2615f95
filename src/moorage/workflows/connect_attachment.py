"""Let an attachment's connector reach the volume (``PUT /attachments/{id}``, or ``POST`` with a connector)."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.attachments import service as attachments
from moorage.attachments.model import Attachment
from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.volumes.ports import Connector
from moorage.volumes.service import volumes
from moorage.workflows.create_volume import backend_of
from moorage.workflows.world import World


def request(tx: Tx, context: Context, attachment: Attachment, connector: Connector) -> str:
    """Returns the operation's id; 409 if the volume is in error or somebody else is connected to it."""
    volume = volumes.get(tx, str(attachment.volume_id))
    if "error" in volume.status:
        raise errors.Conflict(
            "Resource conflict: Volume attachments can not be updated if the volume is in an error state. "
            f"The Volume {volume.id} currently has a status of: {volume.status} "
        )
    others = attachments.of_volume(tx, volume.id)
    if len(others) > 1 and not volume.multiattach and any(other.connection_info for other in others):
        raise errors.Conflict(f"Resource conflict: duplicate connectors detected on volume {volume.id}")
    return submit(tx, context, attachment, connector)


def submit(tx: Tx, context: Context, attachment: Attachment, connector: Connector) -> str:
    """Without the check for others: creating an attachment with a connector skips it, as in Cinder."""
    attachments.set_place(tx, attachment.id, mountpoint=connector.get("mountpoint"), mode=connector.get("mode"))
    args = {"row_id": attachment.id, "connector": connector, "previous": attachment.connector}
    subject = f"volume/{attachment.volume_id}"
    return service.submit(tx, context, kind=KIND.name, subject=subject, args=args)


def run(saga: Saga[World], row_id: str, connector: dict[str, Any], previous: dict[str, Any] | None) -> None:
    if previous is not None and previous != connector:
        saga.insist(disconnect, row_id)
    if previous == connector:  # asked again: what was mapped before must outlive a failure now
        saga.do(connect, row_id, connector)
    else:
        saga.do(note_connector, row_id, connector, undo=take_back)
        saga.do(connect, row_id, connector)


def note_connector(world: World, row_id: str, connector: dict[str, Any]) -> None:
    """Who is let in is on record before storage is asked."""
    with world.store.write() as tx:
        attachments.set_connector(tx, row_id, connector)


def connect(world: World, row_id: str, connector: dict[str, Any]) -> None:
    with world.store.read() as tx:
        row = attachments.by_row(tx, row_id)
        if row is None:
            raise errors.Refused("The attachment is no longer on record")
        volume = volumes.get(tx, str(row.volume_id))
    connection_info = backend_of(world, volume).connect(volume.id, connector)
    with world.store.write() as tx:
        attachments.set_connection(tx, row_id, connection_info)


def disconnect(world: World, row_id: str) -> None:
    """Unmap the connector on record."""
    with world.store.read() as tx:
        row = attachments.by_row(tx, row_id)
        if row is None or row.connector is None or row.volume_id is None:
            return
        volume = volumes.get(tx, row.volume_id)
    backend_of(world, volume).disconnect(volume.id, row.connector)
    with world.store.write() as tx:
        attachments.disconnected(tx, row_id)


def take_back(world: World, row_id: str, connector: dict[str, Any]) -> None:
    del connector
    disconnect(world, row_id)


def failed(world: World, message: str, row_id: str, connector: dict[str, Any], previous: dict[str, Any] | None) -> None:
    """The attachment is reserved again, or as it was; the caller is told why."""


KIND = Kind(name="connect_attachment", run=run, failed=failed)
