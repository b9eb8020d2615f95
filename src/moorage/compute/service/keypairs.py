"""Key pairs of users: find, list, keep, forget."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from moorage import errors
from moorage.compute.model.keypair import Keypair, from_row
from moorage.compute.service import quotas
from moorage.store import Tx
from moorage.store.tables.compute import keypairs


def get(tx: Tx, user_id: str, name: str) -> Keypair:
    """The user's key pair of that name; ``errors.NotFound`` if there is none."""
    query = sa.select(keypairs).where(keypairs.c.user_id == user_id, keypairs.c.name == name)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise errors.NotFound(f"Keypair {name} not found for user {user_id}")
    return from_row(row)


def listing(tx: Tx, user_id: str, marker: str | None = None, limit: int | None = None) -> list[Keypair]:
    """A page of the user's key pairs in order of their names; 400 if the marker is none of them."""
    query = sa.select(keypairs).where(keypairs.c.user_id == user_id).order_by(keypairs.c.name)
    if marker is not None:
        query = query.where(keypairs.c.name > _known(tx, user_id, marker))
    return [from_row(row) for row in tx.execute(query.limit(limit))]


def _known(tx: Tx, user_id: str, marker: str) -> str:
    try:
        return get(tx, user_id, marker).name
    except errors.NotFound:
        raise errors.BadRequest(f"Marker {marker} could not be found.") from None


def add(tx: Tx, project_id: str, new: Keypair) -> Keypair:
    """Keep a key pair; 409 if the user has one of that name, over quota if the user has too many.

    ``new.serial`` is chosen here. The limit is the project's, the count the user's, as in Nova.
    """
    limit = quotas.limits_of(tx, project_id)["key_pairs"]
    count = tx.execute(sa.select(sa.func.count()).where(keypairs.c.user_id == new.user_id)).scalar_one()
    if 0 <= limit <= count:
        raise errors.OverQuota("Quota exceeded, too many key pairs.")
    same = keypairs.c.user_id == new.user_id, keypairs.c.name == new.name
    if tx.execute(sa.select(keypairs.c.name).where(*same)).first():
        raise errors.Conflict(f"Key pair '{new.name}' already exists.")
    serial = (tx.execute(sa.select(sa.func.max(keypairs.c.serial))).scalar() or 0) + 1
    kept = msgspec.structs.replace(new, serial=serial)
    try:
        tx.execute(keypairs.insert().values(msgspec.structs.asdict(kept)))
    except sa.exc.IntegrityError:
        raise errors.Conflict(f"Key pair '{new.name}' already exists.") from None
    return kept


def delete(tx: Tx, user_id: str, name: str) -> None:
    get(tx, user_id, name)
    tx.execute(keypairs.delete().where(keypairs.c.user_id == user_id, keypairs.c.name == name))
