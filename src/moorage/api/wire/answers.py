"""How is an answer with a closed set of fields described? For ``Route.answer``, over all microversions at once."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NULLABLE_TEXT: Schema = {"type": ["string", "null"]}
INTEGER: Schema = {"type": "integer"}
NULLABLE_INTEGER: Schema = {"type": ["integer", "null"]}
NUMBER: Schema = {"type": "number"}
BOOLEAN: Schema = {"type": "boolean"}
NOTHING: Schema = {"const": ""}
"""An empty text where there would be a value."""
NULL: Schema = {"type": "null"}
OBJECT: Schema = {"type": "object"}
"""Of any fields."""


def each(schema: Schema, *names: str) -> dict[str, Schema]:
    """Fields whose values are of one kind."""
    return dict.fromkeys(names, schema)


def untyped(*names: str) -> dict[str, Schema]:
    """Fields whose values are not described."""
    return each({}, *names)


def closed(always: dict[str, Schema], sometimes: dict[str, Schema] | None = None) -> Schema:
    """An object with these fields and no other; ``sometimes`` are those of some versions, callers or states."""
    fields = always | (sometimes or {})
    return {"type": "object", "properties": fields, "required": list(always), "additionalProperties": False}


def extensible(entry: Schema, others: Schema) -> Schema:
    """The object with further fields, which clients name."""
    return {**entry, "additionalProperties": others}


def mapping(values: Schema) -> Schema:
    """An object all of whose fields are named by clients or operators."""
    return {"type": "object", "additionalProperties": values}


def array(entry: Schema) -> Schema:
    return {"type": "array", "items": entry}


def either(*entries: Schema) -> Schema:
    return {"anyOf": list(entries)}


TEXTS = mapping(TEXT)
"""Metadata, extra specs and the like."""
TAGS = array(TEXT)
EMPTY: Schema = {"type": "array", "maxItems": 0}
"""A list of what there is none of here."""
LINKS = array(closed({"rel": TEXT, "href": {"type": "string", "format": "uri"}}))


def one(name: str, entry: Schema) -> Schema:
    """``{"server": {...}}``"""
    return closed({name: entry})


def several(name: str, entry: Schema) -> Schema:
    """``{"services": [...]}``, always all there are."""
    return one(name, array(entry))


def page(name: str, entry: Schema, **more: Schema) -> Schema:
    """``{"servers": [...], "servers_links": [...]}``, sometimes with more."""
    return closed({name: array(entry)}, {f"{name}_links": LINKS, **more})
