"""How often did what happen in this process? Plain counters, read as a whole."""

from __future__ import annotations

import threading
from collections import Counter

Labels = tuple[tuple[str, str], ...]
"""Sorted pairs of name and value."""

_counts: Counter[tuple[str, Labels]] = Counter()
_lock = threading.Lock()


def count(name: str, by: int = 1, **labels: str) -> None:
    """Add to a counter of the catalogue, named without ``moorage_`` and ``_total``; each set of labels for itself."""
    with _lock:
        _counts[name, tuple(sorted(labels.items()))] += by


def values() -> dict[tuple[str, Labels], int]:
    """(name, sorted labels) → count since the process started."""
    with _lock:
        return dict(_counts)
