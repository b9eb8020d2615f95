"""What do names, truth values, times and queries look like in compute requests?"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Annotated, Any

import msgspec

from moorage import errors
from moorage.api.wire import Call
from moorage.api.wire.versions import Version

MAX_INT = 0x7FFFFFFF
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Host = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9\-._]*\Z")]
Truth = bool | str
"""What Nova takes for a truth value; see ``truth``."""

_CLOSED_FROM = (2, 75)
_TRUE = frozenset({"True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes"})
_FALSE = frozenset({"False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"})


def check_name(name: str) -> str:
    """The name itself; 400 if it begins or ends with a space or has characters that cannot be printed."""
    if name != name.strip() or any(_is_unprintable(char) for char in name):
        raise errors.BadRequest(
            "An invalid 'name' value was provided. The name must be: printable characters. "
            "Can not start or end with whitespace."
        )
    return name


def check_text(field: str, text: str | None) -> str | None:
    """The text itself; 400 if it has characters that cannot be printed."""
    if text is not None and any(_is_unprintable(char) for char in text):
        raise errors.BadRequest(
            f"Invalid input for field/attribute {field}. Value: {text[:200]!r}. It cannot be printed"
        )
    return text


def _is_unprintable(char: str) -> bool:
    category = unicodedata.category(char)
    return category.startswith("C") or (category.startswith("Z") and category != "Zs")


def truth(field: str, value: Truth) -> bool:
    """The truth value meant; 400 unless it is one of the spellings Nova takes."""
    if isinstance(value, bool):
        return value
    if value not in _TRUE | _FALSE:
        raise errors.BadRequest(
            f"Invalid input for field/attribute {field}. Value: {value}. '{value}' is not a truth value"
        )
    return value in _TRUE


def check_query(call: Call, *known: str, closed_from: Version = _CLOSED_FROM, single: bool = False) -> None:
    """400 for unknown query parameters from ``closed_from`` on; ``single`` forbids giving one twice."""
    if call.version < closed_from:
        return
    for name in call.query:
        if name not in known:
            raise errors.BadRequest(f"Additional properties are not allowed ('{name}' was unexpected)")
        values = call.query.getlist(name)
        if single and len(values) > 1:
            raise errors.BadRequest(f"Invalid input for query parameters {name}. Value: {values}. {values} is too long")


def choice(call: Call, name: str, allowed: tuple[str, ...], default: str) -> str:
    """A query parameter that must be one of a few words."""
    value = call.query.get(name, default)
    if value not in allowed:
        raise errors.BadRequest(
            f"Invalid input for query parameters {name}. Value: {value}. '{value}' is not one of {list(allowed)}"
        )
    return value


def integer(value: str, name: str) -> int:
    """An id in the path that must be a number."""
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise errors.BadRequest(f"Invalid input received: {name} must be an integer")
    return int(value)


def moment(call: Call, name: str) -> dt.datetime | None:
    """A point in time from the query, in UTC without zone; None if it was not given."""
    text = call.query.get(name)
    if text is None:
        return None
    try:
        value = dt.datetime.fromisoformat(text)
        return value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise errors.BadRequest(
            f"Invalid input for query parameters {name}. Value: {text}. '{text}' is not a 'date-time'"
        ) from None


def stamp(time: Any) -> str | None:
    """A time as compute shows it outside of servers: microseconds, no zone."""
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%S.%f")


def links(call: Call, collection: str, identifier: str) -> list[dict[str, str]]:
    """The ``self`` and ``bookmark`` links; the bookmark carries no API version."""
    root = call.service_url.rsplit("/", 1)[0]
    return [
        {"rel": "self", "href": f"{call.service_url}/{collection}/{identifier}"},
        {"rel": "bookmark", "href": f"{root}/{collection}/{identifier}"},
    ]
