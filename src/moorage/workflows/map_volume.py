"""Let a connector reach a volume without an attachment (``os-initialize_connection``)."""

from __future__ import annotations

from moorage.attachments import mappings
from moorage.attachments import service as attachments
from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.volumes.ports import Connector
from moorage.volumes.service import volumes
from moorage.workflows.create_volume import backend_of
from moorage.workflows.world import World


def request(tx: Tx, context: Context, volume: Volume, connector: Connector) -> tuple[str, str]:
    """Record who is to be let in; returns the ids of the operation and of the row that will hold the answer."""
    row_id = mappings.ensure(tx, volume.id, volume.project_id, connector)
    args = {"volume_id": volume.id, "row_id": row_id}
    return service.submit(tx, context, kind=KIND.name, subject=f"volume/{volume.id}", args=args), row_id


def run(saga: Saga[World], volume_id: str, row_id: str) -> None:
    saga.do(connect, volume_id, row_id, undo=disconnect)


def connect(world: World, volume_id: str, row_id: str) -> None:
    with world.store.read() as tx:
        row, volume = attachments.by_row(tx, row_id), volumes.get(tx, volume_id)
    if row is None or row.connector is None:
        return
    connection_info = backend_of(world, volume).connect(volume_id, row.connector)
    with world.store.write() as tx:
        attachments.set_connection(tx, row_id, connection_info)


def disconnect(world: World, volume_id: str, row_id: str) -> None:
    with world.store.read() as tx:
        row, volume = attachments.by_row(tx, row_id), volumes.find(tx, volume_id)
    if row is not None and volume is not None and volume.backend in world.backends:
        world.backends[volume.backend].disconnect(volume_id, row.connector or {})
    with world.store.write() as tx:
        mappings.remove(tx, row_id)


def failed(world: World, message: str, volume_id: str, row_id: str) -> None:
    """Nobody is let in; the caller is told why."""


KIND = Kind(name="map_volume", run=run, failed=failed)
