"""Boot volumes come to a database with clusters in it: existing rows have none, and the way back is open."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from moorage.store import schema
from moorage.store.engines import checked_url, sqlite_url
from tests.support import postgresql

NOW = dt.datetime(2026, 1, 1)
NODE = {"name": "w", "flavor_id": "1", "node_processes": ["worker"], "created_at": NOW}
CLUSTER = {"name": "c", "plugin_name": "generic", "plugin_version": "1.0", "created_at": NOW, "project_id": "p"}
ROWS: dict[str, dict[str, Any]] = {
    "node_group_templates": {**NODE, "id": "t", "project_id": "p", "plugin_name": "generic", "plugin_version": "1.0"},
    "cluster_templates": {**CLUSTER, "id": "ct"},
    "templates_relations": {**NODE, "id": "r", "cluster_template_id": "ct", "position": 0, "count": 2},
    "clusters": {**CLUSTER, "id": "c", "user_id": "u", "node_name": "c", "status": "Active"},
    "node_groups": {**NODE, "id": "g", "cluster_id": "c", "position": 0, "count": 1},
    "cluster_instances": {"id": "i", "cluster_id": "c", "node_group_id": "g", "node_index": 0, "instance_name": "c-w-0",
                          "created_at": NOW},
}  # fmt: skip
WITH_NODES = ("node_group_templates", "templates_relations", "node_groups")


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Connection]:
    with contextlib.ExitStack() as stack:
        is_file = request.param == "sqlite"
        url = sqlite_url(tmp_path / "x.db") if is_file else stack.enter_context(postgresql.database())
        engine = sa.create_engine(checked_url(url), poolclass=sa.pool.NullPool)
        yield stack.enter_context(engine.connect())


def move(connection: sa.Connection, revision: str) -> None:
    config: Config = schema._config()
    config.attributes["connection"] = connection
    known = connection.scalar(sa.text("select version_num from alembic_version")) if _is_known(connection) else ""
    (command.upgrade if not known or known < revision else command.downgrade)(config, revision)
    connection.commit()


def _is_known(connection: sa.Connection) -> bool:
    return sa.inspect(connection).has_table("alembic_version")


def fill(connection: sa.Connection) -> None:
    for name, row in ROWS.items():
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        connection.execute(table.insert().values(row))
    connection.commit()


def first(connection: sa.Connection, name: str) -> dict[str, Any]:
    return dict(connection.execute(sa.text(f"select * from {name}")).one()._mapping)


def test_a_filled_database_goes_up_and_down(connection: sa.Connection) -> None:
    """With the revisions before and after found by name, whatever their numbers are."""
    revisions = {path.stem.split("_", 1)[1]: path.stem.split("_")[0] for path in VERSIONS.glob("0*.py")}
    before, after = revisions["clusters"], revisions["boot_volumes_of_clusters"]
    move(connection, before)
    fill(connection)
    old = {name: first(connection, name) for name in ROWS}
    move(connection, after)
    for name in WITH_NODES:
        row = first(connection, name)
        assert (row["boot_from_volume"], row["boot_volume_local_to_instance"]) == (0, 0)
        assert (row["boot_volume_type"], row["boot_volume_availability_zone"], row["boot_volume_size"]) == (None,) * 3
        assert old[name].items() <= row.items()
    assert first(connection, "clusters")["keeps_boot_volumes"] == 0
    move(connection, before)
    assert {name: first(connection, name) for name in ROWS} == old


VERSIONS = Path(schema.__file__).parent / "migrations" / "versions"
