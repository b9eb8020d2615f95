"""Which step is each operation at? On record for whoever looks, once the step lasts.

Most steps are over before anybody could look; writing every one of them down took a tenth of an operation's time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
from collections.abc import Iterator

from moorage import clock
from moorage.operations import service
from moorage.store import Store

_LASTING_S = 0.2
"""From when on a step is worth a note."""
_RETRY_S = 5
_Step = tuple[str, dt.datetime]
_log = logging.getLogger(__name__)


class StepNotes:
    """Watches the steps of this process's operations, in a thread of its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._going_on: dict[str, _Step] = {}
        self._noted: dict[str, _Step] = {}
        self._has_some = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="step-notes", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._has_some.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    @contextlib.contextmanager
    def at(self, operation_id: str, step: str, since: dt.datetime) -> Iterator[None]:
        """The operation is at this step within the block."""
        self._going_on[operation_id] = step, since
        self._has_some.set()
        try:
            yield
        finally:
            self._going_on.pop(operation_id, None)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._has_some.wait()
            self._has_some.clear()
            while self._going_on and not self._stopping.wait(_LASTING_S):
                self._note_or_log()

    def _note_or_log(self) -> None:
        try:
            self._note()
        except Exception:  # noqa: BLE001 - the thread must outlive any silence of the database
            _log.warning("what steps are going on is not on record; it is tried again in %d s", _RETRY_S)
            self._stopping.wait(_RETRY_S)

    def _note(self) -> None:
        long_ago, going_on = clock.now() - dt.timedelta(seconds=_LASTING_S), dict(self._going_on)
        lasting = {operation_id: step for operation_id, step in going_on.items() if step[1] <= long_ago}
        if new := {key: step for key, step in lasting.items() if self._noted.get(key) != step}:
            with self._store.note() as tx:
                for operation_id, (step, since) in new.items():
                    service.note_step(tx, operation_id, step, since)
        self._noted = lasting
