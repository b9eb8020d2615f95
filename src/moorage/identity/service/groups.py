"""Groups: users that get their roles together."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import errors, ids
from moorage.identity.model import Group
from moorage.identity.service import assignments, revocation, rows
from moorage.store import Tx
from moorage.store.tables import identity as tables

_MEMBERS = tables.group_members


def create(tx: Tx, values: dict[str, Any]) -> Group:
    rows.get(tx, rows.DOMAIN, values["domain_id"])
    return rows.insert(tx, rows.GROUP, {"id": ids.new_hex(), **values})


def delete(tx: Tx, group_id: str) -> None:
    """Remove the group and its grants; the tokens of its members die."""
    rows.get(tx, rows.GROUP, group_id)
    revocation.of_users(tx, tx.scalars(_users_in(group_id)))
    assignments.forget(tx, "group", group_id)
    tx.execute(_MEMBERS.delete().where(_MEMBERS.c.group_id == group_id))
    rows.remove(tx, rows.GROUP, group_id)


def members(tx: Tx, group_id: str, query: rows.Query) -> rows.Page[Any]:
    rows.get(tx, rows.GROUP, group_id)
    return rows.page(tx, rows.USER, query, tables.users.c.id.in_(_users_in(group_id)))


def add(tx: Tx, group_id: str, user_id: str) -> None:
    """Make the user a member; nothing happens if it is one."""
    if not has_member(tx, group_id, user_id):
        tx.execute(_MEMBERS.insert().values(group_id=group_id, user_id=user_id))


def leave(tx: Tx, group_id: str, user_id: str) -> None:
    """The user's tokens die: some may rest on the group's roles."""
    require(tx, group_id, user_id)
    tx.execute(_MEMBERS.delete().where(_MEMBERS.c.group_id == group_id, _MEMBERS.c.user_id == user_id))
    revocation.of_users(tx, [user_id])


def require(tx: Tx, group_id: str, user_id: str) -> None:
    """``errors.NotFound`` unless the user is a member."""
    if not has_member(tx, group_id, user_id):
        raise errors.NotFound(f"User {user_id} not found in group {group_id}.")


def has_member(tx: Tx, group_id: str, user_id: str) -> bool:
    rows.get(tx, rows.GROUP, group_id)
    rows.get(tx, rows.USER, user_id)
    return tx.execute(_users_in(group_id).where(_MEMBERS.c.user_id == user_id)).first() is not None


def _users_in(group_id: str) -> sa.Select[Any]:
    return sa.select(_MEMBERS.c.user_id).where(_MEMBERS.c.group_id == group_id)
