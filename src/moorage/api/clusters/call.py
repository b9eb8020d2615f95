"""What do all handlers need? Bodies in one spelling, queries checked, lists paged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moorage import errors
from moorage.api.clusters import schema
from moorage.api.clusters.fields import V2
from moorage.api.clusters.schema import Fields
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import Schema
from moorage.api.wire.route import Handler
from moorage.clusters.refusals import InvalidParameters
from moorage.clusters.service import paging
from moorage.clusters.service.paging import Page, Query

_PAGING = ("marker", "limit", "sort_by")
_FILTERS = ("plugin_name", "plugin_version", "name")
_OLD_NAME, _NEW_NAME = "hadoop_version", "plugin_version"


def is_v2(call: Call) -> bool:
    """v1.1 has no microversions."""
    return call.version >= V2


def body(call: Call, fields: Fields) -> dict[str, Any]:
    """The body in the names of v2."""
    data = schema.parse(call.raw, fields, call.version)
    return {(_NEW_NAME if name == _OLD_NAME else name): value for name, value in data.items()}


def renamed(call: Call, rendered: dict[str, Any]) -> dict[str, Any]:
    """The object in the names of the version asked for."""
    if is_v2(call):
        return rendered
    names = {_NEW_NAME: _OLD_NAME, "project_id": "tenant_id"}
    return {names.get(name, name): value for name, value in rendered.items()}


def check_query(call: Call, *allowed: str) -> None:
    """v2 refuses parameters it does not know; v1.1 ignores them."""
    known = (*allowed, *_PAGING)
    if is_v2(call) and (unknown := [name for name in call.query if name not in known]):
        raise InvalidParameters(f"The only valid params are {list(allowed)} and {list(_PAGING)}, not {unknown[0]}")


def listed(
    call: Call, name: str, found: list[Any], sortable: tuple[str, ...], render: Callable[[Any], dict[str, Any]]
) -> Reply:
    """A list with the filters of templates and clusters; ``hadoop_version`` is taken in v2 too, as clients send it."""
    check_query(call, *_FILTERS, _OLD_NAME)
    filters = {
        (_NEW_NAME if key == _OLD_NAME else key): value
        for key, value in call.query.items()
        if key in (*_FILTERS, _OLD_NAME)
    }
    page = paging.page(found, _query(call, filters, sortable))
    return Reply(body={name: [render(item) for item in page.items], **_markers(call, page)})


def _query(call: Call, filters: dict[str, str], sortable: tuple[str, ...]) -> Query:
    wanted = call.query.get("sort_by") or "created_at"
    field = wanted.removeprefix("-").replace(_OLD_NAME, _NEW_NAME)
    paging.check_sort(field, (*sortable, "created_at"))
    return Query(
        filters=filters, limit=_limit(call), marker=call.query.get("marker"), sort_by=field,
        is_descending=wanted.startswith("-"),
    )  # fmt: skip


def _limit(call: Call) -> int | None:
    given = call.query.get("limit")
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or not int(given[:9]) > 0:
        raise errors.BadRequest("'limit' must be positive integer")
    return int(given[:9])


def _markers(call: Call, page: Page[Any]) -> dict[str, Any]:
    if page.previous is None and page.next is None and "marker" not in call.query:
        return {}
    return {"markers": {"prev": page.previous, "next": page.next}}


def rows(noun: str) -> Callable[..., Route]:
    """How the rows of a noun's route table are written: their rules are named as Sahara names them."""

    def row(
        method: str, path: str, handler: Handler, action: str, summary: str, default: str = "member", *,
        answer: Schema | None = None,
    ) -> Route:  # fmt: skip
        policy = f"data-processing:{noun}:{action}"
        return Route(
            method=method, path=path, handler=handler, policy=policy, default=default, summary=summary, answer=answer
        )

    return row
