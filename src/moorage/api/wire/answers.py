"""How is an answer with a closed set of fields described? For ``Route.answer``, over all microversions at once."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

LINKS: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"rel": {"type": "string"}, "href": {"type": "string", "format": "uri"}},
        "required": ["rel", "href"],
    },
}


def closed(always: dict[str, Any], sometimes: dict[str, Any] | None = None) -> Schema:
    """An object with these fields and no other; ``sometimes`` are those of some versions, callers or states."""
    fields = always | (sometimes or {})
    return {"type": "object", "properties": fields, "required": list(always), "additionalProperties": False}


def untyped(*names: str) -> dict[str, Any]:
    """Fields whose values are not described."""
    return {name: {} for name in names}


def one(name: str, entry: Schema) -> Schema:
    """``{"server": {...}}``"""
    return closed({name: entry})


def page(name: str, entry: Schema) -> Schema:
    """``{"servers": [...], "servers_links": [...]}``, with ``count`` where that can be asked for."""
    return closed(
        {name: {"type": "array", "items": entry}}, {f"{name}_links": LINKS, "count": {"type": "integer", "minimum": 0}}
    )
