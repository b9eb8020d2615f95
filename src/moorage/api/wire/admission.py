"""How many requests are worked on at once, and who is next? A bounded number; callers take turns in a bounded queue.

What is past the bounds is told so at once, with the time to come back: 429 to a caller that holds its share of the
queue, 503 to anybody while the queue is full. What was let in is not dropped. It runs on one event loop without a lock.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterator

import msgspec

from moorage import errors
from moorage.telemetry import counters
from moorage.telemetry.exposition import Sample


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much at once."""

    in_flight: int = 40
    waiting: int = 1000
    waiting_of_one: int = 500
    """Of one project; callers whose project is not known yet count by token or address."""
    patience_s: float = 30.0
    """How long a request may wait for its turn."""
    streams: int = 64
    """Images on their way in or out."""
    buffered_bytes: int = 256 << 20
    """Request bodies in memory."""


class TooManyRequests(errors.Rejected):
    """429: the caller has too many requests waiting."""


class Overloaded(errors.Rejected):
    """503: there are too many requests for anybody to be let in."""


class Admission:
    """The queue before the handlers."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        self.bounds = bounds or Bounds()
        self.in_flight = 0
        self.streams = 0
        self.buffered = 0
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """By caller; the first is next."""

    @property
    def waiting(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    @contextlib.asynccontextmanager
    async def turn(self, caller: str) -> AsyncIterator[bool]:
        """Work on a request of a caller, told whether it had to wait for that.

        Raises ``TooManyRequests`` or ``Overloaded`` without having begun.
        """
        must_wait = self.in_flight >= self.bounds.in_flight or bool(self._queues)
        if must_wait:
            await self._wait(caller)
        else:
            self.in_flight += 1
        try:
            yield must_wait
        finally:
            self._pass_on()

    @contextlib.contextmanager
    def stream(self) -> Iterator[None]:
        """Keep a place for an image until its last byte is sent or read."""
        if self.streams >= self.bounds.streams:
            raise _refused(Overloaded("Too many images are being sent. Try again later."), "streams")
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1

    def buffer(self, size: int) -> None:
        """Account for bytes of a body; negative ones give them back."""
        if size > 0 and self.buffered + size > self.bounds.buffered_bytes:
            raise _refused(Overloaded("Too much is being sent at once. Try again later."), "bodies")
        self.buffered += size

    def figures(self) -> Iterator[Sample]:
        """Gauges."""
        yield Sample("http_in_flight", self.in_flight)
        yield Sample("http_waiting", self.waiting)

    async def _wait(self, caller: str) -> None:
        queue = self._queues.get(caller, deque())
        if self.waiting >= self.bounds.waiting:
            raise _refused(Overloaded("Too many requests are waiting. Try again later."), "queue full")
        if len(queue) >= self.bounds.waiting_of_one:
            raise _refused(TooManyRequests("Too many of your requests are waiting. Try again later."), "share used up")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(caller, queue).append(turn)
        try:
            async with asyncio.timeout(self.bounds.patience_s):
                await turn
        except BaseException as reason:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it came at the moment of giving up
            self._forget(caller, turn)
            if isinstance(reason, TimeoutError):
                raise _refused(Overloaded("No turn came up in time. Try again later."), "waited too long") from None
            raise

    def _forget(self, caller: str, turn: asyncio.Future[None]) -> None:
        queue = self._queues.get(caller)
        if queue is not None:
            with contextlib.suppress(ValueError):
                queue.remove(turn)
            if not queue:
                del self._queues[caller]

    def _pass_on(self) -> None:
        """One request less; the next caller's oldest takes its place."""
        self.in_flight -= 1
        while self._queues and self.in_flight < self.bounds.in_flight:
            caller, queue = next(iter(self._queues.items()))
            turn = queue.popleft()
            self._queues.move_to_end(caller)
            if not queue:
                del self._queues[caller]
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)


def _refused(error: errors.Rejected, reason: str) -> errors.Rejected:
    counters.count("http_refused", reason=reason)
    return error
