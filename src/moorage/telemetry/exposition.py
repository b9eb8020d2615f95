"""How does Prometheus read the figures? As text, format 0.0.4."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator

import msgspec

from moorage.telemetry import counters, durations
from moorage.telemetry.catalogue import COUNTER, GAUGE, METRICS, Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_STARTED = time.time()


class Sample(msgspec.Struct, frozen=True):
    """One value of a gauge, by its name in the catalogue without ``moorage_``."""

    name: str
    value: float
    labels: dict[str, str] = {}


Collector = Callable[[], Iterable[Sample]]
"""Gives gauges when it is asked; may ask the database."""


def render(collectors: Iterable[Collector]) -> str:
    """Counters and histograms of this process, and what the collectors say now."""
    series: dict[str, list[str]] = {metric.name: [] for metric in METRICS}
    for (name, labels), count in counters.values().items():
        series[f"moorage_{name}_total"].append(_line(f"moorage_{name}_total", dict(labels), count))
    for (name, labels), histogram in durations.values().items():
        series[f"moorage_{name}_seconds"] += _buckets(f"moorage_{name}_seconds", dict(labels), histogram)
    for sample in itertools.chain(process(), *(collect() for collect in collectors)):
        series[f"moorage_{sample.name}"].append(_line(f"moorage_{sample.name}", sample.labels, sample.value))
    return "".join(f"{_head(metric)}{''.join(series[metric.name])}" for metric in METRICS if series[metric.name])


def process() -> Iterator[Sample]:
    """Figures of the process itself, where the system tells them."""
    yield Sample("process_started_time_seconds", round(_STARTED, 3))
    try:
        with open("/proc/self/statm") as statm:  # noqa: PTH123 - a file of the kernel, not of anybody's
            pages = int(statm.read().split()[1])
        yield Sample("process_resident_memory_bytes", pages * os.sysconf("SC_PAGE_SIZE"))
        yield Sample("process_open_files", len(os.listdir("/proc/self/fd")))  # noqa: PTH208
    except FileNotFoundError:
        return  # no /proc on this system


def _head(metric: Metric) -> str:
    assert metric.kind in (COUNTER, GAUGE, "histogram")
    return f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.kind}\n"


def _buckets(name: str, labels: dict[str, str], histogram: durations.Histogram) -> list[str]:
    cumulated = list(itertools.accumulate(histogram.counts))
    bounds = [*(f"{bound:g}" for bound in durations.BOUNDS_S), "+Inf"]
    lines = [_line(f"{name}_bucket", {**labels, "le": le}, count) for le, count in zip(bounds, cumulated, strict=True)]
    return [*lines, _line(f"{name}_sum", labels, histogram.total_s), _line(f"{name}_count", labels, cumulated[-1])]


def _line(name: str, labels: dict[str, str], value: float) -> str:
    shown = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
    return f"{name}{{{shown}}} {value!r}\n" if shown else f"{name} {value!r}\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
