"""Take back what ``os-initialize_connection`` gave (``os-terminate_connection``)."""

from __future__ import annotations

from moorage import errors
from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.workflows.delete_snapshot import require
from moorage.workflows.map_volume import disconnect
from moorage.workflows.world import World


def request(tx: Tx, context: Context, volume: Volume, row_ids: list[str]) -> str:
    """Returns the operation's id."""
    args = {"volume_id": volume.id, "row_ids": row_ids}
    return service.submit(tx, context, kind=KIND.name, subject=f"volume/{volume.id}", args=args)


def run(saga: Saga[World], volume_id: str, row_ids: list[str]) -> None:
    for row_id in row_ids:
        require(saga.insist(try_disconnect, volume_id, row_id))


def try_disconnect(world: World, volume_id: str, row_id: str) -> str | None:
    """Unmap; why not, if storage refuses."""
    try:
        disconnect(world, volume_id, row_id)
    except errors.Refused as refusal:
        return refusal.message
    return None


def failed(world: World, message: str, volume_id: str, row_ids: list[str]) -> None:
    """Storage refused: the connector stays on record."""


KIND = Kind(name="unmap_volume", run=run, failed=failed)
