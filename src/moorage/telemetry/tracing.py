"""Spans of requests, operations, steps and outside calls; nothing is made or imported while tracing is off."""

from __future__ import annotations

import contextlib
from typing import Protocol


class Tracer(Protocol):
    """Makes spans; the block it wraps is the time of the span."""

    def span(self, name: str, attributes: dict[str, str]) -> contextlib.AbstractContextManager[object]: ...


_NOTHING: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
_tracers: list[Tracer] = []


def span(name: str, **attributes: str) -> contextlib.AbstractContextManager[object]:
    """A span around a block, with the ids of the scope as further attributes."""
    return _tracers[0].span(name, attributes) if _tracers else _NOTHING


def use(tracer: Tracer | None) -> None:
    """From now on spans go to this tracer; None turns tracing off."""
    _tracers[:] = [] if tracer is None else [tracer]
