"""How is each kind of database opened?

SQLite runs in WAL mode with ``synchronous=FULL``: a committed intent survives a power cut. PostgreSQL is reached with
psycopg 3; a session that sits in an open write transaction is ended by the server, so that a process which is frozen
there keeps nobody else from writing.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import event

from moorage import errors

PATIENCE_IN_WRITE_S = 3
"""How long a PostgreSQL session may do nothing inside a write transaction before the server ends it."""
_WRITERS = 4
"""Connections for writing, of one process: one has its turn, the others renew leases."""
_PRAGMAS = ("journal_mode=WAL", "busy_timeout=30000", "foreign_keys=ON", "temp_store=MEMORY")


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


_JSON: dict[str, Any] = {"json_serializer": _to_json, "json_deserializer": msgspec.json.decode}


def sqlite_url(path: object) -> str:
    """The SQLAlchemy URL of a SQLite file."""
    return f"sqlite:///{path}"


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def checked_url(url: str) -> str:
    """The URL as SQLAlchemy wants it: ``postgresql://`` means psycopg 3. ConfigError for other databases."""
    scheme, separator, rest = url.partition("://")
    if scheme == "sqlite" and separator:
        return url
    if scheme in ("postgresql", "postgres", "postgresql+psycopg") and separator:
        return f"postgresql+psycopg://{rest}"
    raise errors.ConfigError(f"database_url = {scheme}://****: must begin with postgresql:// or sqlite:///")


def open_engine(url: str, begin: str | None = "BEGIN", pool_size: int = 40, *, waits: bool = True) -> sa.Engine:
    """An engine whose transactions start with ``begin`` on SQLite; ``None`` leaves that to the driver.

    The driver begins immediately, before the first write. On PostgreSQL ``begin`` means nothing. Unless it ``waits``,
    a commit does not wait for the disk: it survives the end of the process, but not a power cut soon after.
    """
    if not is_sqlite(url):
        return _postgresql(url, pool_size)
    engine = sa.create_engine(
        url, poolclass=sa.pool.QueuePool, pool_size=pool_size, connect_args={"check_same_thread": False}, **_JSON
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None if begin else "IMMEDIATE"
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA synchronous={'FULL' if waits else 'NORMAL'}")

    if begin:

        @event.listens_for(engine, "begin")
        def start(connection: sa.Connection) -> None:
            connection.exec_driver_sql(begin)

    return engine


def open_reader(url: str) -> sa.Engine:
    """For transactions that see one state of the database from begin to end."""
    if is_sqlite(url):
        return open_engine(url)
    return _postgresql(url, 16, isolation_level="REPEATABLE READ")


def open_writer(url: str) -> sa.Engine:
    """For transactions whose statements see what was committed before each of them."""
    if is_sqlite(url):
        return open_engine(url, "BEGIN IMMEDIATE")
    engine = _postgresql(url, _WRITERS, isolation_level="READ COMMITTED")

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.execute(f"SET idle_in_transaction_session_timeout = '{PATIENCE_IN_WRITE_S}s'")
        connection.commit()

    return engine


def open_noter(url: str) -> sa.Engine:
    """For transactions that need not wait for the disk."""
    if is_sqlite(url):
        return open_engine(url, "BEGIN IMMEDIATE", waits=False)
    engine = _postgresql(url, _WRITERS, isolation_level="READ COMMITTED")

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.execute("SET synchronous_commit TO OFF")
        connection.commit()

    return engine


def _postgresql(url: str, pool_size: int, **options: Any) -> sa.Engine:
    alive = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "connect_timeout": 10}
    return sa.create_engine(
        url, pool_size=pool_size, max_overflow=4, pool_pre_ping=True, connect_args=alive, **_JSON, **options
    )
