"""How is a workflow written? As journaled steps, each with the undo that was noted before the step began."""

from __future__ import annotations

import datetime as dt
import functools
import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar

from dbos import DBOS

from moorage import clock, errors, fence
from moorage.operations import service
from moorage.operations.step_notes import StepNotes
from moorage.store import Store, Tx, outage
from moorage.telemetry import counters, tracing

W = TypeVar("W")
Step = Callable[..., Any]
"""``step(world, *args)``: may run more than once, so it looks for its own earlier effect. Returns JSON, no secrets."""

_log = logging.getLogger(__name__)
_QUICK_TRIES = 6
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 30.0
_GATHER_S = 0.1
"""What happens at about the same time is looked at once."""
_OTHERS_S = 1.0
"""How often waiting operations look for what other processes have done."""


class Stopping(BaseException):
    """The workflow is left as it stands and goes on at the next start: the process stops, or lacks its steps."""


class Probe(Protocol):
    """Sees every step; tests use it to kill the process or to lose an answer."""

    def before(self, kind: str, step: str) -> None: ...

    def after(self, kind: str, step: str) -> None: ...


class NoProbe:
    """Nothing watches."""

    def before(self, kind: str, step: str) -> None: ...

    def after(self, kind: str, step: str) -> None: ...


class Runtime(Generic[W]):
    """What all sagas of a process share."""

    def __init__(self, store: Store, world: W, probe: Probe | None = None) -> None:
        self.store = store
        self.world = world
        self.probe: Probe = probe or NoProbe()
        self.steps = StepNotes(store)
        self.stopping = threading.Event()
        self._bell = threading.Condition()
        self._rings = 0

    def ring(self) -> None:
        """Something has changed that operations may be waiting for."""
        with self._bell:
            self._rings += 1
            self._bell.notify_all()

    def wait_until(self, is_so: Callable[[W], bool], every_s: float) -> None:
        """Return once ``is_so(world)``, which is asked after rings, ``every_s`` at most."""
        while True:
            seen, asked = self._rings, time.monotonic()
            if is_so(self.world):
                return
            with self._bell:
                self._bell.wait_for(lambda: self._rings != seen, timeout=_OTHERS_S)  # noqa: B023 - called at once
            self.pause(max(_GATHER_S, asked + every_s - time.monotonic()))

    def record(self, write: Callable[[], AbstractContextManager[Tx]], note: Callable[..., None], *args: Any) -> None:
        """Write to an operation's row, however long the database takes to answer."""
        while True:
            try:
                with write() as tx:
                    note(tx, *args)
                return
            except errors.Unknown:
                self.pause(_OTHERS_S)

    def pause(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Stopping


class Saga(Generic[W]):
    """One run of one operation. The undo list is rebuilt by replay, so it needs no storage."""

    def __init__(self, runtime: Runtime[W], operation_id: str, kind: str) -> None:
        self._runtime = runtime
        self._undos: list[tuple[Step, tuple[Any, ...]]] = []
        self.operation_id = operation_id
        self.kind = kind
        self._rested_at = 0.0
        self.guard: Callable[[W], None] | None = None
        """Runs before each step with an undo ahead; raises ``Cancelled`` when the operation must not go on."""

    def do(self, step: Step, *args: Any, undo: Step | None = None) -> Any:
        """Run a step once and for all; no answer is asked again a few times, then it fails."""
        if undo is not None:
            self._undos.append((undo, args))  # before the step: it may have half happened
        return self._journal(step, args, persistent=None, guard=self.guard)

    def when(self, is_ready: Callable[..., bool], step: Step, *args: Any, every_s: float = 0.0) -> Any:
        """Run a step as ``do`` does, once ``is_ready(world, *args)``; asked when operations end, ``every_s`` at most.

        Who waits again and again rests each time as long as the last step took: what it waits for needs the processor
        more.
        """
        began = math.inf

        def wait(_world: W) -> None:
            nonlocal began
            self._runtime.pause(max(0.0, self._rested_at - time.monotonic()))
            self._runtime.wait_until(lambda world: is_ready(world, *args), every_s)
            began = time.monotonic()

        result = self._journal(step, args, persistent=None, guard=wait)
        ended = time.monotonic()
        self._rested_at = ended + max(0.0, ended - began)
        return result

    def insist(self, step: Step, *args: Any, when_stuck: Step | None = None) -> Any:
        """Run a step that has to succeed: it is repeated until it does, for days if need be.

        ``when_stuck(world, message, *args)`` runs once when the quick tries are used up, so that users see why.
        """
        return self._journal(step, args, persistent=when_stuck or _nothing, guard=None)

    def undo_all(self, when_stuck: Step | None = None) -> None:
        """Take back what was begun, newest first."""
        while self._undos:
            undo, args = self._undos.pop()
            self.insist(undo, *args, when_stuck=when_stuck)

    def _journal(self, step: Step, args: tuple[Any, ...], persistent: Step | None, guard: Any) -> Any:
        if self._runtime.stopping.is_set():
            raise Stopping
        name = getattr(step, "__name__", str(step))

        def call() -> Any:
            since = clock.now()
            with self._runtime.steps.at(self.operation_id, name, since):
                return self._attempts(name, since, step, args, persistent, guard)

        return DBOS.run_step({"name": name}, call)

    def _attempts(
        self, name: str, since: dt.datetime, step: Step, args: tuple[Any, ...], persistent: Step | None, guard: Any
    ) -> Any:
        runtime, tries, pause_s = self._runtime, 0, _FIRST_PAUSE_S
        while True:
            tries += 1
            try:
                if guard is not None:
                    guard(runtime.world)
                return self._once(name, step, args)
            except errors.Unknown as trouble:
                is_lasting = persistent is not None or isinstance(trouble, errors.Unavailable)
                if not is_lasting and tries >= _QUICK_TRIES:
                    raise
                reason = trouble.message
            except errors.Refused as trouble:
                if persistent is None:
                    raise
                reason = trouble.message
            _log.warning("operation %s: %s failed, try %d: %s", self.operation_id, name, tries, reason)
            counters.count("step_retries", kind=self.kind, step=name)
            note = functools.partial(service.note_trouble, step=name, step_at=since)
            runtime.record(runtime.store.note, note, self.operation_id, f"{name}: {reason}")
            if persistent is not None and tries == _QUICK_TRIES:
                persistent(runtime.world, reason, *args)
            runtime.pause(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _once(self, name: str, step: Step, args: tuple[Any, ...]) -> Any:
        self._runtime.probe.before(self.kind, name)
        fence.check()
        try:
            with tracing.span(f"step {name}"):
                result = step(self._runtime.world, *args)
        except errors.MoorageError:
            raise
        except Exception as bug:  # noqa: BLE001 - nothing may leave a step unjournaled
            if (unavailable := outage.meaning(bug)) is not None:
                raise unavailable from None
            # A journal holds texts, not objects of other libraries; the traceback is in the log.
            _log.exception("operation %s: step %s broke", self.operation_id, name)
            raise errors.Refused(f"{type(bug).__name__} in step {name}") from None
        self._runtime.probe.after(self.kind, name)
        return result


def _nothing(*_: Any) -> None:
    """Nobody has to be told."""
