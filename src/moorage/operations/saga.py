"""How is a workflow written? As journaled steps, each with the undo that was noted before the step began."""

from __future__ import annotations

import datetime as dt
import functools
import logging
import math
import time
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from dbos import DBOS

from moorage import clock, errors, fence
from moorage.operations import service
from moorage.operations.runtime import Runtime, Stopping
from moorage.store import outage
from moorage.telemetry import counters, tracing

W = TypeVar("W")
Step = Callable[..., Any]
"""``step(world, *args)``: may run more than once, so it looks for its own earlier effect. Returns JSON, no secrets."""

_log = logging.getLogger(__name__)
_QUICK_TRIES = 6
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 30.0


class _Insistence(NamedTuple):
    """A step is repeated until it succeeds."""

    when_stuck: Step
    bears: type[errors.MoorageError] | tuple[type[errors.MoorageError], ...]
    """What it is repeated after."""


class Saga(Generic[W]):
    """One run of one operation. The undo list is rebuilt by replay, so it needs no storage."""

    def __init__(self, runtime: Runtime[W], operation_id: str, kind: str) -> None:
        self._runtime = runtime
        self._concludes = False
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
        return self._journal(step, args, guard=self.guard)

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

        result = self._journal(step, args, guard=wait)
        ended = time.monotonic()
        self._rested_at = ended + max(0.0, ended - began)
        return result

    def insist(self, step: Step, *args: Any, when_stuck: Step | None = None) -> Any:
        """Run a step that has to succeed: it is repeated until it does, for days if need be.

        ``when_stuck(world, message, *args)`` runs once when the quick tries are used up, so that users see why.
        """
        return self._journal(step, args, _Insistence(when_stuck or _nothing, (errors.Unknown, errors.Refused)))

    def conclude(self, step: Step, *args: Any, when_stuck: Step | None = None) -> None:
        """Insist on a step, whatever its error is, and keep no record of it: only others of this sort may follow.

        Whoever goes on after a crash runs all of them again, so each has to bear that the later ones have been done.
        To look once more whether something is left costs less than a record of every step.
        """
        self._concludes = True
        self._call(step, args, _Insistence(when_stuck or _nothing, errors.MoorageError))()

    def undo_all(self, when_stuck: Step | None = None) -> None:
        """Take back what was begun, newest first."""
        while self._undos:
            undo, args = self._undos.pop()
            self.insist(undo, *args, when_stuck=when_stuck)

    def _journal(
        self, step: Step, args: tuple[Any, ...], insistence: _Insistence | None = None, guard: Any = None
    ) -> Any:
        assert not self._concludes, "behind concluding steps nothing is on record"
        return DBOS.run_step({"name": _name(step)}, self._call(step, args, insistence, guard))

    def _call(
        self, step: Step, args: tuple[Any, ...], insistence: _Insistence | None = None, guard: Any = None
    ) -> Callable[[], Any]:
        if self._runtime.stopping.is_set():
            raise Stopping
        name = _name(step)

        def call() -> Any:
            since = clock.now()
            with self._runtime.steps.at(self.operation_id, name, since):
                return self._attempts(name, since, step, args, insistence, guard)

        return call

    def _attempts(
        self,
        name: str,
        since: dt.datetime,
        step: Step,
        args: tuple[Any, ...],
        insistence: _Insistence | None,
        guard: Any,
    ) -> Any:
        runtime, tries, pause_s = self._runtime, 0, _FIRST_PAUSE_S
        while True:
            tries += 1
            try:
                if guard is not None:
                    guard(runtime.world)
                return self._once(name, step, args)
            except errors.MoorageError as trouble:
                if not _is_asked_again(trouble, tries, insistence):
                    raise
                reason = trouble.message
            _log.warning("operation %s: %s failed, try %d: %s", self.operation_id, name, tries, reason)
            counters.count("step_retries", kind=self.kind, step=name)
            note = functools.partial(service.note_trouble, step=name, step_at=since)
            runtime.record(runtime.store.note, note, self.operation_id, f"{name}: {reason}")
            if insistence is not None and tries == _QUICK_TRIES:
                insistence.when_stuck(runtime.world, reason, *args)
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


def _is_asked_again(trouble: errors.MoorageError, tries: int, insistence: _Insistence | None) -> bool:
    if insistence is not None:
        return isinstance(trouble, insistence.bears)
    return isinstance(trouble, errors.Unavailable) or (isinstance(trouble, errors.Unknown) and tries < _QUICK_TRIES)


def _name(step: Step) -> str:
    return getattr(step, "__name__", str(step))


def _nothing(*_: Any) -> None:
    """Nobody has to be told."""
