"""What do all operations of a process share? Its store, its world, and a bell that wakes those that wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar

from moorage import errors
from moorage.operations.step_notes import StepNotes
from moorage.store import Store, Tx

W = TypeVar("W")
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
