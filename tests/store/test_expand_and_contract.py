"""Migrations after the first only add, so that code of the release before runs on while they are applied."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from moorage.store import schema
from moorage.store.engines import checked_url
from tests.support import postgresql

BREAKS = {
    "takes a table away": r"^\s*DROP TABLE",
    "takes a column away": r"DROP COLUMN",
    "renames": r"RENAME",
    "makes a column that old code leaves empty mandatory": r"SET NOT NULL",
    "adds a column that old code does not fill": r"ADD COLUMN(?!.*DEFAULT).*NOT NULL",
    "forbids rows that old code may write": r"ADD CONSTRAINT|CREATE UNIQUE INDEX",
    "changes a type": r"ALTER COLUMN.*TYPE",
}


def breaks(statements: list[str]) -> list[str]:
    """Why the statements would break code of the release before; empty if they would not."""
    made = {match[1] for text in statements if (match := re.search(r"CREATE TABLE (\S+)", text))}
    found = []
    for text in statements:
        line = " ".join(text.split())
        on_new_table = any(re.search(rf"\b{table}\b", line) for table in made)
        for why, pattern in BREAKS.items():
            if re.search(pattern, line) and not on_new_table:
                found.append(f"{why}: {line}")
    return found


@pytest.fixture
def url() -> Iterator[str]:
    with postgresql.database() as made:
        yield made


def statements_of(url: str, revision: str) -> list[str]:
    """What a migration executes on PostgreSQL."""
    engine, seen = sa.create_engine(checked_url(url), poolclass=sa.pool.NullPool), []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    with engine.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return seen


def test_each_migration_after_the_first_only_adds(url: str) -> None:
    revisions = [script.revision for script in ScriptDirectory.from_config(schema._config()).walk_revisions()][::-1]
    statements_of(url, revisions[0])
    for revision in revisions[1:]:
        seen = statements_of(url, revision)
        assert any("alembic_version" in text for text in seen), "the statements were seen"
        assert breaks(seen) == [], revision


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE servers DROP COLUMN name", "ALTER TABLE servers ADD COLUMN x BIGINT NOT NULL",
        "ALTER TABLE servers RENAME COLUMN a TO b", "ALTER TABLE servers ALTER COLUMN name SET NOT NULL",
        "DROP TABLE servers", "CREATE UNIQUE INDEX x ON servers (name)",
    ],
)  # fmt: skip
def test_what_would_break_old_code_is_found(statement: str) -> None:
    assert breaks([statement])
    assert (
        breaks(["CREATE TABLE ports (id TEXT)", "ALTER TABLE servers ADD COLUMN x BIGINT DEFAULT '0' NOT NULL"]) == []
    )
