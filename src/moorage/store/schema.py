"""Bring a database to the schema this release needs, and say how the two stand to each other."""

from __future__ import annotations

import enum
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from moorage import errors
from moorage.store.engines import checked_url, is_sqlite

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE = 0x6D6F6F73
"""Key of the advisory lock that lets one process at a time upgrade a PostgreSQL database."""


class Fit(enum.StrEnum):
    """How a database's schema stands to this release."""

    EMPTY = "empty"
    OLDER = "older"
    EXACT = "exact"
    NEWER = "newer"
    """Of a release that this one does not know; by the rule of migrations it still runs on it."""


def upgrade(url: str) -> None:
    """Apply the migrations that are missing; none is success, and so is a schema newer than this release."""
    engine = sa.create_engine(checked_url(url))
    try:
        with engine.begin() as connection:
            if not is_sqlite(url):
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADE)))
            if _fit(_current(connection)) in (Fit.EMPTY, Fit.OLDER):
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    finally:
        engine.dispose()


def current(url: str) -> str | None:
    """The revision a database is at; None if it has no schema."""
    engine = sa.create_engine(checked_url(url))
    try:
        with engine.connect() as connection:
            return _current(connection)
    finally:
        engine.dispose()


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
    script, found = ScriptDirectory.from_config(_config()), _current(connection)
    if found == script.get_current_head():
        return False
    return found is None or found in {known.revision for known in script.walk_revisions()}


def head() -> str | None:
    """The revision this release needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _fit(revision: str | None) -> Fit:
    if revision is None:
        return Fit.EMPTY
    script = ScriptDirectory.from_config(_config())
    if revision == script.get_current_head():
        return Fit.EXACT
    return Fit.OLDER if revision in {known.revision for known in script.walk_revisions()} else Fit.NEWER


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
