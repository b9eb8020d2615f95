"""The migrations make exactly the tables the code knows, up and down, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from moorage import errors
from moorage.attachments.model import Attachment
from moorage.compute.model.server import Server
from moorage.store import schema
from moorage.store.engines import checked_url, sqlite_url
from moorage.store.tables import metadata
from tests.support import postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "x.db")
        return
    with postgresql.database() as made:
        yield made


def engine(url: str) -> sa.Engine:
    return sa.create_engine(checked_url(url), poolclass=sa.pool.NullPool)


@pytest.mark.parametrize(("shape", "table"), [(Server, "servers"), (Attachment, "attachments")])
def test_fields_stand_in_the_order_of_the_columns(shape: Any, table: str) -> None:
    """Rows become these by position."""
    assert shape.__struct_fields__ == tuple(metadata.tables[table].c.keys())


def downgrade(url: str) -> None:
    """Take every migration back. There is no command for it: a release goes back by its backup."""
    with engine(url).begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


def test_an_upgraded_database_has_the_tables_the_code_knows(url: str) -> None:
    schema.upgrade(url)
    with engine(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_upgrading_twice_changes_nothing(url: str) -> None:
    assert schema.current(url) is None
    schema.upgrade(url)
    schema.upgrade(url)
    assert schema.current(url) == schema.head()


def test_all_migrations_can_be_taken_back_and_applied_again(url: str) -> None:
    schema.upgrade(url)
    downgrade(url)
    with engine(url).connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
    schema.upgrade(url)
    assert schema.fit(url) is schema.Fit.EXACT


def test_a_schema_newer_than_this_release_is_left_as_it_is_and_can_be_used(url: str) -> None:
    schema.upgrade(url)
    with engine(url).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    schema.upgrade(url)
    schema.require(url)
    assert schema.fit(url) is schema.Fit.NEWER


def test_a_database_without_a_schema_is_refused_with_the_command_to_run(url: str) -> None:
    with pytest.raises(errors.ConfigError, match="run `moorage db upgrade` first"):
        schema.require(url)


def test_an_unknown_kind_of_database_is_refused_without_showing_its_password() -> None:
    with pytest.raises(errors.ConfigError, match=r"must begin with postgresql:// or sqlite:///") as refused:
        checked_url("mysql://root:hunter2@host/x")
    assert "hunter2" not in refused.value.message
