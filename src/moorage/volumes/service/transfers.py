"""Offer a volume to another project: whoever knows the key may take it."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.context import Context
from moorage.store import Tx
from moorage.store.tables.volumes import snapshots as snapshot_table
from moorage.store.tables.volumes import transfers
from moorage.volumes import states
from moorage.volumes.model import Transfer, Volume
from moorage.volumes.service import quotas, snapshots, types, volumes

_KEY_BYTES = 8


def get(tx: Tx, transfer_id: str, project_id: str | None = None) -> Transfer:
    """The offer; ``errors.NotFound`` if there is none or it is another project's. None sees all projects."""
    row = tx.execute(sa.select(transfers).where(transfers.c.id == transfer_id)).one_or_none()
    if row is None or (project_id is not None and row.project_id != project_id):
        raise errors.NotFound(f"Transfer {transfer_id} could not be found.")
    return Transfer(**row._mapping)


def create(tx: Tx, volume: Volume, name: str | None, *, no_snapshots: bool) -> tuple[Transfer, str]:
    """Offer a volume; returns the offer and its key, which is shown this once. 400 unless all is available."""
    if volume.status != states.AVAILABLE:
        raise errors.BadRequest("Invalid volume: status must be available")
    for snapshot in [] if no_snapshots else snapshots.of_volume(tx, volume.id):
        if snapshot.status != "available":
            raise errors.BadRequest(f"Invalid snapshot: snapshot: {snapshot.id} status must be available")
    transfer_id, salt, key = ids.new(), secrets.token_hex(_KEY_BYTES), secrets.token_hex(_KEY_BYTES)
    tx.execute(
        transfers.insert().values(
            id=transfer_id, volume_id=volume.id, project_id=volume.project_id, name=name, salt=salt,
            key_hash=_hash(salt, key), no_snapshots=no_snapshots, created_at=clock.now(),
        )
    )  # fmt: skip
    volumes.update(tx, volume.id, status=states.AWAITING_TRANSFER)
    return get(tx, transfer_id), key


def _hash(salt: str, key: str) -> str:
    return hmac.new(salt.encode(), key.encode(), hashlib.sha256).hexdigest()


def accept(tx: Tx, context: Context, transfer_id: str, key: str) -> tuple[Transfer, Volume]:
    """Take the volume over; 400 with a wrong key, 413 if the quota does not allow it."""
    transfer = get(tx, transfer_id)
    if not hmac.compare_digest(transfer.key_hash, _hash(transfer.salt, key)):
        raise errors.BadRequest(f"Invalid auth key: Attempt to transfer {transfer_id} with invalid auth key.")
    volume = volumes.get(tx, transfer.volume_id)
    kind = types.named(tx, volume.volume_type_id)
    quotas.check_size(tx, context.project_id, volume.size_gib)
    quotas.check_volume(tx, context.project_id, kind.name, volume.size_gib)
    owner = {"project_id": context.project_id, "user_id": context.user_id}
    if not transfer.no_snapshots:
        for snapshot in snapshots.of_volume(tx, volume.id):
            quotas.check_snapshot(tx, context.project_id, kind.name, snapshot.size_gib)
            tx.execute(snapshot_table.update().where(snapshot_table.c.id == snapshot.id).values(**owner))
    volumes.update(tx, volume.id, status=states.AVAILABLE, **owner)
    tx.execute(transfers.delete().where(transfers.c.id == transfer_id))
    return transfer, volumes.get(tx, volume.id)


def withdraw(tx: Tx, transfer: Transfer) -> None:
    """The volume is available again."""
    volumes.move(tx, transfer.volume_id, (states.AWAITING_TRANSFER,), states.AVAILABLE)
    tx.execute(transfers.delete().where(transfers.c.id == transfer.id))
