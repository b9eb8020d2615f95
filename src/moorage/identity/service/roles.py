"""Which roles are there, and which ones does a role bring along?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from moorage import errors, ids
from moorage.identity.model import Role
from moorage.identity.service import revocation, rows
from moorage.store import Tx
from moorage.store.tables import identity as tables

_CHAIN = ("admin", "manager", "member", "reader")
BUILT_IN = (*_CHAIN, "service")
"""There from the start, and never changed or deleted: the policy rules rest on them."""


def implied(name: str) -> tuple[str, ...]:
    """The role itself and the weaker ones it brings: admin ⊃ manager ⊃ member ⊃ reader (Keystone's default)."""
    return _CHAIN[_CHAIN.index(name) :] if name in _CHAIN else (name,)


def expand(tx: Tx, role_ids: Iterable[str]) -> list[Role]:
    """The roles and all they imply, by name."""
    granted = rows.by_id(tx, rows.ROLE, set(role_ids)).values()
    names = {name for role in granted for name in implied(role.name)}
    found = tx.execute(rows.ROLE.select().where(tables.roles.c.name.in_(names)).order_by(tables.roles.c.name))
    return [rows.ROLE.of(row) for row in found]


def create(tx: Tx, name: str, description: str) -> Role:
    return rows.insert(tx, rows.ROLE, {"id": ids.new_hex(), "name": name, "description": description})


def update(tx: Tx, role_id: str, changes: dict[str, Any]) -> Role:
    _check_mutable(rows.get(tx, rows.ROLE, role_id), "update")
    return rows.change(tx, rows.ROLE, role_id, changes)


def delete(tx: Tx, role_id: str) -> None:
    """Remove the role and every grant of it; tokens of those who held it die."""
    _check_mutable(rows.get(tx, rows.ROLE, role_id), "delete")
    grants, members = tables.role_assignments, tables.group_members
    direct = sa.select(grants.c.actor_id).where(grants.c.role_id == role_id)
    through = sa.select(members.c.user_id).where(members.c.group_id.in_(direct))
    revocation.of_users(tx, [*tx.scalars(direct), *tx.scalars(through)])
    tx.execute(grants.delete().where(grants.c.role_id == role_id))
    rows.remove(tx, rows.ROLE, role_id)


def _check_mutable(role: Role, verb: str) -> None:
    if role.name in BUILT_IN:
        raise errors.Forbidden(f"Cannot {verb} immutable role {role.name} ({role.id}).")
