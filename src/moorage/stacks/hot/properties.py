"""Are the properties of a resource what its type takes? Converted, with the defaults of what was left out."""

from __future__ import annotations

from typing import Any

from moorage.stacks.hot import values
from moorage.stacks.hot.functions import UNKNOWN, has_unknown
from moorage.stacks.hot.problems import Invalid, at
from moorage.stacks.hot.types import Property, ResourceType


def convert(kind: ResourceType, given: dict[str, Any], place: str) -> dict[str, Any]:
    """``errors.BadRequest`` names the property below ``place`` and the reason. Unknown values are left unknown."""
    for name in given:
        with at(place):
            if name in kind.elsewhere:
                raise Invalid(f"Property {name} is not supported")
    return _fields(kind.properties, given, place)


def _fields(schema: dict[str, Property], given: dict[str, Any], place: str) -> dict[str, Any]:
    with at(place):
        for name in given:
            if name not in schema:
                raise Invalid(f"Unknown Property {name}")
        for name, wanted in schema.items():
            if wanted.is_required and given.get(name) is None:
                raise Invalid(f"Property {name} not assigned")
    found = {name: _value(wanted, given.get(name), f"{place}.{name}") for name, wanted in schema.items()}
    return {name: value for name, value in found.items() if value is not None}


def _value(wanted: Property, given: Any, place: str) -> Any:
    if given is None:
        return wanted.default
    if given is UNKNOWN:
        return UNKNOWN
    with at(place):
        value = values.CONVERSIONS[wanted.kind](given)
    if isinstance(value, dict) and wanted.fields:
        value = _fields(wanted.fields, value, place)
    if isinstance(value, list) and wanted.items is not None:
        value = [_value(wanted.items, item, f"{place}[{number}]") for number, item in enumerate(value)]
    if not has_unknown(value):
        with at(place):
            values.check(value, wanted.limits)
    return value
