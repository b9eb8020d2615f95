"""Plain values become typed ones, from many threads.

msgspec prepares a type when it is first used; a second thread that uses it meanwhile reads a half-made table, and the
interpreter crashes (msgspec 0.22; the first concurrent requests after a start did it). So the first use is alone.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_prepared: set[Any] = set()
_turn = threading.Lock()


def convert(value: Any, kind: type[T], *, strict: bool = True) -> T:
    """``value`` as ``kind``; ``msgspec.ValidationError`` says where it does not fit.

    Unless ``strict``, numbers and truth values may come as strings.
    """
    if kind not in _prepared:
        _prepare(kind)
    return msgspec.convert(value, kind, strict=strict)  # noqa: TID251 - this is the one place


def _prepare(kind: Any) -> None:
    with _turn:
        msgspec.json.Decoder(kind)  # it prepares every type below as well
        _prepared.add(kind)
