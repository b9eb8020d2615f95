"""What forms do the fields of server requests take? Reasons are worded as Nova's schemas word them."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta

from moorage import ids
from moorage.api.compute.input import check_name, check_text
from moorage.api.wire.body import Check, refusal

_MAX_INT = 0x7FFFFFFF
_TRUE = ("True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes")
_FALSE = ("False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no")
_META_KEY = r"^[a-zA-Z0-9-_:. ]{1,255}$"
_NO_SCHEMA = "{!r} is not valid under any of the given schemas"
HOSTNAME = r"^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$"


def _name(value: str) -> None:
    check_name(value)


def _description(value: str | None) -> None:
    check_text("description", value)


def _truth(value: Any) -> str | None:
    words = [True, *_TRUE, False, *_FALSE]
    return None if isinstance(value, bool) or value in words else f"{value!r} is not one of {words}"


def _number(pattern: str, low: int | None = None, high: int | None = None) -> Check:
    """A number that may come as a string of digits."""

    def reason(value: Any) -> str | None:
        if isinstance(value, str):
            if not value and low is not None:
                return f"{value!r} should be non-empty"
            if not re.fullmatch(pattern[1:-1], value, re.ASCII):
                return f"{value!r} does not match '{pattern}'"
        if value is None:
            return None
        number = int(value) if len(str(value)) < 20 else _MAX_INT**2
        if low is not None and number < low:
            return f"{value!r} is less than the minimum of {low}"
        if high is not None and number > high:
            return f"{value!r} is greater than the maximum of {high}"
        return None

    return Check(reason)


def _uuid(value: str) -> str | None:
    return None if ids.is_uuid(value) else f"{value!r} is not a 'uuid'"


def _image_ref(value: Any) -> str | None:
    return None if value == "" or ids.is_uuid(value) else _NO_SCHEMA.format(value)


def _flavor_ref(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return f"{value!r} is not of type 'string', 'integer'"
    return "'' should be non-empty" if value == "" else None


def _base64(value: str) -> str | None:
    """As lenient as Nova: characters outside the alphabet do not count."""
    try:
        base64.b64decode(value)
    except (binascii.Error, ValueError):
        return f"{value[:200]!r} is not a 'base64'"
    return None


def _ip(version: int) -> Check:
    return Check(lambda value: None if is_ip(value, version) else f"{value!r} is not a 'ipv{version}'")


def is_ip(text: Any, version: int = 0) -> bool:
    """Whether text is an IP address; ``version`` 0 takes both."""
    try:
        parsed = ipaddress.ip_address(text) if isinstance(text, str) else None
    except ValueError:
        return False
    return parsed is not None and version in (0, parsed.version)


def one_of(*words: str) -> Check:
    def reason(value: Any) -> str | None:
        return None if value in words else f"{value!r} is not one of {list(words)}"

    return Check(reason, words)


def _metadata(value: dict[str, Any]) -> str | None:
    for key, text in value.items():
        if not re.fullmatch(_META_KEY[1:-1], key):
            return f"{key!r} does not match any of the regexes: '{_META_KEY}'"
        if not isinstance(text, str):
            raise refusal(key, text, f"{text!r} is not of type 'string'")
        if len(text) > 255:
            raise refusal(key, text, f"{text!r} is too long")
    return None


def _unique(value: list[str] | None) -> str | None:
    return f"{value} has non-unique elements" if value is not None and len(set(value)) < len(value) else None


def check_hints(hints: Any, field: str) -> None:
    """Scheduler hints are free, but for the known ones' types."""
    if not isinstance(hints, dict):
        raise refusal(field, hints, f"{hints!r} is not of type 'object'")
    for name, is_good, reason in _HINTS:
        if name in hints and not is_good(hints[name]):
            raise refusal(name, hints[name], reason.format(hints[name]))


def _is_ids(value: Any) -> bool:
    return ids.is_uuid(value) or (isinstance(value, list) and all(ids.is_uuid(item) for item in value))


def _is_texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value))


_TEXTS = "{!r} is not of type 'string', 'array'"
_HINTS: list[tuple[str, Callable[[Any], bool], str]] = [
    ("group", _is_ids, _NO_SCHEMA),
    ("different_host", _is_ids, _NO_SCHEMA),
    ("same_host", _is_texts, _TEXTS),
    ("different_cell", _is_texts, _TEXTS),
    ("query", lambda value: isinstance(value, str | dict), "{!r} is not of type 'string', 'object'"),
    ("build_near_host_ip", is_ip, _NO_SCHEMA),
    ("cidr", lambda value: bool(re.fullmatch("/[0-9a-f.:]+", str(value))), "{!r} does not match '^/[0-9a-f.:]+$'"),
]

Name = Annotated[str, Meta(min_length=1, max_length=255), Check(_name)]
Description = Annotated[Annotated[str, Meta(max_length=255)] | None, Check(_description)]
Text255 = Annotated[str, Meta(max_length=255)]
Truth = Annotated[bool | str, Check(_truth)]
Count = Annotated[int | str, _number("^[0-9]*$", 1, _MAX_INT)]
Size = Annotated[int | str, _number("^[0-9]+$", 1, _MAX_INT)]
Rotation = Annotated[int | str, _number("^[0-9]*$", 0, _MAX_INT)]
Lines = Annotated[int | str | None, _number("^-?[0-9]+$", -1, _MAX_INT)]
BootIndex = Annotated[int | str | None, _number("^-?[0-9]+$", None, _MAX_INT)]
Uuid = Annotated[str, Check(_uuid)]
SourceId = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9._-]*$")]
DeviceName = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9._/-]*$")]
Fqdn = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9-._]*$")]
Tag = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^,/]*$")]
Tags = Annotated[list[Tag], Meta(max_length=50)]
Metadata = Annotated[dict[str, Any], Check(_metadata)]
OneMeta = Annotated[dict[str, Any], Meta(min_length=1, max_length=1), Check(_metadata)]
ImageRef = Annotated[Any, Check(_image_ref)]
FlavorRef = Annotated[Any, Check(_flavor_ref)]
UserData = Annotated[str, Meta(max_length=65535), Check(_base64)]
IPv4 = Annotated[str, _ip(4)]
IPv6 = Annotated[str, _ip(6)]
DiskConfig = Annotated[str, one_of("AUTO", "MANUAL")]
Certificates = Annotated[
    Annotated[list[Annotated[str, Meta(min_length=1)]], Meta(min_length=1, max_length=50)] | None, Check(_unique)
]


def is_true(value: bool | str) -> bool:
    """What a checked truth value means."""
    return value is True or value in _TRUE
