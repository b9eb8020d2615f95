"""Is a request body acceptable, field by field? The first thing wrong is said with the HMC's reason code."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from moorage.mock_hmc.errors import bad_request

Check = Callable[[Any], str | None]


@dataclass(frozen=True)
class Field:
    """One property: ``check`` says what is wrong with a value, or None. Read-only properties are not fields."""

    check: Check
    default: Any = None
    is_creatable: bool = True
    is_updatable: bool = True


def text(longest: int, shortest: int = 0) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "must be a string"
        return None if shortest <= len(value) <= longest else f"must have {shortest}-{longest} characters"

    return check


def integer(low: int, high: int) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return "must be an integer"
        return None if low <= value <= high else f"must be {low}-{high}"

    return check


def number(low: float, high: float) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return "must be a number"
        return None if low <= value <= high else f"must be {low}-{high}"

    return check


def boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be a boolean"


def choice(*allowed: str) -> Check:
    return lambda value: None if value in allowed else f"must be one of {', '.join(allowed)}"


def pattern(regex: str, what: str) -> Check:
    compiled = re.compile(regex)
    return lambda value: None if isinstance(value, str) and compiled.fullmatch(value) else f"must be {what}"


def or_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def or_empty(check: Check) -> Check:
    return lambda value: None if value == "" else check(value)


def list_of(check: Check) -> Check:
    def inner(value: Any) -> str | None:
        if not isinstance(value, list):
            return "must be an array"
        return next((wrong for wrong in map(check, value) if wrong), None)

    return inner


def check_create(body: Any, fields: Mapping[str, Field], required: Collection[str]) -> dict[str, Any]:
    """The body of a create request, checked. Raises 400 with reason 3, 5, 6 or 7."""
    fields_given = check_object(body)
    for name in required:
        if name not in fields_given:
            raise bad_request(5, f"The field '{name}' is required.")
    _check_fields(fields_given, fields, {name for name, field in fields.items() if field.is_creatable})
    return fields_given


def check_update(body: Any, fields: Mapping[str, Field]) -> dict[str, Any]:
    """The body of an update request, checked. Raises 400 with reason 3, 6 or 7."""
    fields_given = check_object(body)
    _check_fields(fields_given, fields, {name for name, field in fields.items() if field.is_updatable})
    return fields_given


def check_object(body: Any) -> dict[str, Any]:
    """The body as a JSON object. Raises 400,3."""
    if not isinstance(body, dict):
        raise bad_request(3, "The request body must be a JSON object.")
    return body


def _check_fields(body: Mapping[str, Any], fields: Mapping[str, Field], allowed: Collection[str]) -> None:
    for name, value in body.items():
        if name not in allowed:
            raise bad_request(6, f"The field '{name}' is unknown or cannot be written by this operation.")
        wrong = fields[name].check(value)
        if wrong:
            raise bad_request(7, f"The value of '{name}' is not valid: {wrong}.")
