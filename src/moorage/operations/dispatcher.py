"""Who starts operations? One thread, told of every submit, that starts the oldest of each subject at once.

DBOS has queues with a concurrency limit per key, but they poll: each hand-over costs up to one polling interval. Here a
commit wakes the thread (``docs/decisions/0002-durable-operations.md`` has the figures). The slow sweep finds what
was submitted when nobody listened, such as just before a crash.
"""

from __future__ import annotations

import logging
import threading

from moorage.operations import service
from moorage.operations.engine import Engine
from moorage.operations.service import Operation
from moorage.store import Store
from moorage.telemetry.scope import scope

_log = logging.getLogger(__name__)
_SWEEP_S = 5.0


class Dispatcher:
    """Starts pending operations, at most ``concurrency`` at a time of each pool and one a subject."""

    def __init__(self, store: Store, engine: Engine, concurrency: int) -> None:
        self._store = store
        self._engine = engine
        self._concurrency = concurrency
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin to dispatch; first what a crash left between its row and the journal."""
        self._engine.on_end = self._wake.set
        self._resume_unknown()
        service.on_submit(self._wake.set)
        self._wake.set()
        self._thread.start()

    def stop(self) -> None:
        service.off_submit(self._wake.set)
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout=5)

    @property
    def is_alive(self) -> bool:
        """Whether what is submitted here is started here."""
        return self._thread.is_alive()

    @property
    def concurrency(self) -> int:
        return self._concurrency

    def _resume_unknown(self) -> None:
        with self._store.read() as tx:
            running = [operation for operation in service.unfinished(tx) if operation.state == "running"]
        for operation in running:
            if not self._engine.knows(operation.id):
                self._engine.start(operation)

    def _loop(self) -> None:
        while not self._stopping:
            self._wake.wait(_SWEEP_S)
            self._wake.clear()
            if self._stopping:
                return
            try:
                self._dispatch()
            except Exception:  # noqa: BLE001 - the loop must outlive any bug
                _log.exception("dispatching failed; it is tried again in %.0f s", _SWEEP_S)

    def _dispatch(self) -> None:
        for kinds in self._engine.pools().values():
            with self._store.read() as tx:
                free = self._concurrency - service.count_running(tx, kinds)
                found = service.ready(tx, free, kinds) if free > 0 else []
            for operation in found:
                self._begin(operation)

    def _begin(self, operation: Operation) -> None:
        names = (operation.id, operation.kind, operation.subject, operation.request_id)
        with scope(operation=operation.id, request=operation.request_id or ""):
            _log.info("operation %s: %s %s begins (%s)", *names)
            with self._store.write() as tx:
                service.begin(tx, operation, self._engine.kinds[operation.kind].event, None)
            self._engine.start(operation)
