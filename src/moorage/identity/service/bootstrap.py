"""What must be there before anyone can log in?"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, ids
from moorage.identity.model import DEFAULT_DOMAIN, SYSTEM, Actor, Scope
from moorage.identity.service import assignments, passwords, roles, rows
from moorage.store import Tx


def bootstrap(tx: Tx, *, admin_password: str, demo_password: str, service_password: str) -> None:
    """The default domain, the built-in roles, and a first admin, demo and service account with their projects.

    May be repeated: adds what is missing and changes nothing that is there, passwords least of all.
    """
    _ensure(tx, rows.DOMAIN, DEFAULT_DOMAIN, "Default", {"description": "The default domain"})
    role_ids = {name: _ensure(tx, rows.ROLE, _id("role", name), name) for name in roles.BUILT_IN}
    project_ids = {name: _project(tx, name) for name in ("admin", "demo", "service")}
    admin = _user(tx, "admin", admin_password, project_ids["admin"])
    demo = _user(tx, "demo", demo_password, project_ids["demo"])
    service = _user(tx, "moorage", service_password, project_ids["service"])
    assignments.grant(tx, admin, Scope("project", project_ids["admin"]), role_ids["admin"])
    assignments.grant(tx, admin, Scope("system", SYSTEM), role_ids["admin"])
    assignments.grant(tx, demo, Scope("project", project_ids["demo"]), role_ids["member"])
    assignments.grant(tx, service, Scope("project", project_ids["service"]), role_ids["service"])


def has_accounts(tx: Tx) -> bool:
    """Whether the first accounts were made, here or elsewhere."""
    return tx.scalar(sa.select(rows.USER.table.c.id).limit(1)) is not None


def _project(tx: Tx, name: str) -> str:
    return _ensure(tx, rows.PROJECT, _id("project", name), name, {"parent_id": DEFAULT_DOMAIN})


def _user(tx: Tx, name: str, password: str, project_id: str) -> Actor:
    ident = _id("user", name)
    found = _found(tx, rows.USER, ident, name)
    if found is None:
        more = {"password_hash": passwords.hashed(password), "created_at": clock.now()}
        found = _ensure(tx, rows.USER, ident, name, {**more, "default_project_id": project_id})
    return Actor("user", found)


def _ensure(tx: Tx, kind: rows.Kind[Any], ident: str, name: str, more: dict[str, Any] | None = None) -> str:
    if found := _found(tx, kind, ident, name):
        return found
    values = {"id": ident, "name": name, **(more or {})}
    if "domain_id" in kind.table.c:
        values["domain_id"] = DEFAULT_DOMAIN
    created: str = rows.insert(tx, kind, values).id
    return created


def _found(tx: Tx, kind: rows.Kind[Any], ident: str, name: str) -> str | None:
    """By id first: whoever renamed ``demo`` does not want a second one."""
    condition = kind.table.c.name == name
    if "domain_id" in kind.table.c:
        condition &= kind.table.c.domain_id == DEFAULT_DOMAIN
    for wanted in (kind.table.c.id == ident, condition):
        if found := tx.scalar(sa.select(kind.table.c.id).where(wanted)):
            return str(found)
    return None


def _id(kind: str, name: str) -> str:
    return ids.derived("identity", kind, name).replace("-", "")
