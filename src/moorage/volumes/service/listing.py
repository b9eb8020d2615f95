"""Which volumes and snapshots does a list show? Filters as Cinder's, by columns and metadata."""

from __future__ import annotations

import ast
import datetime as dt
from typing import Any

import sqlalchemy as sa

from moorage import errors
from moorage.store import Tx
from moorage.store.tables.volumes import snapshots, volumes
from moorage.volumes.model import Snapshot, Volume, from_row, snapshot_of
from moorage.volumes.service import paging
from moorage.volumes.service.hidden import is_no_target
from moorage.volumes.service.paging import Page

Condition = sa.ColumnElement[bool]

_TIMES = ("created_at", "updated_at")
_FLAGS = ("bootable", "multiattach")
_COLUMNS = {
    "id": "id", "name": "name", "display_name": "name", "description": "description", "status": "status",
    "size": "size_gib", "volume_size": "size_gib", "availability_zone": "availability_zone", "bootable": "bootable",
    "multiattach": "multiattach", "migration_status": "migration_status", "attach_status": "attach_status",
    "project_id": "project_id", "user_id": "user_id", "volume_type_id": "volume_type_id", "volume_id": "volume_id",
    "snapshot_id": "snapshot_id", "source_volid": "source_volid", "created_at": "created_at",
    "updated_at": "updated_at", "progress": "progress", "display_description": "description",
}  # fmt: skip
_OPERATORS = {"gt": "__gt__", "gte": "__ge__", "eq": "__eq__", "neq": "__ne__", "lt": "__lt__", "lte": "__le__"}
_TRUE, _FALSE = ("1", "t", "true", "on", "y", "yes"), ("0", "f", "false", "off", "n", "no")


def sort_column(table: sa.Table, key: str) -> str:
    """The column behind a sort key; 400 if there is none."""
    column = _COLUMNS.get(key)
    if column is None or column not in table.c:
        raise errors.BadRequest(f"Invalid input received: Invalid sort key {key}")
    return column


def volume_query(project_id: str | None, filters: dict[str, str]) -> sa.Select[Any]:
    """Volumes of a project, or of all, that fulfil the filters; 400 names a value that makes no sense.

    Who sees all projects sees the hidden targets of migrations as well.
    """
    query = _query(volumes, project_id, filters)
    return query if project_id is None else query.where(is_no_target())


def snapshot_query(project_id: str | None, filters: dict[str, str]) -> sa.Select[Any]:
    """Snapshots, in the same way."""
    zone = filters.get("availability_zone")
    query = _query(snapshots, project_id, {k: v for k, v in filters.items() if k != "availability_zone"})
    if zone is not None:
        query = query.where(
            snapshots.c.volume_id.in_(sa.select(volumes.c.id).where(volumes.c.availability_zone == zone))
        )
    return query


def _query(table: sa.Table, project_id: str | None, filters: dict[str, str]) -> sa.Select[Any]:
    query = sa.select(table)
    if project_id is not None:
        query = query.where(table.c.project_id == project_id)
    return query.where(*(_condition(table, key, value) for key, value in filters.items()))


def _condition(table: sa.Table, key: str, value: str) -> Condition:
    if key in ("metadata", "glance_metadata"):
        column = table.c.metadata if key == "metadata" else volumes.c.image_metadata
        return _has_pairs(column, key, value)
    if key == "consumes_quota":
        return sa.true() if flag(key, value) else sa.false()
    column_name = _COLUMNS.get(key)
    if column_name is None or column_name not in table.c:
        return sa.false()  # nothing has what nobody knows
    column = table.c[column_name]
    if key in _TIMES:
        return _compared(column, value)
    if key in _FLAGS:
        return column.is_(flag(key, value))
    if column_name == "size_gib":
        return column == int(value) if value.isdigit() and len(value) < 10 else sa.false()
    return column == value


def flag(name: str, value: str) -> bool:
    """A truth value as clients write it; 400 for anything else."""
    if value.strip().lower() not in (*_TRUE, *_FALSE):
        raise errors.BadRequest(f"Value '{value}' for '{name}' is not a boolean.")
    return value.strip().lower() in _TRUE


def _has_pairs(column: Any, key: str, value: str) -> Condition:
    try:
        pairs = pairs_of(key, value)
    except errors.BadRequest:
        return sa.false()  # Cinder compares what is no dictionary with one
    return sa.and_(sa.true(), *(column[str(name)].as_string() == str(wanted) for name, wanted in pairs.items()))


def pairs_of(key: str, value: str) -> dict[Any, Any]:
    """A dictionary as Python or JSON writes it; 400 for anything else."""
    try:
        pairs = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        pairs = None
    if not isinstance(pairs, dict):
        raise errors.BadRequest(f"Invalid input for query parameter {key}. Value: {value}. It must be a dictionary.")
    return pairs


def _compared(column: Any, value: str) -> Condition:
    return sa.and_(*(_comparison(column, unit) for unit in value.split(",")))


def _comparison(column: Any, unit: str) -> Condition:
    operator, _, text = unit.partition(":")
    if operator not in _OPERATORS:
        raise errors.BadRequest(f"Invalid {operator} operator")
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise errors.BadRequest(f"Invalid {text} value") from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    condition: Condition = getattr(column, _OPERATORS[operator])(moment)
    return condition


def volume_page(tx: Tx, query: sa.Select[Any], page: Page) -> list[Volume]:
    return [from_row(row) for row in paging.rows(tx, query, volumes, page, "Volume")]


def snapshot_page(tx: Tx, query: sa.Select[Any], page: Page) -> list[Snapshot]:
    return [snapshot_of(row) for row in paging.rows(tx, query, snapshots, page, "Snapshot")]


def summary(tx: Tx, project_id: str | None) -> tuple[int, int, dict[str, list[str]]]:
    """How many volumes, how many GiB, and all values of each metadata key."""
    found = [from_row(row) for row in tx.execute(volume_query(project_id, {}))]
    distinct: dict[str, list[str]] = {}
    for volume in found:
        for key, value in volume.metadata.items():
            values = distinct.setdefault(key, [])
            if value not in values:
                values.append(value)
    return len(found), sum(volume.size_gib for volume in found), distinct
