"""What does a JSON patch change?

Glance takes a subset of RFC 6902 (``add``, ``replace``, ``remove`` on one top-level name) under its own media type, and
under an older one the form of draft 4, ``{"replace": "/name", "value": ...}``, where ``add`` must not replace.
Rules and messages: ``glance/api/v2/images.py``.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from moorage import errors
from moorage.images import fields
from moorage.images.model import Image

OLD_TYPE = "application/openstack-images-v2.0-json-patch"
TYPE = "application/openstack-images-v2.1-json-patch"
_OPERATIONS = ("add", "remove", "replace")


class Change(msgspec.Struct, frozen=True):
    """One operation on one field or property."""

    operation: str
    name: str
    value: Any
    is_strict: bool
    """Whether ``add`` refuses what is there already."""


def parse(content_type: str, raw: bytes) -> list[Change]:
    """The operations of a body; 415, 400 and, for what only the service sets, 403."""
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    if kind not in (OLD_TYPE, TYPE):
        raise errors.UnsupportedMedia(f"Image PATCH expects Content-Type one of: {OLD_TYPE}, {TYPE}")
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise errors.BadRequest("Malformed JSON in request body.") from None
    if not isinstance(body, list):
        raise errors.BadRequest("Request body must be a JSON array of operation objects.")
    return [_change(entry, kind == OLD_TYPE) for entry in body]


def apply(changes: list[Change], image: Image) -> dict[str, Any]:
    """The columns that come out when the operations are done one after the other; 403 and 409 as in Glance."""
    values: dict[str, Any] = {}
    properties = dict(image.properties)
    for change in changes:
        if change.name in fields.SETTABLE:
            _set(change, values)
        else:
            _change_property(change, properties)
    return values if properties == image.properties else {**values, "properties": properties}


def _change(entry: Any, is_old: bool) -> Change:
    if not isinstance(entry, dict):
        raise errors.BadRequest("Operations must be JSON objects.")
    operation, pointer = _old_form(entry) if is_old else _new_form(entry)
    name = _name(pointer)
    if name == "id":
        raise errors.Forbidden("Attribute 'id' is read-only.")
    fields.check_writable(name)
    if operation == "remove":
        return Change(operation, name, None, is_old)
    if "value" not in entry:
        raise errors.BadRequest(f'Operation "{operation}" requires a member named "value".')
    return Change(operation, name, fields.checked(name, entry["value"]), is_old)


def _new_form(entry: dict[str, Any]) -> tuple[str, Any]:
    operation = entry.get("op")
    if operation not in _OPERATIONS:
        raise errors.BadRequest(
            f"Invalid operation: `{operation}`. It must be one of the following: {', '.join(_OPERATIONS)}."
        )
    if "path" not in entry:
        raise errors.BadRequest("Unable to find 'path' in JSON Schema change")
    return operation, entry["path"]


def _old_form(entry: dict[str, Any]) -> tuple[str, Any]:
    named = [operation for operation in _OPERATIONS if operation in entry]
    if len(named) != 1:
        raise errors.BadRequest(
            'Operation objects must contain exactly one member named "add", "remove", or "replace".'
        )
    return named[0], entry[named[0]]


def _name(pointer: Any) -> str:
    if not isinstance(pointer, str) or not pointer.startswith("/"):
        raise errors.BadRequest(f'Pointer `{pointer}` does not start with "/".')
    if re.search(r"~(?![01])", pointer):
        raise errors.BadRequest(f'Pointer `{pointer}` contains "~" not part of a recognized escape sequence.')
    root, _, rest = pointer[1:].partition("/")
    if not root.strip() or (rest and root != "locations"):
        raise errors.BadRequest(f"Invalid JSON pointer for this resource: '{pointer}'")
    return root.replace("~1", "/").replace("~0", "~").strip()


def _set(change: Change, values: dict[str, Any]) -> None:
    if change.operation == "remove":
        raise errors.Forbidden(f"Property {change.name} may not be removed.")
    if change.operation == "add" and change.is_strict:
        raise errors.Conflict(f"Property {change.name} already present.")
    values[change.name] = change.value


def _change_property(change: Change, properties: dict[str, str]) -> None:
    is_there = change.name in properties
    if change.operation != "add" and not is_there:
        raise errors.Conflict(f"Property {change.name} does not exist.")
    if change.operation == "remove":
        del properties[change.name]
        return
    if change.operation == "add" and is_there and change.is_strict:
        raise errors.Conflict(f"Property {change.name} already present.")
    properties[change.name] = change.value
