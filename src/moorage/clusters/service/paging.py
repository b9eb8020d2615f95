"""Which of the visible objects are on the page asked for? Filters, order and markers are Sahara's.

Sahara takes string filters for regular expressions; here they are parts of the value, so no request can keep a
processor busy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

from moorage import errors
from moorage.clusters.refusals import Missing

T = TypeVar("T")


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What a list request asks for."""

    filters: dict[str, str] = {}
    limit: int | None = None
    marker: str | None = None
    sort_by: str = "created_at"
    is_descending: bool = False


class Page(msgspec.Struct, Generic[T], kw_only=True):
    """A part of a list. The markers lead to its neighbours."""

    items: list[T]
    previous: str | None = None
    next: str | None = None


def page(found: Sequence[T], query: Query) -> Page[T]:
    """The objects that pass the filters, in order; 404 if the marker is none of them."""
    items: list[Any] = [item for item in found if _passes(item, query.filters)]
    items.sort(key=lambda item: (*_key(getattr(item, query.sort_by)), item.id), reverse=query.is_descending)
    start = 0 if query.marker is None else _position(items, query.marker) + 1
    if query.limit is None:
        return Page(items=items[start:])
    last, end = start - 1, start + query.limit
    return Page(
        items=items[start:end],
        previous=items[last - query.limit].id if last - query.limit >= 0 else None,
        next=items[end - 1].id if end < len(items) else None,
    )


def _passes(item: Any, filters: dict[str, str]) -> bool:
    return all(part in str(getattr(item, name)) for name, part in filters.items())


def _key(value: Any) -> tuple[bool, Any]:
    """What has no value comes first."""
    return (False, "") if value is None else (True, value)


def _position(items: list[Any], marker: str) -> int:
    for position, item in enumerate(items):
        if item.id == marker:
            return position
    raise Missing(f"Object with {{'id': '{marker}'}} not found")


def check_sort(field: str, allowed: tuple[str, ...]) -> None:
    if field not in allowed:
        raise errors.BadRequest(f"Unknown field for sorting {field}")
