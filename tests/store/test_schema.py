"""The migrations make exactly the tables the code knows, up and down."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from moorage.store import schema
from moorage.store.database import sqlite_url
from moorage.store.tables import metadata


def test_an_upgraded_database_has_the_tables_the_code_knows(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "x.db")
    schema.upgrade(url)
    with sa.create_engine(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "x.db")
    assert schema.current(url) is None
    schema.upgrade(url)
    schema.upgrade(url)
    assert schema.current(url) == schema.head()
