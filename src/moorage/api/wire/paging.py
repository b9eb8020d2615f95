"""Limits, markers and the link to the next page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from moorage import errors
from moorage.api.wire.call import Call

MAX_LIMIT = 1000


def limit_of(call: Call, default: int = MAX_LIMIT) -> int:
    """The page size asked for, cut to ``MAX_LIMIT``; 400 if it is no number or negative."""
    return min(_number(call, "limit", default), MAX_LIMIT)


def offset_of(call: Call) -> int:
    return _number(call, "offset", 0)


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise errors.BadRequest(
            f"Invalid input for query parameters {name}. Value: {text}. '{text}' does not match '^[0-9]*$'"
        )
    return int(text)


def next_link(call: Call, name: str, page: list[Any], limit: int, marker: str | None) -> dict[str, Any]:
    """``{"<name>_links": [...]}`` while the page is full, else nothing."""
    if not page or len(page) < limit or marker is None:
        return {}
    return {f"{name}_links": [{"rel": "next", "href": f"{call.service_url}{call.path}?{next_query(call, marker)}"}]}


def next_query(call: Call, marker: str) -> str:
    pairs = [(key, value) for key, value in call.query.multi_items() if key not in ("marker", "offset")]
    return urlencode([*pairs, ("marker", marker)])
