"""What does a list filter mean?

Rules and messages: Glance (``_make_conditions_from_filters``): ``in:`` and ``eq:`` on some texts, comparisons on times,
``_min`` and ``_max`` on numbers, equality on all else; unknown names are the client's own properties.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

import sqlalchemy as sa

from moorage import errors
from moorage.store import Tx
from moorage.store.tables.images import images

Condition = sa.ColumnElement[bool]

_LISTED = {"name", "id", "status", "container_format", "disk_format"}
_EQUAL = {"owner", "checksum", "os_hash_algo", "os_hash_value"}
_NUMBERS = {"size", "virtual_size", "min_disk", "min_ram"}
_FLAGS = {"protected", "os_hidden"}
_TIMES = {"created_at", "updated_at"}
_SECOND = dt.timedelta(seconds=1)
_VALUES = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)",?|([^,]+),?|,')


def conditions(filters: Iterable[tuple[str, str]], tags: Iterable[str], tx: Tx) -> list[Condition]:
    """What rows must fulfil; hidden images are left out unless asked for. 400 names the bad filter."""
    given = dict(filters)
    given.setdefault("os_hidden", "false")
    return [*(_condition(name, value) for name, value in given.items()), *(_tagged(tag, tx) for tag in tags)]


def _condition(name: str, value: str) -> Condition:
    if name in _LISTED:
        return _text(name, value)
    if name in _TIMES:
        return _time(name, value)
    if name in _FLAGS:
        return images.c[name].is_(_flag(name, value))
    if name in _NUMBERS:
        return images.c[name] == _number(name, value)
    if name[-4:] in ("_min", "_max") and name[:-4] in _NUMBERS:
        column, number = images.c[name[:-4]], _number(name, value)
        return column >= number if name.endswith("_min") else column <= number
    return images.c[name] == value if name in _EQUAL else _property(name, value)


def _text(name: str, value: str) -> Condition:
    operator, colon, rest = value.partition(":")
    if not colon:
        return images.c[name] == value
    if operator == "eq":
        return images.c[name] == rest
    if operator == "in":
        return images.c[name].in_(_split(rest))
    raise errors.BadRequest(f"Unable to filter by unknown operator '{operator}'.")


def _split(values: str) -> list[str]:
    if len(re.findall(r'(?<!\\)"', values)) % 2:
        raise errors.BadRequest(f"Invalid filter value {values}. The quote is not closed.")
    return [quoted or plain for quoted, plain in _VALUES.findall(values)]


def _number(name: str, value: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise errors.BadRequest(f"Unable to filter {name} on a range with a non-numeric value: {value}")
    return int(value)


def _flag(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise errors.BadRequest(f"Invalid value '{value}' for '{name}' filter. Valid values are 'true' or 'false'.")
    return value.lower() == "true"


def _time(name: str, value: str) -> Condition:
    """Times are shown in whole seconds, so they are compared in whole seconds."""
    operator, colon, text = value.partition(":")
    moment = _moment(value)
    if moment is not None:
        operator = "eq"
    elif not colon or (moment := _moment(text)) is None:
        raise errors.BadRequest(f'Bad "{name}" query filter format. Use ISO 8601 DateTime notation.')
    column = images.c[name]
    found: dict[str, Condition] = {
        "gt": column >= moment + _SECOND,
        "gte": column >= moment,
        "lt": column < moment,
        "lte": column < moment + _SECOND,
        "eq": sa.and_(column >= moment, column < moment + _SECOND),
        "neq": sa.or_(column < moment, column >= moment + _SECOND),
    }
    if operator not in found:
        raise errors.BadRequest(f"Unable to filter {name} by unknown operator '{operator}'.")
    return found[operator]


def _moment(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
        moment = moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
        moment + _SECOND  # refuses what no comparison could hold
    except (ValueError, OverflowError):
        return None
    return moment.replace(microsecond=0)


def _property(name: str, value: str) -> Condition:
    if '"' in name or "\\" in name:
        raise errors.BadRequest(f"Unable to filter by property {name}: quotes cannot be part of the name here.")
    value_of: sa.ColumnElement[str] = images.c.properties[name].as_string()
    return value_of == value


def _tagged(tag: str, tx: Tx) -> Condition:
    unnest = sa.func.json_each if tx.dialect.name == "sqlite" else sa.func.json_array_elements_text
    values = unnest(images.c.tags).table_valued("value")
    return sa.exists(sa.select(sa.literal(1)).select_from(values).where(values.c.value == tag))
