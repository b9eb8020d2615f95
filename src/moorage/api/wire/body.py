"""Is the request body what the route takes?

Schemas are ``msgspec.Struct`` classes. A field that came with a microversion is marked
``Annotated[T, since(2, 19)]`` (or ``between``) and is an unknown field to older requests.
Messages follow the form that Nova and Cinder give: field, value, reason.
"""

from __future__ import annotations

import functools
import re
import types
import typing
from typing import Any, TypeVar

import msgspec

from moorage import errors
from moorage.api.wire.versions import Version

T = TypeVar("T")

_AT = re.compile(r"^(?P<why>.*?)(?: - at `(?P<key>key in )?(?P<path>\$[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_SECRET = re.compile("pass|secret|token", re.IGNORECASE)
_SHOWN = 200
"""Values longer than this many characters are cut in messages."""


class Spans(msgspec.Struct, frozen=True):
    """Version ranges (both ends included) in which a field exists."""

    ranges: tuple[tuple[Version, Version], ...]

    def covers(self, version: Version) -> bool:
        return any(low <= version <= high for low, high in self.ranges)


def since(major: int, minor: int) -> Spans:
    """The field exists from that microversion on."""
    return Spans((((major, minor), (major, 10_000)),))


def between(*ranges: tuple[Version, Version]) -> Spans:
    """The field exists in these ranges only."""
    return Spans(ranges)


def decode_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in a body; 400 if it is missing or something else."""
    try:
        decoded = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise errors.BadRequest("Malformed request body") from None
    if not isinstance(decoded, dict):
        raise errors.BadRequest("Malformed request body: a JSON object is expected")
    return decoded


def validate(data: dict[str, Any], schema: type[T], version: Version) -> T:
    """Check ``data`` and build the Struct; 400 names field, value and reason."""
    _reject_other_versions(data, schema, version)
    try:
        return msgspec.convert(data, schema, strict=False)
    except msgspec.ValidationError as problem:
        raise errors.BadRequest(_explain(str(problem), _hidden(data))) from None


def _reject_other_versions(data: Any, schema: Any, version: Version, field: str = "body") -> None:
    if isinstance(data, list):
        for item in data:
            _reject_other_versions(item, schema, version, field)
    if not isinstance(data, dict) or not _is_struct(schema):
        return
    for name, (spans, nested) in _fields(schema).items():
        if name not in data:
            continue
        if spans and not spans.covers(version):
            raise errors.BadRequest(
                f"Invalid input for field/attribute {field}. Value: {str(data)[:_SHOWN]}. "
                f"Additional properties are not allowed ('{name}' was unexpected)"
            )
        if nested is not None:
            _reject_other_versions(data[name], nested, version, name)


def _is_struct(schema: Any) -> bool:
    return isinstance(schema, type) and issubclass(schema, msgspec.Struct)


@functools.cache
def _fields(schema: type[msgspec.Struct]) -> dict[str, tuple[Spans | None, Any]]:
    hints = typing.get_type_hints(schema, include_extras=True)
    return {f.encode_name: _spans_and_nested(hints[f.name]) for f in msgspec.structs.fields(schema)}


def _spans_and_nested(hint: Any) -> tuple[Spans | None, Any]:
    spans = next((note for note in getattr(hint, "__metadata__", ()) if isinstance(note, Spans)), None)
    return spans, _nested(hint)


def _nested(hint: Any) -> Any:
    if _is_struct(hint):
        return hint
    if typing.get_origin(hint) in (typing.Annotated, list, typing.Union, types.UnionType):
        return next((found for part in typing.get_args(hint) if (found := _nested(part)) is not None), None)
    return None


def _hidden(data: Any, is_secret: bool = False) -> Any:
    """The data as messages may show it: nothing below a field that is named like a secret."""
    if isinstance(data, dict):
        return {name: _hidden(value, is_secret or bool(_SECRET.search(name))) for name, value in data.items()}
    if isinstance(data, list):
        return [_hidden(value, is_secret) for value in data]
    return "***" if is_secret else data


def _explain(problem: str, data: Any) -> str:
    match = _AT.match(problem)
    assert match
    value, field = _look_up(data, match["path"] or "$")
    shown = str(value)
    shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
    return f"Invalid input for field/attribute {field}. Value: {shown}. {_reason(match['why'], value)}"


def _reason(why: str, value: Any) -> str:
    """The library's reason in the words OpenStack's schemas use."""
    for pattern, phrase in _REASONS:
        if found := re.match(pattern, why):
            return phrase.format(*found.groups(), value=repr(value), kind=_KINDS.get(_first(found), _first(found)))
    return why


def _first(found: re.Match[str]) -> str:
    return str(found[1]).split(" | ")[0] if found.groups() else ""


_KINDS = {"str": "string", "int": "integer", "bool": "boolean", "object": "object", "array": "array", "float": "number"}
_REASONS = [
    (r"Object contains unknown field `(.*)`", "Additional properties are not allowed ('{0}' was unexpected)"),
    (r"Object missing required field `(.*)`", "'{0}' is a required property"),
    (r"Expected `([^`]+)`, got `[^`]+`", "{value} is not of type '{kind}'"),
    (r"Expected `str` of length >= 1$", "{value} should be non-empty"),
    (r"Expected `str` of length >= \d+", "{value} is too short"),
    (r"Expected `str` of length <= \d+", "{value} is too long"),
    (r"Expected `str` matching regex (.*)", "{value} does not match {0}"),
    (r"Expected `int` >= (.*)", "{value} is less than the minimum of {0}"),
    (r"Expected `int` <= (.*)", "{value} is greater than the maximum of {0}"),
]


def _look_up(data: Any, path: str) -> tuple[Any, str]:
    field = "body"
    for name, index in _STEP.findall(path):
        if name and isinstance(data, dict) and name in data:
            data, field = data[name], name
        elif index.isdigit() and isinstance(data, list) and int(index) < len(data):
            data = data[int(index)]
    return data, field
