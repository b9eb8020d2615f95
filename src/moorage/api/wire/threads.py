"""In which thread does a handler run?

SQLite's module gives the interpreter's lock away for every row it fetches. Readers side by side hand it to and fro and
get less done than one after the other: sixteen lists of 200 servers at once cost four times the processor time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from moorage.api.wire.route import Route

_READERS = 16
"""On PostgreSQL as many as there are connections for reading."""
_T = TypeVar("_T")


class Threads:
    """Runs the handlers of one service."""

    def __init__(self, *, is_sqlite: bool) -> None:
        self._is_sqlite = is_sqlite
        self._readers = CapacityLimiter(1 if is_sqlite else _READERS)

    async def run(self, route: Route, handler: Callable[[], _T]) -> _T:
        """A ``prompt`` handler right here, where reading waits for nobody; others that read in their turn."""
        if route.prompt and self._is_sqlite:
            return handler()
        return await to_thread.run_sync(handler, limiter=self._readers if route.method == "GET" else None)
