"""Bring a database to the schema this release needs."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Apply the migrations that are missing; none is success."""
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            config = _config()
            if _current(connection) != ScriptDirectory.from_config(config).get_current_head():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    finally:
        engine.dispose()


def current(url: str) -> str | None:
    """The revision a database is at; None if it has no schema."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        return _current(connection)


def is_behind(connection: sa.Connection) -> bool:
    """Whether migrations of this release are missing; a schema that only a later release knows lacks none."""
    script, found = ScriptDirectory.from_config(_config()), _current(connection)
    if found == script.get_current_head():
        return False
    return found is None or found in {known.revision for known in script.walk_revisions()}


def head() -> str | None:
    """The revision this release needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _current(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
