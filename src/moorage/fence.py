"""May this process still act? A process that was taken for dead must not change anything any more.

Whoever runs an operation sets the fence of the lease it runs under; the database and the drivers ask it right before
each change. Without one (requests, commands, tests) everything may go on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Protocol


class Fenced(BaseException):
    """The lease is lost and the operation is another process's: stop, and undo nothing. Nothing may catch it."""


class Fence(Protocol):
    """What a lease answers."""

    def check(self) -> None:
        """Before a change of the outside world, by this machine's clock; raises ``Fenced``."""

    def check_in(self, tx: Any) -> None:
        """In a write transaction, by the lease's row; raises ``Fenced``."""


_current: ContextVar[Fence | None] = ContextVar("fence", default=None)


@contextlib.contextmanager
def held(fence: Fence | None) -> Iterator[None]:
    """What this thread does in the block is done under ``fence``."""
    token = _current.set(fence)
    try:
        yield
    finally:
        _current.reset(token)


def check() -> None:
    """Called by drivers right before they send or write something."""
    if (fence := _current.get()) is not None:
        fence.check()


def check_in(tx: Any) -> None:
    """Called by the store once a write transaction has its turn."""
    if (fence := _current.get()) is not None:
        fence.check_in(tx)
