"""How long may a client take to say what it wants, how much may it say, and how many may be connected?

uvicorn bounds none of these for the head of a request. A head that is too long is answered 431; one that does not end
in time loses its connection; a connection too many is answered 503 with ``Retry-After``.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from moorage.telemetry import counters

_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_BODY = b'{"error": {"code": 503, "title": "Service Unavailable", "message": "Too many connections. Try again later."}}'
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a connection."""

    head_s: float = 20.0
    head_bytes: int = 64 << 10
    connections: int = 2000


class PatientProtocol(HttpToolsProtocol):
    """One connection, with a clock over the head of each request."""

    patience: ClassVar[Patience] = Patience()

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._clock: asyncio.TimerHandle | None = None
        self._is_surplus = False
        self._head_size = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._is_surplus = len(self.connections) > self.patience.connections
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head_size += len(data)
        super().data_received(data)
        if self._clock is not None and self._head_size > self.patience.head_bytes:
            self._end(_TOO_LONG)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._start_clock()

    def on_headers_complete(self) -> None:
        self._stop_clock()
        if self._is_surplus:
            counters.count("http_refused", reason="connections")
            self._end(_TOO_MANY)
        elif len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > self.patience.head_bytes:
            self._end(_TOO_LONG)
        elif not self.transport.is_closing():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.transport.is_closing():
            super().on_message_complete()

    def _end(self, answer: bytes) -> None:
        self._stop_clock()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()

    def _start_clock(self) -> None:
        self._stop_clock()
        self._head_size = 0
        self._clock = self.loop.call_later(self.patience.head_s, self.transport.close)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


def protocol(patience: Patience) -> type[PatientProtocol]:
    """The protocol class for ``uvicorn.Config(http=...)``."""
    return type("BoundedProtocol", (PatientProtocol,), {"patience": patience})
