"""Can this process do its work now? Each check gives None, or the reason why not in words that leak nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from moorage import errors
from moorage.operations.dispatcher import Dispatcher
from moorage.store import Store, schema

Check = Callable[[], str | None]

PATIENCE_S = 3.0
_log = logging.getLogger(__name__)


class Readiness:
    """Runs the checks in a thread of its own, so that busy workers or a hanging database do not hide the answer."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="readiness")
        self._under_way: asyncio.Future[dict[str, str]] | None = None

    async def reasons(self) -> dict[str, str]:
        """What is wrong, by name of the check; empty if nothing is. Answers within ``PATIENCE_S`` seconds."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.get_running_loop().run_in_executor(self._thread, self._ask)
        done, _ = await asyncio.wait([self._under_way], timeout=PATIENCE_S)
        return self._under_way.result() if done else {"checks": f"no answer within {PATIENCE_S:.0f} s"}

    def _ask(self) -> dict[str, str]:
        return {name: reason for name, check in self._checks.items() if (reason := check()) is not None}


def database(store: Store) -> Check:
    """The database answers, and its schema is that of this release or of a later one."""

    def check() -> str | None:
        try:
            with store.read() as tx:
                missing = schema.is_behind(tx)
        except (sa.exc.SQLAlchemyError, errors.MoorageError):
            _log.warning("the database does not answer", exc_info=True)
            return "does not answer"
        return "migrations are missing; run moorage db upgrade" if missing else None

    return check


def dispatcher(thread: Dispatcher) -> Check:
    """Operations that are submitted get started."""
    return lambda: None if thread.is_alive else "is not running"
