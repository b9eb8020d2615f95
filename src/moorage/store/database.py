"""How is the database opened, read and written?

SQLite runs in WAL mode with ``synchronous=FULL``: a committed intent survives a power cut. Writers take turns on a lock
in this process and begin with ``BEGIN IMMEDIATE``, so a transaction never fails half-way because it read first.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

Tx = sa.Connection
"""A transaction. Domain functions take it first; whoever opened it decides when it commits."""

_AFTER_COMMIT = "moorage_after_commit"
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON", "temp_store=MEMORY")


def sqlite_url(path: object) -> str:
    """The SQLAlchemy URL of a SQLite file."""
    return f"sqlite:///{path}"


def open_engine(url: str, begin: str | None = "BEGIN", pool_size: int = 40) -> sa.Engine:
    """An engine whose transactions start with ``begin`` on SQLite; PostgreSQL URLs are opened as they are.

    ``begin`` None leaves it to the driver to begin, immediately, before the first write.
    """
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=pool_size, pool_pre_ping=True)
    engine = sa.create_engine(
        url, poolclass=sa.pool.QueuePool, pool_size=pool_size, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None if begin else "IMMEDIATE"
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    if begin:

        @event.listens_for(engine, "begin")
        def start(connection: sa.Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine


class Store:
    """The database of the control plane."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._reader = open_engine(url)
        self._writer = open_engine(url, "BEGIN IMMEDIATE") if self.is_sqlite else self._reader
        self._turn: contextlib.AbstractContextManager[Any] = threading.Lock() if self.is_sqlite else _NoTurn()

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @contextlib.contextmanager
    def read(self) -> Iterator[Tx]:
        """A consistent view; nothing written in it is kept."""
        with self._reader.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    @contextlib.contextmanager
    def write(self) -> Iterator[Tx]:
        """All or nothing: commits at the end of the block, rolls back if it raises."""
        with self._writer.connect() as connection:
            try:
                with self._turn, connection.begin():
                    yield connection
            except BaseException:
                connection.info.pop(_AFTER_COMMIT, None)
                raise
            calls = connection.info.pop(_AFTER_COMMIT, [])
        for call in calls:
            call()

    def pools(self) -> dict[str, sa.Pool]:
        """The pools of connections, for figures."""
        return {"read": self._reader.pool, "write": self._writer.pool}

    def close(self) -> None:
        self._reader.dispose()
        self._writer.dispose()


def after_commit(tx: Tx, call: Callable[[], None]) -> None:
    """Run ``call`` once the transaction is durable; never if it rolls back."""
    tx.info.setdefault(_AFTER_COMMIT, []).append(call)


class _NoTurn:
    """PostgreSQL lets writers run side by side."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_exc: object) -> None: ...
