"""How often did what happen in this process? Plain counters, read as a whole."""

from __future__ import annotations

import threading
from collections import Counter

_counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
_lock = threading.Lock()


def count(name: str, by: int = 1, **labels: str) -> None:
    """Add to a counter; each set of labels counts for itself."""
    with _lock:
        _counts[name, tuple(sorted(labels.items()))] += by


def values() -> dict[tuple[str, tuple[tuple[str, str], ...]], int]:
    """(name, sorted labels) → count since the process started."""
    with _lock:
        return dict(_counts)
