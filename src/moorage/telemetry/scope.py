"""What is the code at hand working for? Ids that every log line and span inside a block carries."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator, Mapping

_EMPTY: Mapping[str, str] = {}
_ids: contextvars.ContextVar[Mapping[str, str]] = contextvars.ContextVar("moorage_ids", default=_EMPTY)


@contextlib.contextmanager
def scope(**ids: str) -> Iterator[None]:
    """Everything in the block happens for these (``request``, ``operation``, ``server``, ...); empty ones are left out.

    Blocks nest, and follow into threads that take over the context.
    """
    token = _ids.set({**_ids.get(), **{name: value for name, value in ids.items() if value}})
    try:
        yield
    finally:
        _ids.reset(token)


def current() -> Mapping[str, str]:
    """Name → id, from the outermost block to the innermost."""
    return _ids.get()
