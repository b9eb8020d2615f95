"""What does the query string of a list ask for?"""

from __future__ import annotations

import sqlalchemy as sa

from moorage import errors
from moorage.api.wire import Call
from moorage.api.wire.paging import limit_of, offset_of
from moorage.volumes.service import listing
from moorage.volumes.service.paging import Page

_NOT_FILTERS = ("limit", "marker", "offset", "sort", "sort_key", "sort_dir", "with_count")
_STRICT = (3, 31)
"""From here on an unknown filter is refused."""


def page_of(call: Call, table: sa.Table) -> Page:
    """Limit, marker, offset and order; 400 for what makes no sense."""
    marker = call.query.get("marker")
    return Page(sort=_sort(call, table), marker=marker, offset=offset_of(call), limit=limit_of(call))


def _sort(call: Call, table: sa.Table) -> tuple[tuple[str, bool], ...]:
    combined = call.query.get("sort")
    keys, directions = call.query.get("sort_key"), call.query.get("sort_dir")
    if combined is None:
        pairs = [((keys or "created_at").strip(), (directions or "desc").strip())]
    elif keys is not None or directions is not None:
        raise errors.BadRequest(
            "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter."
        )
    else:
        pairs = [_pair(part) for part in combined.split(",")]
    return tuple((listing.sort_column(table, key), _descends(direction)) for key, direction in pairs)


def _pair(part: str) -> tuple[str, str]:
    key, _, direction = part.strip().partition(":")
    return key, direction or "desc"


def _descends(direction: str) -> bool:
    if direction not in ("asc", "desc"):
        raise errors.BadRequest(f"Invalid input received: Unknown sort direction {direction}, must be 'desc' or 'asc'.")
    return direction == "desc"


def filters_of(call: Call, known: tuple[str, ...]) -> dict[str, str]:
    """Filters sent along. Admins may use any; a member's unknown ones are ignored below 3.31 and 400 from it on."""
    given = {key: value for key, value in call.query.items() if key not in (*_NOT_FILTERS, "all_tenants")}
    if call.context.is_admin:
        return given
    unknown = [key for key in given if key not in known]
    if unknown and call.version >= _STRICT:
        raise errors.BadRequest(f"Invalid filters {','.join(unknown)} are found in query options.")
    return {key: value for key, value in given.items() if key in known}


def scope_of(call: Call) -> str | None:
    """Whose rows a list shows: the caller's project's; all projects' (None) if an admin asks for them."""
    wanted = call.query.get("all_tenants")
    if call.context.is_admin and wanted is not None and listing.flag("all_tenants", wanted):
        return None
    return call.context.project_id


def is_set(call: Call, name: str) -> bool:
    """A truth value in the query, false if it is not there; 400 if it is none."""
    value = call.query.get(name)
    return value is not None and listing.flag(name, value)
