"""Which errors mean that a database or a disk cannot take anything now, so that the same may succeed later?

A full disk, a read-only or unreachable file, a server that restarts: nothing was changed, and nothing is wrong with
what was asked. Requests are answered 503, operations wait and go on by themselves.
"""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import event

from moorage import errors
from moorage.telemetry import counters

_SQLITE = {
    "SQLITE_FULL": "is full", "SQLITE_READONLY": "is read-only", "SQLITE_IOERR": "cannot be written (I/O error)",
    "SQLITE_CANTOPEN": "cannot be opened",
}  # fmt: skip
_POSTGRESQL = {
    "53100": "is full", "25006": "is read-only", "53300": "has no connection left", "08": "does not answer",
    "57P": "does not answer", "25P03": "does not answer",
}  # fmt: skip
"""How a SQLSTATE begins → what that means."""
_FILES = {
    errno.ENOSPC: "is full", errno.EDQUOT: "is full", errno.EROFS: "is read-only", errno.EIO: "has an I/O error"
}  # fmt: skip


def meaning(problem: BaseException) -> errors.Unavailable | None:
    """What callers are told; None if the error means something else."""
    if isinstance(problem, sa.exc.DBAPIError):
        what, reason = "The database", _of_database(problem)
    elif isinstance(problem, OSError):
        what, reason = "The disk", _FILES.get(problem.errno or 0)
    else:
        return None
    if reason is None:
        return None
    counters.count("database_refused", reason=f"{what.removeprefix('The ')} {reason}")
    return errors.Unavailable(f"{what} {reason}. Nothing was changed; try again later.")


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Raise ``errors.Unavailable`` in place of the library's error."""
    try:
        yield
    except sa.exc.DBAPIError as problem:
        if (unavailable := meaning(problem)) is not None:
            raise unavailable from problem
        raise


def keep_asking(engine: sa.Engine) -> None:
    """For a library that waits for a locked file but not for a full one: let it take the one for the other."""

    @event.listens_for(engine, "handle_error")
    def translate(context: sa.engine.ExceptionContext) -> None:
        original = context.original_exception
        if isinstance(original, sqlite3.Error) and (reason := _of_sqlite(original)) is not None:
            counters.count("database_refused", reason=f"journal {reason}")
            locked = sqlite3.OperationalError(f"database is locked: {original}")
            raise sa.exc.OperationalError(context.statement, None, locked)


def _of_database(problem: sa.exc.DBAPIError) -> str | None:
    original = problem.orig
    if isinstance(original, sqlite3.Error):
        return _of_sqlite(original)
    if problem.connection_invalidated:
        return "does not answer"
    state = getattr(original, "sqlstate", None)
    if state is None:
        is_operational = isinstance(problem, sa.exc.OperationalError)
        return "does not answer" if is_operational and type(original).__module__.startswith("psycopg") else None
    return next((reason for begin, reason in _POSTGRESQL.items() if state.startswith(begin)), None)


def _of_sqlite(original: sqlite3.Error) -> str | None:
    name = getattr(original, "sqlite_errorname", "")
    return next((reason for begin, reason in _SQLITE.items() if name.startswith(begin)), None)
