"""What value has each parameter: the one given or the default, of the kind and within the limits declared?"""

from __future__ import annotations

import json
import re
from typing import Any

from moorage import errors
from moorage.stacks.hot import values
from moorage.stacks.hot.functions import has_unknown
from moorage.stacks.hot.problems import Invalid
from moorage.stacks.hot.values import Limits

_KEYS = {"type", "label", "description", "default", "hidden", "constraints", "immutable", "tags"}
_TYPES = ("string", "number", "comma_delimited_list", "json", "boolean")
_LIMIT_KEYS = {
    "length": {"min", "max"}, "range": {"min", "max"}, "modulo": {"step", "offset"}, "allowed_values": None,
    "allowed_pattern": None, "custom_constraint": None,
}  # fmt: skip


def assign(schemas: dict[str, dict[str, Any]], given: dict[str, Any]) -> dict[str, Any]:
    """The value of every declared parameter; ``errors.BadRequest`` names the parameter and the reason.

    What is not known before the stack is made, such as the id of a server, is taken as it is.
    """
    for name in given:
        if name not in schemas:
            raise errors.BadRequest(f"The Parameter ({name}) was not defined in template.")
    found = {}
    for name, schema in schemas.items():
        try:
            found[name] = _value(name, schema, given.get(name))
        except Invalid as problem:
            raise errors.BadRequest(f"Parameter '{name}' is invalid: {problem}") from None
    return found


def _value(name: str, schema: dict[str, Any], given: Any) -> Any:
    limits = _limits(schema)
    value = schema.get("default") if given is None else given
    if value is None:
        raise errors.BadRequest(f"The Parameter ({name}) was not provided.")
    if has_unknown(value):
        return value
    value = _convert(schema["type"], value)
    for limit in limits:
        values.check(value, limit)
    return value


def _convert(kind: str, value: Any) -> Any:
    if kind == "string":
        return value if isinstance(value, str) else str(value)
    if kind == "number":
        return values.number(value)
    if kind == "boolean":
        return _boolean(value)
    return _delimited(value) if kind == "comma_delimited_list" else _json(value)


def _boolean(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in ("true", "t", "on", "y", "yes", "1"):
        return True
    if word in ("false", "f", "off", "n", "no", "0"):
        return False
    raise Invalid(f"Unrecognized value '{value}', acceptable values are: true, false and their usual spellings")


def _delimited(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    if not isinstance(value, str):
        raise Invalid(f"Value must be a comma-delimited list string: {value!r:.200}")
    return value.split(",") if value else []


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else value
    except (ValueError, RecursionError) as problem:
        raise Invalid(f"Value must be valid JSON: {problem}") from None


def _limits(schema: dict[str, Any]) -> list[Limits]:
    for key in schema:
        if key not in _KEYS:
            raise Invalid(f"Invalid key '{key}' for parameter")
    if schema.get("type") not in _TYPES:
        raise Invalid(f"Invalid type ({schema.get('type')})" if "type" in schema else "Missing parameter type")
    constraints = schema.get("constraints") or []
    if not isinstance(constraints, list):
        raise Invalid("Invalid parameter constraints, expected a list")
    return [_limit(constraint) for constraint in constraints]


def _limit(constraint: Any) -> Limits:
    if not isinstance(constraint, dict):
        raise Invalid("Invalid parameter constraints, expected a mapping")
    names = [name for name in constraint if name != "description"]
    if len(names) != 1 or names[0] not in _LIMIT_KEYS:
        raise Invalid(f"No valid constraint: {', '.join(map(str, names)) or 'it is empty'}")
    name, body = names[0], constraint[names[0]]
    keys = _LIMIT_KEYS[name]
    if keys is not None and (not isinstance(body, dict) or not body or set(body) - keys):
        raise Invalid(f"Invalid {name} constraint, expected a mapping of {', '.join(sorted(keys))}")
    return _built(name, body)


def _built(name: str, body: Any) -> Limits:
    if name == "range":
        return Limits(minimum=_bound(body, "min"), maximum=_bound(body, "max"))
    if name == "length":
        low, high = _bound(body, "min"), _bound(body, "max")
        return Limits(min_length=None if low is None else int(low), max_length=None if high is None else int(high))
    if name == "modulo":
        return _modulo(body)
    if name == "allowed_values":
        return Limits(allowed=values.listing(body))
    if name == "allowed_pattern":
        return Limits(pattern=_pattern(body))
    return Limits()  # custom constraints name things outside, which are looked up when they are used


def _bound(body: dict[str, Any], key: str) -> float | None:
    return None if body.get(key) is None else values.number(body[key])


def _modulo(body: dict[str, Any]) -> Limits:
    step, offset = values.integer(body.get("step")), values.integer(body.get("offset"))
    if step == 0 or abs(offset) >= abs(step) or step * offset < 0:
        raise Invalid("modulo: step must not be 0, and offset must be smaller than it and of the same sign")
    return Limits(modulo=(step, offset))


def _pattern(body: Any) -> str:
    try:
        re.compile(body)
    except (re.error, TypeError) as problem:
        raise Invalid(f"AllowedPattern must be a regular expression: {problem}") from None
    return str(body)
