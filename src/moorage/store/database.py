"""How is the database read and written?

One write transaction at a time, over all processes: on SQLite that is its nature, on PostgreSQL a lock of the database
(``docs/decisions/0003-many-processes.md`` has the reasons and the figures). So whatever a transaction has read stays
true until it commits, and check-then-write needs no further care. Reads never wait and see one consistent state.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from moorage import fence
from moorage.store import engines, outage
from moorage.store.engines import open_engine, sqlite_url

__all__ = ["Store", "Tx", "after_commit", "open_engine", "sqlite_url"]

Tx = sa.Connection
"""A transaction. Domain functions take it first; whoever opened it decides when it commits."""

_AFTER_COMMIT = "moorage_after_commit"
_TURN = 0x6D6F6F72
"""Key of the advisory lock that all writers of a PostgreSQL database take."""


class Store:
    """The database of the control plane."""

    def __init__(self, url: str) -> None:
        self.url = engines.checked_url(url)
        self._reader = engines.open_reader(self.url)
        self._writer = engines.open_writer(self.url)
        self._noter = engines.open_noter(self.url)
        self._turn = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        return engines.is_sqlite(self.url)

    @contextlib.contextmanager
    def read(self) -> Iterator[Tx]:
        """A consistent view; nothing written in it is kept."""
        with outage.told(), self._reader.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    @contextlib.contextmanager
    def write(self) -> Iterator[Tx]:
        """All or nothing: commits at the end of the block, rolls back if it raises. Nobody else writes meanwhile.

        ``fence.Fenced`` if the operation that writes has gone to another process.
        """
        with self.unordered(self._turn) as connection:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_TURN)))
            fence.check_in(connection)
            yield connection

    @contextlib.contextmanager
    def unordered(self, turn: contextlib.AbstractContextManager[object] | None = None) -> Iterator[Tx]:
        """A write transaction that waits for nobody on PostgreSQL: for rows that one process alone changes."""
        turn = turn or (self._turn if self.is_sqlite else contextlib.nullcontext())
        with outage.told(), self._writer.connect() as connection:
            try:
                with turn, connection.begin():
                    yield connection
            except BaseException:
                connection.info.pop(_AFTER_COMMIT, None)
                raise
            calls = connection.info.pop(_AFTER_COMMIT, [])
        for call in calls:
            call()

    @contextlib.contextmanager
    def note(self) -> Iterator[Tx]:
        """Write what nothing depends on, such as progress, without waiting for the disk: the last may be lost."""
        turn = self._turn if self.is_sqlite else contextlib.nullcontext()
        with outage.told(), turn, self._noter.connect() as connection, connection.begin():
            fence.check()
            yield connection

    def pools(self) -> dict[str, sa.Pool]:
        """The pools of connections, for figures."""
        return {"read": self._reader.pool, "write": self._writer.pool}

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()
        self._noter.dispose()


def after_commit(tx: Tx, call: Callable[[], None]) -> None:
    """Run ``call`` once the transaction is durable; never if it rolls back."""
    tx.info.setdefault(_AFTER_COMMIT, []).append(call)
