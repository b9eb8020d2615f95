"""Which processes live? A row each, renewed twice a second by the database's clock; who does not renew it is dead.

The survivors remove the row of a dead process and set free what it was running, in one transaction. So the row decides:
while it is there the operations are its process's, once it is gone that process may write nothing any more. Before
changes of the outside world a process goes by its own clock, which is the stricter one: a process that was frozen waits
until it has renewed its row or has learnt that it is gone (``Lease.check``).

SQLite has one process at a time, held by the lock on the data directory, and needs none of this.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time

import sqlalchemy as sa

from moorage import errors, ids
from moorage.fence import Fenced
from moorage.operations import claims, service
from moorage.store import Store, Tx
from moorage.store.tables.operations import executors

TTL_S = 3.0
BEAT_S = 0.5
_log = logging.getLogger(__name__)
_NOW = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Float)


class Lease:
    """The right of this process to run operations, under an id that is new with each start."""

    def __init__(self, store: Store) -> None:
        self.id = f"{socket.gethostname()[:40]}-{os.getpid()}-{ids.new()[:8]}"
        self._store = store
        self._changed = threading.Condition()
        self._valid_until = 0.0
        self._is_lost = False

    def take(self) -> None:
        """Begin to live; of what nobody alive runs, nothing is taken yet."""
        began = _clock()
        with self._store.write() as tx:
            if self._store.is_sqlite:
                claims.set_free_all(tx)
                self._extend(float("inf"))
                return
            tx.execute(
                executors.insert().values(id=self.id, host=socket.gethostname(), pid=os.getpid(), until=_until())
            )
        self._extend(began)

    def renew(self) -> bool:
        """Live on; False once others have taken this process for dead."""
        began = _clock()
        with self._store.unordered() as tx:
            is_kept = tx.execute(executors.update().where(executors.c.id == self.id).values(until=_until())).rowcount
        if is_kept:
            self._extend(began)
        else:
            self._lose()
        return bool(is_kept)

    def renew_or_stop(self) -> None:
        """``Fenced`` unless the lease holds now, by the database."""
        if not self._store.is_sqlite and not self.renew():
            raise Fenced

    def release(self) -> None:
        """Set free what is still held, for others to take at once; nothing may be changed under this lease any more."""
        self._lose()
        if self._store.is_sqlite:
            return
        with self._store.write() as tx:
            tx.execute(executors.delete().where(executors.c.id == self.id))
            claims.set_free(tx, [self.id])
            service.announce(tx)

    def check(self) -> None:
        """Returns while the lease holds; waits while that is in doubt; raises ``Fenced`` once it is lost."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_lost or _clock() < self._valid_until)
            if self._is_lost:
                raise Fenced

    def check_in(self, tx: Tx) -> None:
        if self._is_lost:
            raise Fenced
        if not self._store.is_sqlite and tx.scalar(sa.select(executors.c.id).where(executors.c.id == self.id)) is None:
            self._lose()
            raise Fenced

    def _extend(self, since: float) -> None:
        with self._changed:
            self._valid_until = since + TTL_S
            self._changed.notify_all()

    def _lose(self) -> None:
        with self._changed:
            self._is_lost = True
            self._changed.notify_all()


class Keeper:
    """Renews the lease of this process and sets free what dead ones were running. On SQLite it does nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.lease = Lease(store)
        self.alive = 1
        """How many processes run operations, this one included."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="keeper", daemon=True)

    def start(self) -> None:
        self.lease.take()
        if not self._store.is_sqlite:
            self._look_at_others()
            self._thread.start()

    def stop(self) -> None:
        """Give up the lease; what is left goes to others."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self.lease.release()

    def _loop(self) -> None:
        while not self._stopping.wait(BEAT_S):
            try:
                self._beat()
            except errors.Unknown as silence:
                _log.warning("the lease could not be renewed: %s", silence.message)
            except Exception:  # noqa: BLE001 - the thread must outlive any bug
                _log.exception("the lease could not be renewed")

    def _beat(self) -> None:
        if not self.lease.renew():
            _log.error("executor %s was taken for dead: what it was running is run by others now", self.lease.id)
            self.lease = Lease(self._store)
            self.lease.take()
        self._look_at_others()

    def _look_at_others(self) -> None:
        with self._store.unordered() as tx:
            untils = tx.execute(sa.select(executors.c.id, (executors.c.until < _NOW).label("is_dead"))).all()
        dead = [row.id for row in untils if row.is_dead]
        self.alive = max(1, len(untils) - len(dead))
        if dead:
            self._bury(dead)

    def _bury(self, dead: list[str]) -> None:
        """Several survivors may come at once: the first one finds the rows."""
        with self._store.write() as tx:
            gone = (
                executors.delete().where(executors.c.id.in_(dead), executors.c.until < _NOW).returning(executors.c.id)
            )
            buried = list(tx.execute(gone).scalars())
            freed = claims.set_free(tx, buried)
            if freed:
                service.announce(tx)
        if buried:
            _log.warning("executor %s is dead; %d operations go on elsewhere", ", ".join(buried), freed)


def any_alive(tx: Tx) -> bool:
    """Whether some process runs operations on this PostgreSQL database."""
    return tx.scalar(sa.select(executors.c.id).where(executors.c.until > _NOW).limit(1)) is not None


def _until() -> sa.ColumnElement[float]:
    return _NOW + TTL_S


def _clock() -> float:
    """Goes on while the process is frozen, and while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
