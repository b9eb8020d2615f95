"""Who wants to know that a guest has changed?

Events may be lost around a reconnection, so they only wake: whoever waits reads the guest's definition again.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_POLL_S = 0.5
"""Longest time an event that never came goes unnoticed."""


class Watch:
    """One waiter for one guest."""

    def __init__(self) -> None:
        self._changed = threading.Event()
        self.refusals: set[str] = set()
        """Aliases of devices that the guest has said it does not let go of."""

    def note(self, refused_alias: str | None) -> None:
        if refused_alias is not None:
            self.refusals.add(refused_alias)
        self._changed.set()

    def until(self, is_reached: Callable[[], bool], timeout_s: float) -> bool:
        """Look at once, at every event, and twice a second; False when the time is up."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._changed.clear()
            if is_reached():
                return True
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            self._changed.wait(min(left_s, _POLL_S))


class Hints:
    """Hands the events of all hosts to those who wait."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._watches: dict[str, list[Watch]] = defaultdict(list)

    @contextmanager
    def watch(self, server_id: str) -> Iterator[Watch]:
        """Begin before the call whose effect is waited for: its event may come before it returns."""
        made = Watch()
        with self._guard:
            self._watches[server_id].append(made)
        try:
            yield made
        finally:
            with self._guard:
                self._watches[server_id].remove(made)
                if not self._watches[server_id]:
                    del self._watches[server_id]

    def note(self, server_id: str, refused_alias: str | None = None) -> None:
        """Something has happened to the guest."""
        with self._guard:
            waiting = list(self._watches.get(server_id, ()))
        for watch in waiting:
            watch.note(refused_alias)
