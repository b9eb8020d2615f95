"""Is a value of the kind that a property or parameter takes, and is it within its limits?"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from moorage.stacks.hot.problems import Invalid


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Constraints of a value. None or empty: there is none."""

    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    allowed: list[Any] | None = None
    pattern: str | None = None
    modulo: tuple[int, int] | None = None
    """Step and offset."""


def number(value: Any) -> int | float:
    """Numbers may come as texts."""
    if isinstance(value, int | float) and not (isinstance(value, float) and not math.isfinite(value)):
        return value
    for kind in (int, float):
        try:
            found = kind(value)
        except (TypeError, ValueError, OverflowError):
            continue
        if math.isfinite(found):
            return found
    raise Invalid(f"Value '{value}' is not a number")


def integer(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise Invalid(f"Value '{value}' is not an integer") from None


def boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Invalid(f'"{value}" is not a valid boolean')


def text(value: Any) -> str:
    if isinstance(value, str | bool | int):
        return str(value)
    raise Invalid(f"Value must be a string; got {value!r:.200}")


def listing(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise Invalid(f'"{value!r:.200}" is not a list')


def mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Invalid(f'"{value}" is not a map')


CONVERSIONS = {
    "string": text, "integer": integer, "number": number, "boolean": boolean, "list": listing, "map": mapping,
}  # fmt: skip


def check(value: Any, limits: Limits) -> None:
    """``Invalid`` in Heat's words if the value is beyond a limit."""
    if limits.minimum is not None or limits.maximum is not None:
        _check_range(value, number(value), limits.minimum, limits.maximum)
    if limits.min_length is not None or limits.max_length is not None:
        _check_length(value, limits.min_length, limits.max_length)
    if limits.allowed is not None:
        _check_allowed(value, limits.allowed)
    if limits.pattern is not None and not re.fullmatch(limits.pattern, str(value)):
        raise Invalid(f'"{value}" does not match pattern "{limits.pattern}"')
    if limits.modulo is not None and number(value) % limits.modulo[0] != limits.modulo[1]:
        step, offset = limits.modulo
        raise Invalid(f"{value} is not a multiple of {step} with an offset of {offset}")


def _check_range(value: Any, size: float, low: float | None, high: float | None) -> None:
    if (low is not None and size < low) or (high is not None and size > high):
        raise Invalid(f"{value} is out of range (min: {low}, max: {high})")


def _check_length(value: Any, low: int | None, high: int | None) -> None:
    length = len(value)
    if (low is not None and length < low) or (high is not None and length > high):
        raise Invalid(f"length ({length}) is out of range (min: {low}, max: {high})")


def _check_allowed(value: Any, allowed: Sequence[Any]) -> None:
    given = value if isinstance(value, list) else [value]
    if any(item not in allowed for item in given):
        told = ", ".join(json.dumps(item, default=str) for item in allowed)
        raise Invalid(f"{json.dumps(value, default=str)} is not an allowed value [{told}]")
