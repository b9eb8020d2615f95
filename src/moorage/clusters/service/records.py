"""Rows as values: a column that is null takes the field's default where the field cannot be null."""

from __future__ import annotations

import functools
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


def record(kind: type[T], row: Any, **more: Any) -> T:
    """The Struct of a row; columns that it has no field for are left out."""
    given = {
        name: value
        for name, value in row._mapping.items()
        if name in _fields(kind) and not _is_unset(kind, name, value)
    }
    return kind(**{**given, **more})


def _is_unset(kind: type[msgspec.Struct], name: str, value: Any) -> bool:
    return value is None and _fields(kind)[name]


@functools.cache
def _fields(kind: type[msgspec.Struct]) -> dict[str, bool]:
    """Field → whether its default is another than null."""
    return {field.name: not field.required and field.default is not None for field in msgspec.structs.fields(kind)}
