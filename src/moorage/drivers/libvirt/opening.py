"""How is a connection opened to a host that may not answer for minutes?

libvirt waits as long as the network does. So each attempt has a thread of its own, and callers wait a while for it; who
comes later, while the attempt still hangs, hears at once that there is no answer. One that hangs for good, as its host
went away in the middle of it, is given up in the end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

_GIVEN_UP_AFTER = 10
"""Times the patience of a caller."""


class Opening:
    """One attempt."""

    def __init__(self, attempt: Callable[[], Any], patience_s: float) -> None:
        self._attempt = attempt
        began = time.monotonic()
        self._until, self._given_up_at = began + patience_s, began + _GIVEN_UP_AFTER * patience_s
        self._outcome: Future[Any] = Future()

    def start(self) -> None:
        threading.Thread(target=self._run, name="libvirt-open", daemon=True).start()

    @property
    def is_given_up(self) -> bool:
        """Whether it is time for another attempt."""
        return time.monotonic() > self._given_up_at

    def result(self) -> Any:
        """What the attempt returned or raised; ``TimeoutError`` once its patience is over."""
        return self._outcome.result(max(0.0, self._until - time.monotonic()))

    def _run(self) -> None:
        try:
            self._outcome.set_result(self._attempt())
        except Exception as error:  # noqa: BLE001 - whoever waits for the result gets it
            self._outcome.set_exception(error)
