"""May the caller see or change an object? Public ones are read from every project and changed from their own."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from moorage.clusters.refusals import DeletionFailed, InvalidData, Missing, NameTaken, UpdateFailed
from moorage.context import Context
from moorage.store import Tx


class Owned(Protocol):
    """What templates and clusters have in common."""

    @property
    def id(self) -> str: ...
    @property
    def project_id(self) -> str: ...
    @property
    def is_public(self) -> bool: ...
    @property
    def is_protected(self) -> bool: ...


AnyOwned = TypeVar("AnyOwned", bound=Owned)


def visible(found: AnyOwned | None, context: Context, object_id: str) -> AnyOwned:
    """``Missing`` unless the caller may see it."""
    if found is None or not (found.project_id == context.project_id or found.is_public or context.is_admin):
        raise Missing(f"Object with {{'id': '{object_id}'}} not found")
    return found


def of_project(table: sa.Table, context: Context) -> sa.ColumnElement[bool]:
    """Rows that lists of a project show."""
    return sa.or_(table.c.project_id == context.project_id, table.c.is_public)


def check_update(found: Owned, context: Context, values: dict[str, Any], *, is_scale: bool = False) -> None:
    """``UpdateFailed`` for objects of other projects and for protected ones, unless the request ends the protection."""
    kind = type(found).__name__
    if found.project_id != context.project_id:
        raise UpdateFailed(f"{kind} with id '{found.id}' could not be updated because it wasn't created in this tenant")
    if not found.is_protected or (not is_scale and values.get("is_protected") is False):
        return
    if is_scale or not _changes_only_visibility(found, values):
        raise UpdateFailed(f"{kind} with id '{found.id}' could not be updated because it's marked as protected")


def _changes_only_visibility(found: Owned, values: dict[str, Any]) -> bool:
    same = all(name == "is_public" or getattr(found, name, None) == value for name, value in values.items())
    return "is_public" in values and same


def check_delete(found: Owned, context: Context) -> None:
    kind = type(found).__name__
    if found.project_id != context.project_id:
        raise DeletionFailed(
            f"{kind} with id '{found.id}' could not be deleted because it wasn't created in this tenant"
        )
    if found.is_protected:
        raise DeletionFailed(f"{kind} with id '{found.id}' could not be deleted because it's marked as protected")


def check_name(tx: Tx, table: sa.Table, project_id: str, name: str, kind: str, *, own_id: str = "") -> None:
    """``NameTaken`` if another object of the project has the name."""
    query = sa.select(table.c.id).where(table.c.project_id == project_id, table.c.name == name, table.c.id != own_id)
    if tx.execute(query.limit(1)).first() is not None:
        raise NameTaken(f"{kind} with name '{name}' already exists")


def check_group_names(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidData(f"Duplicates in node group names are detected: {twice}")
