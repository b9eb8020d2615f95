"""Which rows are on a page? Sorted by any columns, after a marker or an offset, as Cinder's lists are."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import errors
from moorage.store import Tx


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is asked for. ``sort`` holds columns and whether they descend; the id decides between equals."""

    sort: tuple[tuple[str, bool], ...] = (("created_at", True),)
    marker: str | None = None
    offset: int = 0
    limit: int = 1000


def rows(tx: Tx, query: sa.Select[Any], table: sa.Table, page: Page, noun: str) -> list[Any]:
    """The rows of one page; ``errors.NotFound`` if the marker is no row of ``query``."""
    order = [*page.sort, ("id", page.sort[-1][1])]
    if page.marker is not None:
        found = tx.execute(query.where(table.c.id == page.marker)).one_or_none()
        if found is None:
            raise errors.NotFound(f"{noun} {page.marker} could not be found.")
        query = query.where(_after(table, found, order))
    keys = [_key(table, name).desc() if descends else _key(table, name).asc() for name, descends in order]
    return list(tx.execute(query.order_by(*keys).limit(page.limit).offset(page.offset)))


def count(tx: Tx, query: sa.Select[Any]) -> int:
    """How many rows there are on all pages."""
    return tx.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()


def _key(table: sa.Table, name: str) -> sa.ColumnElement[Any]:
    """Rows without a value come first, on every database."""
    column = table.c[name]
    return sa.func.coalesce(column, _least(column)) if column.nullable else column


def _least(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.DateTime):
        return dt.datetime(1970, 1, 1)
    return "" if isinstance(column.type, sa.String) else 0


def _after(table: sa.Table, marker: Any, order: list[tuple[str, bool]]) -> sa.ColumnElement[bool]:
    """Later in the order than ``marker``: differs in one column, equal in all before it."""
    later: list[sa.ColumnElement[bool]] = []
    same: list[sa.ColumnElement[bool]] = []
    for name, descends in order:
        key, value = _key(table, name), _value(table, name, marker)
        later.append(sa.and_(*same, key < value if descends else key > value))
        same.append(key == value)
    return sa.or_(*later)


def _value(table: sa.Table, name: str, marker: Any) -> Any:
    value = getattr(marker, name)
    return _least(table.c[name]) if value is None else value
