"""Which images does a list show, and in what order?

Rules: Glance (``glance/db/sqlalchemy/api.py``, ``image_get_all``).
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import errors
from moorage.context import Context
from moorage.images.model import Image, image_of
from moorage.images.service.filters import conditions
from moorage.images.service.lookup import get_visible
from moorage.store import Tx
from moorage.store.tables.images import image_members, images

SORT_KEYS = ("name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at")
_NULLS = {"size": -1}
"""What null sorts as; the other columns that may be null are texts."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A request for one page."""

    filters: list[tuple[str, str]] = []
    """Names and values as sent; the names Glance does not know are properties."""
    tags: list[str] = []
    visibility: str | None = None
    member_status: str = "accepted"
    sort: list[tuple[str, bool]] = []
    """Column and whether it descends; the order is always completed by time of creation and id."""
    marker: str | None = None
    limit: int = 25


def page(tx: Tx, context: Context, wanted: Listing) -> list[Image]:
    """One page; 400 for a marker that is not to be seen or a filter that makes no sense."""
    order = _order(wanted)
    query = sa.select(images).where(images.c.deleted_at.is_(None), *conditions(wanted.filters, wanted.tags, tx))
    query = query.where(*_in_sight(context, wanted))
    if wanted.marker is not None:
        query = query.where(_after(_marker(tx, context, wanted.marker), order))
    query = query.order_by(*(_key(name).desc() if descends else _key(name).asc() for name, descends in order))
    return [image_of(row) for row in tx.execute(query.limit(wanted.limit))]


def _in_sight(context: Context, wanted: Listing) -> list[sa.ColumnElement[bool]]:
    mine = images.c.owner == context.project_id
    found: list[sa.ColumnElement[bool]] = []
    if not context.is_admin:
        open_to_all = images.c.visibility.in_(("public", "community"))
        found.append(sa.or_(open_to_all, images.c.owner.is_(None), mine, _shared_with(context, wanted.member_status)))
    if wanted.visibility is None:
        # Another project's community images are seen by those who ask for them.
        found.append(sa.or_(images.c.visibility != "community", mine))
    elif wanted.visibility != "all":
        found.append(images.c.visibility == wanted.visibility)
    return found


def _shared_with(context: Context, status: str) -> sa.ColumnElement[bool]:
    query = sa.select(image_members.c.image_id).where(image_members.c.member_id == context.project_id)
    if status != "all":
        query = query.where(image_members.c.status == status)
    return (images.c.visibility == "shared") & images.c.id.in_(query)


def _order(wanted: Listing) -> list[tuple[str, bool]]:
    order = wanted.sort or [("created_at", True)]
    last = order[-1][1] if len({descends for _, descends in order}) == 1 else True
    named = {name for name, _ in order}
    return [*order, *((name, last) for name in ("created_at", "id") if name not in named)]


def _key(name: str) -> sa.ColumnElement[Any]:
    column = images.c[name]
    return sa.func.coalesce(column, _NULLS.get(name, "")) if column.nullable else column


def _marker(tx: Tx, context: Context, marker: str) -> Image:
    try:
        return get_visible(tx, context, marker)
    except errors.NotFound:
        raise errors.BadRequest(f"No image found with ID {marker}") from None


def _after(marker: Image, order: list[tuple[str, bool]]) -> sa.ColumnElement[bool]:
    """Later in the order than ``marker``: differs in one column, equal in all before it."""
    later: list[sa.ColumnElement[bool]] = []
    same: list[sa.ColumnElement[bool]] = []
    for name, descends in order:
        value = getattr(marker, name)
        value = _NULLS.get(name, "") if value is None else value
        later.append(sa.and_(*same, _key(name) < value if descends else _key(name) > value))
        same.append(_key(name) == value)
    return sa.or_(*later)
