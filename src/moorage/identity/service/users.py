"""Users: who can log in."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, ids
from moorage.identity.model import Group, NamedRef, User
from moorage.identity.service import assignments, domains, revocation, rows
from moorage.store import Tx
from moorage.store.tables import identity as tables

_USERS = tables.users
_MEMBERS = tables.group_members


def create(tx: Tx, values: dict[str, Any]) -> User:
    """``values`` are columns; ``errors.Conflict`` if the domain has a user of that name, 404 for an unknown domain."""
    rows.get(tx, rows.DOMAIN, values["domain_id"])
    return rows.insert(tx, rows.USER, {"id": ids.new_hex(), "created_at": clock.now(), **values})


def update(tx: Tx, user_id: str, changes: dict[str, Any]) -> User:
    """Change columns; a new password or disabling kills the user's tokens."""
    user = rows.change(tx, rows.USER, user_id, changes)
    if "password_hash" in changes or not user.enabled:
        revocation.of_users(tx, [user_id])
    return user


def delete(tx: Tx, user_id: str) -> None:
    rows.get(tx, rows.USER, user_id)
    revocation.of_users(tx, [user_id])
    assignments.forget(tx, "user", user_id)
    tx.execute(_MEMBERS.delete().where(_MEMBERS.c.user_id == user_id))
    rows.remove(tx, rows.USER, user_id)


def groups_of(tx: Tx, user_id: str) -> list[Group]:
    rows.get(tx, rows.USER, user_id)
    mine = sa.select(_MEMBERS.c.group_id).where(_MEMBERS.c.user_id == user_id)
    return rows.page(tx, rows.GROUP, rows.Query(), tables.groups.c.id.in_(mine)).items


def referred(tx: Tx, ref: NamedRef) -> tuple[str, str | None]:
    """Id and password hash of the user a client means; both empty if there is none."""
    if ref.id:
        condition = _USERS.c.id == ref.id
    else:
        domain = domains.referred(tx, ref.domain or None)
        condition = (_USERS.c.name == ref.name) & (_USERS.c.domain_id == (domain.id if domain else ""))
    row = tx.execute(sa.select(_USERS.c.id, _USERS.c.password_hash).where(condition)).first()
    return (row.id, row.password_hash) if row else ("", None)


def password_hash_of(tx: Tx, user_id: str) -> str | None:
    """The stored hash; None if there is no such user or it has no password."""
    found: str | None = tx.scalar(sa.select(_USERS.c.password_hash).where(_USERS.c.id == user_id))
    return found
