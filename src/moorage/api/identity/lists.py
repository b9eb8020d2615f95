"""Which rows does a list request ask for, and how is a list answered?"""

from __future__ import annotations

from typing import Any

from moorage.api.wire import paging
from moorage.api.wire.answers import NULL, NULLABLE_TEXT, TEXT, Schema, array, closed
from moorage.api.wire.call import Call
from moorage.identity.service.rows import COMPARATORS, Query

_FALSE = ("false", "0")


def query(call: Call, *columns: str) -> Query:
    """Filters by the columns named, each once; other parameters are ignored, as Keystone does."""
    equal: dict[str, Any] = {name: call.query[name] for name in columns if name in call.query}
    if "enabled" in equal:
        # Keystone: everything but these two is true, even an empty value.
        equal["enabled"] = equal["enabled"].lower() not in _FALSE
    like = [
        ("name", how, text) for how in COMPARATORS if "name" in columns and (text := call.query.get(f"name__{how}"))
    ]
    return Query(equal=equal, like=like, marker=call.query.get("marker", ""), limit=paging.limit_of(call))


def answer(call: Call, name: str, items: list[dict[str, Any]], *, has_more: bool = False) -> dict[str, Any]:
    """A list with its links; ``next`` while there is more."""
    own = call.service_url + call.path
    following = f"{own}?{paging.next_query(call, items[-1]['id'])}" if has_more and items else None
    return {name: items, "links": {"self": own, "previous": None, "next": following}}


def listed(name: str, entry: Schema) -> Schema:
    """How ``answer`` is described."""
    return closed({name: array(entry), "links": closed({"self": TEXT, "previous": NULL, "next": NULLABLE_TEXT})})
