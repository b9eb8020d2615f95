"""How long did things take in this process? Histograms with fixed buckets, read as a whole."""

from __future__ import annotations

import bisect
import threading

import msgspec

from moorage.telemetry.counters import Labels

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper ends of the buckets; one more takes what is longer."""


class Histogram(msgspec.Struct):
    """One series."""

    counts: list[int]
    """By bucket, not cumulated."""
    total_s: float = 0.0


_series: dict[tuple[str, Labels], Histogram] = {}
_lock = threading.Lock()


def observe(name: str, seconds: float, **labels: str) -> None:
    """Note a duration under a name of the catalogue (without ``moorage_`` and ``_seconds``)."""
    key = (name, tuple(sorted(labels.items())))
    with _lock:
        series = _series.get(key)
        if series is None:
            series = _series[key] = Histogram([0] * (len(BOUNDS_S) + 1))
        series.counts[bisect.bisect_left(BOUNDS_S, seconds)] += 1
        series.total_s += seconds


def values() -> dict[tuple[str, Labels], Histogram]:
    """(name, sorted labels) → a copy of the series."""
    with _lock:
        return {key: Histogram(list(series.counts), series.total_s) for key, series in _series.items()}
