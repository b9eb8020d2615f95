"""What makes a process a worker: a lease, the journal, the dispatcher, ears for notices, and periodic looks."""

from __future__ import annotations

import logging

from moorage import errors
from moorage.operations import claims
from moorage.operations.dispatcher import Dispatcher
from moorage.operations.engine import RESUMED_FORMATS, Engine
from moorage.operations.leases import Keeper
from moorage.operations.timer import Timer
from moorage.store import Store
from moorage.store.notices import Receiver

_log = logging.getLogger(__name__)


class Worker:
    """Runs operations, beside other workers of the same PostgreSQL database or alone on SQLite."""

    def __init__(self, store: Store, engine: Engine, concurrency: int, timers: list[Timer]) -> None:
        self._store = store
        self._timers = timers
        self._receiver = Receiver(store)
        self.engine = engine
        self.keeper = Keeper(store)
        self.dispatcher = Dispatcher(store, engine, self.keeper, concurrency)

    def start(self) -> None:
        """Go on with what nobody alive is running, and take on new work.

        Raises ConfigError, before anything runs, if something unfinished was recorded in a format that this release
        does not go on with and nobody alive runs it.
        """
        self.keeper.start()
        self._refuse_foreign_journals()
        self.engine.launch()
        self._receiver.start()
        self.dispatcher.start()
        for timer in self._timers:
            timer.start()

    def stop(self, patience_s: float) -> bool:
        """Begin nothing new, let running steps end, and hand the rest over; whether all steps ended in time."""
        for timer in self._timers:
            timer.stop()
        self.dispatcher.stop()
        self._receiver.stop()
        all_ended = self.engine.stop(patience_s)
        try:
            self.keeper.stop()
        except errors.Unknown as silence:
            _log.warning("the lease ends by itself: %s", silence.message)
        return all_ended

    def _refuse_foreign_journals(self) -> None:
        with self._store.read() as tx:
            foreign = claims.foreign(tx, RESUMED_FORMATS)
        if not foreign:
            return
        self.keeper.stop()
        first = foreign[0]
        raise errors.ConfigError(
            f"{len(foreign)} unfinished operations, such as {first.kind} {first.id} on {first.subject}, were recorded "
            f"in journal format {first.journal_format}; this release goes on with {', '.join(RESUMED_FORMATS)}. "
            "Nothing was started: let the release that recorded them finish them first"
        )
