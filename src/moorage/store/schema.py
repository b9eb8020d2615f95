"""Bring a database to the schema this release needs, and say how the two stand to each other.

Alembic is imported only when there is something to migrate: it is a sixth of the time that a start takes.
"""

from __future__ import annotations

import contextlib
import enum
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from moorage import errors
from moorage.store.engines import checked_url, is_sqlite

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE = 0x6D6F6F73
"""Key of the advisory lock that lets one process at a time upgrade a PostgreSQL database."""

_LOOK_S = 0.1


class Fit(enum.StrEnum):
    """How a database's schema stands to this release."""

    EMPTY = "empty"
    OLDER = "older"
    EXACT = "exact"
    NEWER = "newer"
    """Of a release that this one does not know; by the rule of migrations it still runs on it."""


def upgrade(url: str) -> None:
    """Apply the migrations that are missing; none is success, and so is a schema newer than this release."""
    with one_at_a_time(url), _connected(url) as connection:
        if _fit(_current(connection)) in (Fit.EMPTY, Fit.OLDER):
            _migrate(connection)


@contextlib.contextmanager
def one_at_a_time(url: str) -> Iterator[None]:
    """Of all processes of a PostgreSQL database one is in this block. SQLite has one process anyway."""
    if is_sqlite(url):
        yield
        return
    engine = sa.create_engine(checked_url(url), poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        # Asked again and again: indexes are made that wait for whoever is in a transaction, or waits for a lock.
        while not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_UPGRADE))):
            time.sleep(_LOOK_S)
        yield


@contextlib.contextmanager
def _connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(checked_url(url), poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        yield connection


def current(url: str) -> str | None:
    """The revision a database is at; None if it has no schema."""
    with _connected(url) as connection:
        return _current(connection)


def fit(url: str) -> Fit:
    """How the schema of a database stands to this release."""
    return _fit(current(url))


def require(url: str) -> None:
    """ConfigError unless this release can run on the database as it is."""
    if fit(url) in (Fit.EMPTY, Fit.OLDER):
        found = current(url) or "none"
        raise errors.ConfigError(
            f"the database has schema {found}, this release needs {head()}: run `moorage db upgrade` first"
        )


def is_behind(connection: sa.Connection) -> bool:
    """Whether migrations of this release are missing; a schema that only a later release knows lacks none."""
    return _fit(_current(connection)) in (Fit.EMPTY, Fit.OLDER)


def head() -> str:
    """The revision this release needs."""
    return _revisions()[-1]


def _fit(revision: str | None) -> Fit:
    if revision is None:
        return Fit.EMPTY
    if revision == head():
        return Fit.EXACT
    return Fit.OLDER if revision in _revisions() else Fit.NEWER


def _revisions() -> list[str]:
    """What this release knows, oldest first: revisions are numbered, and a file's name begins with its number."""
    return sorted(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _current(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found


def _migrate(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
