"""What is noted of each request: ids for whatever happens for it, one log line, a count, a duration and a span."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from moorage.api.wire.intake import raw_path
from moorage.telemetry import counters, durations, tracing
from moorage.telemetry.scope import scope

_log = logging.getLogger(__name__)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Observation:
    """One request on its way."""

    def __init__(self, service: str, request: Request, request_id: str) -> None:
        self.service = service
        self.request = request
        self.request_id = request_id
        self._began = time.perf_counter()

    def answered(self, response: Response) -> None:
        """The answer is made; sending it is not part of the time."""
        took_s = time.perf_counter() - self._began
        path, status = raw_path(self.request), response.status_code
        _log.info("%s %s %s %d %.1f ms", self.request_id, self.request.method, path, status, took_s * 1000)
        method = self.request.method if self.request.method in _METHODS else "other"
        route: str = getattr(self.request.state, "route", "")
        counters.count("http_requests", service=self.service, method=method, route=route, code=str(status))
        durations.observe("http_request", took_s, service=self.service, method=method, route=route)


@contextlib.contextmanager
def observed(service: str, request: Request, request_id: str) -> Iterator[Observation]:
    """Everything in the block belongs to the request."""
    method = request.method
    with scope(request=request_id), tracing.span(f"{service} {method}", path=raw_path(request), method=method):
        yield Observation(service, request, request_id)
