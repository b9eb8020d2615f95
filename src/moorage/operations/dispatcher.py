"""Who starts operations? One thread a process, told of every submit, that claims the oldest of each subject at once.

DBOS has queues with a concurrency limit per key, but they poll: each hand-over costs up to one polling interval. Here a
commit wakes the thread (``docs/decisions/0002-durable-operations.md`` has the figures). The slow sweep finds what
was submitted when nobody listened. Of several processes each claims its share of what is ready.
"""

from __future__ import annotations

import contextlib
import logging
import threading

from moorage import fence
from moorage.operations import claims
from moorage.operations.engine import JOURNAL_FORMAT, RESUMED_FORMATS, Engine
from moorage.operations.leases import Keeper, Lease
from moorage.operations.service import Operation
from moorage.store import Store, notices
from moorage.telemetry.scope import scope

_log = logging.getLogger(__name__)
_SWEEP_S = 5.0
_SHARING_S = 0.05
"""How long what others may claim is left to them."""


class Dispatcher:
    """Starts operations, in this process at most ``concurrency`` at a time of each pool, and one a subject."""

    def __init__(self, store: Store, engine: Engine, keeper: Keeper, concurrency: int) -> None:
        self._store = store
        self._engine = engine
        self._keeper = keeper
        self._concurrency = concurrency
        self._wake = threading.Event()
        self._stopping = False
        self._claimed: list[tuple[Operation, Lease]] = []
        self._thread = threading.Thread(target=self._loop, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin to dispatch, what was left unfinished first."""
        self._engine.on_end = self._wake.set
        notices.listen(self._wake.set)
        self._wake.set()
        self._thread.start()

    def stop(self) -> None:
        notices.forget(self._wake.set)
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    @property
    def is_alive(self) -> bool:
        """Whether what is submitted here is started here."""
        return self._thread.is_alive()

    @property
    def concurrency(self) -> int:
        return self._concurrency

    def _loop(self) -> None:
        pause_s = _SWEEP_S
        while not self._stopping:
            self._wake.wait(pause_s)
            self._wake.clear()
            if self._stopping:
                return
            pause_s = self._dispatch_or_log()

    def _dispatch_or_log(self) -> float:
        """How long to wait for the next look."""
        try:
            self._start_claimed()
            has_left_some = self._dispatch()
        except fence.Fenced:
            return _SHARING_S  # the keeper is about to take a new lease
        except Exception:  # noqa: BLE001 - the loop must outlive any bug
            _log.exception("dispatching failed; it is tried again in %.0f s", _SWEEP_S)
            return _SWEEP_S
        return _SHARING_S if has_left_some else _SWEEP_S

    def _dispatch(self) -> bool:
        """Claim and start this process's share of what is ready; whether something was left to others."""
        pools = [(self._concurrency - self._engine.count(kinds), kinds) for kinds in self._engine.pools().values()]
        pools = [(free, kinds) for free, kinds in pools if free > 0]
        if not self._is_ready([kind for _, kinds in pools for kind in kinds]):
            return False
        lease = self._keeper.lease
        with fence.held(lease), self._store.write() as tx:
            found = [claims.claimable(tx, free, kinds, RESUMED_FORMATS) for free, kinds in pools]
            mine = [operation for ready in found for operation in ready[: -(-len(ready) // self._keeper.alive)]]
            for operation in mine:
                event = self._engine.kinds[operation.kind].event
                claims.claim(tx, operation, lease.id, JOURNAL_FORMAT, event)
        self._claimed += [(operation, lease) for operation in mine]
        self._start_claimed()
        return len(mine) < sum(map(len, found))

    def _is_ready(self, kinds: list[str]) -> bool:
        with self._store.read() as tx:
            return bool(kinds and claims.claimable(tx, 1, kinds, RESUMED_FORMATS))

    def _start_claimed(self) -> None:
        """What cannot be started now stays claimed, and is started at the next look."""
        while self._claimed:
            operation, lease = self._claimed[0]
            what = "begins" if operation.started_at is None else "goes on"
            with scope(operation=operation.id, request=operation.request_id or ""):
                names = (operation.id, operation.kind, operation.subject, what, operation.request_id)
                _log.info("operation %s: %s %s %s (%s)", *names)
                with contextlib.suppress(fence.Fenced):  # then it has been set free
                    self._engine.start(operation, lease)
            self._claimed.pop(0)
