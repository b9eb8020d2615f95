"""What part of a collection does a request ask for? Filters, fields, order and pages, as Neutron has them.

A filter names any plain field; given several times, any of its values will do. What is no field is ignored.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moorage import errors
from moorage.api.wire import Call, Reply
from moorage.api.wire.answers import Schema, page
from moorage.api.wire.paging import limit_of, next_query

View = dict[str, Any]

_TRUE, _FALSE = ("true", "1", "yes", "t"), ("false", "0", "no", "f")


def answer(call: Call, name: str, views: Iterable[View]) -> Reply:
    """The views asked for, under the collection's name."""
    found = _sorted(call, name, [view for view in views if _fits(call, view)])
    if call.query.get("marker"):
        found = found[_place(call, found) + 1 :]
    limit = limit_of(call)
    shown = found[:limit] if limit else found
    body: dict[str, Any] = {name: [cut(call, view) for view in shown]}
    if len(shown) < len(found):
        href = f"{call.service_url}{call.path}?{next_query(call, shown[-1]['id'])}"
        body[f"{name}_links"] = [{"rel": "next", "href": href}]
    return Reply(body=body)


def cut(call: Call, view: View) -> View:
    """Only the ``fields`` asked for; all if none is."""
    wanted = call.query.getlist("fields")
    return {field: view[field] for field in view if field in wanted} if wanted else view


def _fits(call: Call, view: View) -> bool:
    return all(
        any(_equal(view[name], value) for value in call.query.getlist(name)) for name in set(call.query) & set(view)
    )


def _equal(shown: Any, asked: str) -> bool:
    if isinstance(shown, bool):
        return asked.lower() in (_TRUE if shown else _FALSE)
    if isinstance(shown, list):
        return any(_holds(item, asked) for item in shown)
    return asked == ("" if shown is None else str(shown))


def _holds(item: Any, asked: str) -> bool:
    """``fixed_ips=ip_address=10.0.0.4`` asks for an entry with that value."""
    if isinstance(item, dict):
        key, _, value = asked.partition("=")
        return key in item and str(item[key]) == value
    return str(item) == asked


def _sorted(call: Call, name: str, views: list[View]) -> list[View]:
    keys, ways = call.query.getlist("sort_key"), call.query.getlist("sort_dir")
    for number in reversed(range(len(keys))):
        key, way = keys[number], ways[number] if number < len(ways) else "asc"
        if way not in ("asc", "desc"):
            raise errors.BadRequest(f"Invalid input for sort_dir. Reason: {way} is not asc or desc.")
        if views and not isinstance(views[0].get(key), str | int):
            raise errors.BadRequest(f"[{key!r}] is invalid attribute for sort_key of {name}")
        views = sorted(views, key=lambda view: str(view[key]), reverse=way == "desc")
    return views


def _place(call: Call, views: list[View]) -> int:
    marker = call.query["marker"]
    for number, view in enumerate(views):
        if view["id"] == marker:
            return number
    raise errors.BadRequest(f"Invalid input for operation: marker {marker} could not be found.")


def listed(name: str, entry: Schema) -> Schema:
    """How ``answer`` is described."""
    return page(name, selectable(entry))


def selectable(entry: Schema) -> Schema:
    """Of any object ``cut`` may leave fields out."""
    return {**entry, "required": []}
