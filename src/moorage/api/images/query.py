"""What page of images does a query string ask for?

Rules and messages: Glance (``glance/api/v2/images.py``, ``RequestDeserializer.index``).
"""

from __future__ import annotations

from urllib.parse import urlencode

from moorage import errors
from moorage.api.wire import Call
from moorage.api.wire.paging import limit_of
from moorage.images.model import Image
from moorage.images.service.listing import SORT_KEYS, Listing

DEFAULT_LIMIT = 25
"""Glance's ``limit_param_default``"""

_OWN = {"limit", "marker", "sort", "sort_key", "sort_dir", "tag", "visibility", "member_status"}
_VISIBILITIES = ("community", "public", "private", "shared", "all")
_STATUSES = ("pending", "accepted", "rejected", "all")


def listing_of(call: Call) -> Listing:
    """The page asked for; 400 names the parameter that cannot be used."""
    query = call.query
    if "changes-since" in query:
        raise errors.BadRequest('The "changes-since" filter is no longer available on v2.')
    return Listing(
        filters=[(name, value) for name, value in query.multi_items() if name not in _OWN],
        tags=[tag.strip() for tag in query.getlist("tag")],
        visibility=_one_of("visibility value", query.get("visibility") or None, _VISIBILITIES),
        member_status=_one_of("status", query.get("member_status"), _STATUSES) or "accepted",
        sort=_sort(call),
        marker=query.get("marker"),
        limit=limit_of(call, DEFAULT_LIMIT),
    )


def first_and_next(call: Call, page: list[Image], limit: int) -> dict[str, str]:
    """The paths of the first page and, while this one is full, of the next."""
    pairs = [(name, value) for name, value in call.query.multi_items() if name != "marker"]
    links = {"first": "/v2/images" + (f"?{urlencode(pairs)}" if pairs else "")}
    if page and len(page) == limit:
        links["next"] = f"/v2/images?{urlencode([*pairs, ('marker', page[-1].id)])}"
    return links


def _sort(call: Call) -> list[tuple[str, bool]]:
    keys, directions = call.query.getlist("sort_key"), call.query.getlist("sort_dir")
    if "sort" in call.query:
        if keys or directions:
            raise errors.BadRequest("Old and new sorting syntax cannot be combined")
        pairs = [part.strip().partition(":") for part in call.query["sort"].split(",")]
        return [_checked(key, direction or "desc") for key, _, direction in pairs]
    keys = keys or ["created_at"]
    directions = directions or ["desc"]
    if len(directions) not in (1, len(keys)):
        raise errors.BadRequest("Number of sort dirs does not match the number of sort keys")
    directions = directions * len(keys) if len(directions) == 1 else directions
    return [_checked(key, direction) for key, direction in zip(keys, directions, strict=True)]


def _checked(key: str, direction: str) -> tuple[str, bool]:
    key, direction = key.strip(), direction.strip()
    if key not in SORT_KEYS:
        raise errors.BadRequest(f"Invalid sort key: {key}. It must be one of the following: {', '.join(SORT_KEYS)}.")
    if direction not in ("asc", "desc"):
        raise errors.BadRequest(f"Invalid sort direction: {direction}")
    return key, direction == "desc"


def _one_of(what: str, value: str | None, known: tuple[str, ...]) -> str | None:
    if value is not None and value not in known:
        raise errors.BadRequest(f"Invalid {what}: {value}")
    return value
