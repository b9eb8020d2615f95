"""Which requests have arrived? Counted before any fault, so a dropped request counts too."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any
from urllib.parse import urlsplit

_KEPT = 100_000
_LOGON_PATHS = ("/api/sessions", "/api/sessions/this-session")


class Journal:
    """The last 100,000 requests and the number of all since the last reset; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def note(self, method: str, uri: str) -> dict[str, Any]:
        """Record an arrival; the caller fills in ``status`` when it answers (None: no answer was given)."""
        entry = {"method": method, "uri": uri, "time": time.time(), "status": None}
        with self._lock:
            self._entries.append(entry)
        return entry

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def entries(self, *, has_logons: bool = True) -> list[dict[str, Any]]:
        """The requests in order of arrival, with or without logon and logoff."""
        with self._lock:
            entries = [dict(entry) for entry in self._entries]
        return [entry for entry in entries if has_logons or urlsplit(entry["uri"]).path not in _LOGON_PATHS]
