"""Is a request body what Sahara's schema asks for? All that is wrong is told at once, each with its path.

Unlike the other services' bodies these stay plain maps: what was given and what was left out decides what is inherited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from moorage import ids
from moorage.api.wire.body import decode_object, unexpected
from moorage.api.wire.versions import Version
from moorage.clusters.refusals import InvalidSchema, MalformedBody
from moorage.errors import BadRequest

Problem = tuple[tuple[Any, ...], str]
Check = Callable[[Any, Version], Iterator[Problem]]
"""``check(value, version)``: what is wrong, with paths below the value."""

_HOST = re.compile(r"^(([a-zA-Z]|[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9])\.)*([A-Za-z]|[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9])\Z")
_NAME = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*\Z")
_KEYPAIR = re.compile(r"^[a-zA-Z0-9_ -]+\Z")
_PATH = re.compile(r"^(/[A-Za-z0-9_-]+)+\Z")
_TAG = re.compile(r"^(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9_-]*[a-zA-Z0-9])\.)*([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9_-]*[A-Za-z0-9])\Z")  # fmt: skip  # noqa: E501
FORMATS: dict[str, Callable[[str], bool]] = {
    "valid_name_hostname": lambda text: bool(_HOST.match(text)),
    "valid_name": lambda text: bool(_NAME.match(text)),
    "valid_keypair_name": lambda text: bool(_KEYPAIR.match(text)),
    "valid_tag": lambda text: bool(_TAG.match(text)),
    "posix_path": lambda text: bool(_PATH.match(text)),
    "uuid": ids.is_uuid,
}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One property of an object."""

    check: Check
    is_required: bool = False
    since: Version | None = None


Fields = dict[str, Field]


def parse(raw: bytes, fields: Fields, version: Version) -> dict[str, Any]:
    """The body as an object of these fields; ``InvalidSchema`` with everything that is wrong."""
    data = read(raw)
    if problems := list(_of_object(data, fields, version)):
        raise InvalidSchema("\n".join(_told(path) + message for path, message in problems))
    return data


def read(raw: bytes) -> dict[str, Any]:
    """The object in a body; none is an empty one."""
    if not raw:
        return {}
    try:
        return decode_object(raw)
    except BadRequest as error:
        raise MalformedBody(f"Malformed message body: {error.message}") from None


def _told(path: tuple[Any, ...]) -> str:
    return f"{path[0]}{''.join(f'[{part}]' for part in path[1:])}: " if path else ""


def _of_object(value: Any, fields: Fields, version: Version) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield (), f"{value!r} is not of type 'object'"
        return
    known = {name: field for name, field in fields.items() if field.since is None or version >= field.since}
    for name, field in known.items():
        if name in value:
            yield from (((name, *path), message) for path, message in field.check(value[name], version))
        elif field.is_required:
            yield (), f"'{name}' is a required property"
    if others := set(value) - set(known):
        yield (), unexpected(others)


def _typed(kind: type, name: str, nullable: bool, rest: Callable[[Any], Iterator[str]] = lambda _: iter(())) -> Check:
    def check(value: Any, _version: Version) -> Iterator[Problem]:
        if value is None and nullable:
            return
        is_bool = isinstance(value, bool) and kind is not bool
        if not isinstance(value, kind) or is_bool:
            yield (), f"{value!r} is not of type {_names(name, nullable)}"
            return
        for message in rest(value):
            yield (), message

    return check


def _names(name: str, nullable: bool) -> str:
    return f"'{name}', 'null'" if nullable else f"'{name}'"


def text(*, low: int = 0, high: int = 65535, form: str = "", nullable: bool = False) -> Check:
    def rest(value: str) -> Iterator[str]:
        if len(value) < low:
            yield f"{value!r} is too short"
        elif len(value) > high:
            yield f"'{value[:60]}...' is too long"
        elif form and not FORMATS[form](value):
            yield f"{value!r} is not a '{form}'"

    return _typed(str, "string", nullable, rest)


def integer(*, low: int, nullable: bool = False) -> Check:
    def rest(value: int) -> Iterator[str]:
        if value < low:
            yield f"{value!r} is less than the minimum of {low}"
        elif value > 1 << 31:
            yield f"{value!r} is greater than the maximum of {1 << 31}"

    return _typed(int, "integer", nullable, rest)


def flag(*, nullable: bool = False) -> Check:
    return _typed(bool, "boolean", nullable)


def flavor(value: Any, _version: Version) -> Iterator[Problem]:
    """An id in any form: Sahara takes integers and UUIDs alone, and so refuses ids such as ``m1.small``."""
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        yield (), f"{value!r} is not of type 'flavor'"


def configs(*, nullable: bool = False) -> Check:
    def check(value: Any, _version: Version) -> Iterator[Problem]:
        if not (value is None and nullable) and not _is_configs(value):
            yield (), f"{value!r} is not of type {_names('configs', nullable)}"

    return check


def _is_configs(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(values, dict) and all(isinstance(found, str | int) for found in values.values())
        for values in value.values()
    )


def array(item: Check, *, low: int = 0, high: int | None = None, unique: bool = False, nullable: bool = False) -> Check:
    whole = _typed(list, "array", nullable)

    def check(value: Any, version: Version) -> Iterator[Problem]:
        yield from whole(value, version)
        if not isinstance(value, list):
            return
        if len(value) < low:
            yield (), f"{value!r} is too short"
        if high is not None and len(value) > high:
            yield (), f"{value!r} is too long"
        for position, part in enumerate(value):
            yield from (((position, *path), message) for path, message in item(part, version))
        if unique and any(part in value[:position] for position, part in enumerate(value)):
            yield (), f"{value!r} has non-unique elements"

    return check


def nested(choose: Callable[[dict[str, Any]], Fields]) -> Check:
    """An object whose fields may depend on what is in it."""

    def check(value: Any, version: Version) -> Iterator[Problem]:
        yield from _of_object(value, choose(value) if isinstance(value, dict) else {}, version)

    return check


def one_of(*words: str) -> Check:
    def check(value: Any, _version: Version) -> Iterator[Problem]:
        if value not in words:
            yield (), f"{value!r} is not one of {list(words)!r}"

    return check
