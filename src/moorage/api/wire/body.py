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
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from moorage import errors
from moorage.api.wire.versions import Version
from moorage.conversion import convert

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


class Check(msgspec.Struct, frozen=True):
    """What a type cannot say: ``reason(value)`` tells why a value is refused, None if it is not.

    It may raise ``errors.BadRequest`` itself where the words must be others.
    """

    reason: Callable[[Any], str | None]
    words: tuple[str, ...] = ()
    """The only values it lets pass, if they can be listed."""


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
        raise errors.BadRequest("Malformed request body")
    if b"\\u0000" in raw and _has_nul(decoded):
        raise errors.BadRequest("Malformed request body: it contains NUL characters")
    return decoded


def _has_nul(data: Any) -> bool:
    """Databases cannot keep NUL characters, so no text may have any."""
    if isinstance(data, dict):
        return any(_has_nul(name) or _has_nul(value) for name, value in data.items())
    if isinstance(data, list):
        return any(_has_nul(value) for value in data)
    return isinstance(data, str) and "\0" in data


def validate(data: dict[str, Any], schema: type[T], version: Version, *, strict: bool = False) -> T:
    """Check ``data`` and build the Struct; 400 names field, value and reason.

    Unless ``strict``, numbers and truth values may come as strings.
    """
    _reject_other_versions(data, schema, version)
    try:
        built = convert(data, schema, strict=strict)
    except msgspec.ValidationError as problem:
        raise errors.BadRequest(_explain(str(problem), _hidden(data))) from None
    _check(data, schema)
    return built


def refusal(field: str | int, value: Any, reason: str) -> errors.BadRequest:
    """The error for a value that is not what its field takes, in OpenStack's form."""
    shown = "***" if _SECRET.search(str(field)) else _cut(str(value))
    return errors.BadRequest(f"Invalid input for field/attribute {field}. Value: {shown}. {reason}")


def _reject_other_versions(data: Any, schema: Any, version: Version, field: str | int = "") -> None:
    if isinstance(data, list):
        for position, item in enumerate(data):
            _reject_other_versions(item, schema, version, position)
    if not isinstance(data, dict) or not _is_struct(schema):
        return
    known = {name: nested for name, (spans, _, nested) in fields(schema).items() if not spans or spans.covers(version)}
    others = set(data) - set(known)
    if not schema.__struct_config__.forbid_unknown_fields:
        others &= set(fields(schema))
    if others:
        required = [f.encode_name for f in msgspec.structs.fields(schema) if f.required]
        missing = [name for name in required if name not in data]
        reason = f"'{missing[0]}' is a required property" if missing else unexpected(others)
        raise refusal(field, _hidden(data), reason) if field != "" else errors.BadRequest(reason)
    for name, nested in known.items():
        if nested is not None and name in data:
            _reject_other_versions(data[name], nested, version, name)


def unexpected(names: Iterable[str]) -> str:
    """What is wrong with fields that nobody asked for."""
    told = sorted(names)
    return (
        f"Additional properties are not allowed ({', '.join(map(repr, told))} {'was' if len(told) == 1 else 'were'} "
        "unexpected)"
    )


def _check(data: Any, schema: Any) -> None:
    if isinstance(data, list):
        for item in data:
            _check(item, schema)
    if not isinstance(data, dict) or not _is_struct(schema):
        return
    for name, (_, checks, nested) in fields(schema).items():
        if name not in data:
            continue
        for check in checks:
            if (reason := check.reason(data[name])) is not None:
                raise refusal(name, data[name], reason)
        if nested is not None:
            _check(data[name], nested)


def _is_struct(schema: Any) -> bool:
    return isinstance(schema, type) and issubclass(schema, msgspec.Struct)


@functools.cache
def fields(schema: type[msgspec.Struct]) -> dict[str, tuple[Spans | None, list[Check], Any]]:
    """Of each field of a Struct, by its name on the wire: versions, checks, and the Struct within."""
    hints = typing.get_type_hints(schema, include_extras=True)
    return {f.encode_name: _notes(hints[f.name]) for f in msgspec.structs.fields(schema)}


def _notes(hint: Any) -> tuple[Spans | None, list[Check], Any]:
    """The versions a field exists in, its checks, and the Struct within."""
    notes = _metadata(hint)
    spans = next((note for note in notes if isinstance(note, Spans)), None)
    return spans, [note for note in notes if isinstance(note, Check)], _nested(hint)


def _metadata(hint: Any) -> list[Any]:
    """The notes of a type and, if it is a union, of what it is made of."""
    found = list(getattr(hint, "__metadata__", ()))
    if typing.get_origin(hint) is typing.Annotated:
        return found + _metadata(typing.get_args(hint)[0])
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        found += [note for part in typing.get_args(hint) for note in _metadata(part)]
    return found


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
    reason = _reason(match["why"], value)
    return str(refusal(field, value, reason)) if field != "" else reason


def _reason(why: str, value: Any) -> str:
    """The library's reason in the words OpenStack's schemas use."""
    for pattern, phrase in _REASONS:
        if found := re.match(pattern, why):
            return phrase.format(*found.groups(), value=_cut_repr(value), kinds=_kinds(found))
    return why


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _cut_repr(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...{text[-1]}"


def _kinds(found: re.Match[str]) -> str:
    names = str(found[1]).split(" | ") if found.groups() else []
    return ", ".join(repr(_KINDS.get(name, name)) for name in names)


_KINDS = {
    "null": "null",
    "str": "string",
    "int": "integer",
    "bool": "boolean",
    "object": "object",
    "array": "array",
    "float": "number",
}
_REASONS = [
    (r"Object contains unknown field `(.*)`", "Additional properties are not allowed ('{0}' was unexpected)"),
    (r"Object missing required field `(.*)`", "'{0}' is a required property"),
    (r"Expected `([^`]+)`, got `[^`]+`", "{value} is not of type {kinds}"),
    (r"Expected `\w+` of length >= 1$", "{value} should be non-empty"),
    (r"Expected `\w+` of length >= \d+", "{value} is too short"),
    (r"Expected `object` of length <= \d+", "{value} has too many properties"),
    (r"Expected `\w+` of length <= \d+", "{value} is too long"),
    (r"Expected `str` matching regex (.*)", "{value} does not match {0}"),
    (r"Expected `int` >= (.*)", "{value} is less than the minimum of {0}"),
    (r"Expected `int` <= (.*)", "{value} is greater than the maximum of {0}"),
]


def _look_up(data: Any, path: str) -> tuple[Any, str]:
    """The value at a path and the last part of the path, empty for the body itself."""
    field = ""
    for name, index in _STEP.findall(path):
        if name and isinstance(data, dict) and name in data:
            data, field = data[name], name
        elif index.isdigit() and isinstance(data, list) and int(index) < len(data):
            data, field = data[int(index)], index
    return data, field
