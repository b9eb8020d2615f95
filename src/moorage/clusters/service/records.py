"""Rows as values: a column that is null takes the field's default where the field cannot be null."""

from __future__ import annotations

import functools
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

T = TypeVar("T", bound=msgspec.Struct)


def record(kind: type[T], row: sa.Row[Any], **more: Any) -> T:
    """The Struct of a row; columns that it has no field for are left out."""
    fields = _fields(kind)
    given = {
        name: value
        for name, value in zip(row._fields, row, strict=True)
        if name in fields and (value is not None or not fields[name])
    }
    return kind(**{**given, **more})


@functools.cache
def _fields(kind: type[msgspec.Struct]) -> dict[str, bool]:
    """Field → whether its default is another than null."""
    return {field.name: not field.required and field.default is not None for field in msgspec.structs.fields(kind)}
