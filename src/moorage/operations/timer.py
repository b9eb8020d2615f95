"""What has to be looked for now and then? One thread that calls what it is given, one call after the other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Timer:
    """Calls each of ``calls`` every ``interval_s``; what breaks is logged and called again next time."""

    def __init__(self, interval_s: float, calls: list[Callable[[], None]]) -> None:
        self._interval_s = interval_s
        self._calls = calls
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="timer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def is_stopping(self) -> bool:
        """For calls that take long: whether to leave off."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Returns once no call is running any more, or after five seconds."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _loop(self) -> None:
        while not self._stopping.wait(self._interval_s):
            for call in self._calls:
                self._call(call)

    def _call(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:  # noqa: BLE001 - the thread must outlive any bug
            _log.exception("a periodic look failed; it is tried again in %.0f s", self._interval_s)
