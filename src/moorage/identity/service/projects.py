"""Projects: what owns servers, volumes and images."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import errors, ids
from moorage.identity.model import NamedRef, Project
from moorage.identity.service import assignments, domains, revocation, rows
from moorage.store import Tx
from moorage.store.tables import identity as tables

_PROJECTS = tables.projects


def create(tx: Tx, values: dict[str, Any]) -> Project:
    """``values`` are columns; without ``parent_id`` the domain is the parent.

    404 for an unknown domain or parent, 400 if the parent lives in another domain, 409 for a name that is taken.
    """
    domain_id = values["domain_id"]
    rows.get(tx, rows.DOMAIN, domain_id)
    parent_id = values.get("parent_id") or domain_id
    if parent_id != domain_id and rows.get(tx, rows.PROJECT, parent_id).domain_id != domain_id:
        raise errors.BadRequest(f"Invalid parent_id {parent_id}: the parent project is not in domain {domain_id}.")
    return rows.insert(tx, rows.PROJECT, {"id": ids.new_hex(), **values, "parent_id": parent_id})


def update(tx: Tx, project_id: str, changes: dict[str, Any]) -> Project:
    """Change columns; disabling kills the project's tokens."""
    project = rows.change(tx, rows.PROJECT, project_id, changes)
    if not project.enabled:
        revocation.of_project(tx, project_id)
    return project


def delete(tx: Tx, project_id: str) -> None:
    """``errors.Forbidden`` while there are projects below it."""
    rows.get(tx, rows.PROJECT, project_id)
    if tx.execute(sa.select(_PROJECTS.c.id).where(_PROJECTS.c.parent_id == project_id)).first():
        raise errors.Forbidden(f"Cannot delete project {project_id} since it is not a leaf in the hierarchy.")
    revocation.of_project(tx, project_id)
    assignments.forget(tx, "project", project_id)
    rows.remove(tx, rows.PROJECT, project_id)


def set_tags(tx: Tx, project_id: str, tags: list[str]) -> Project:
    return rows.change(tx, rows.PROJECT, project_id, {"tags": tags})


def referred(tx: Tx, ref: NamedRef) -> Project | None:
    """The project a client means, by id or by name within a domain."""
    if ref.id:
        return rows.find(tx, rows.PROJECT, id=ref.id)
    domain = domains.referred(tx, ref.domain or None)
    return rows.find(tx, rows.PROJECT, name=ref.name or "", domain_id=domain.id) if domain else None
