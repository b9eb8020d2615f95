"""What is asked often is found by an index, whatever the number of rows: neither a scan nor a sort of a whole table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from moorage import clock
from moorage.compute.service import servers
from moorage.store import Store, schema
from moorage.store.database import sqlite_url
from moorage.store.tables import compute, volumes
from moorage.volumes.service import listing, paging

PROJECT = "p" * 32
BIG = ("servers", "volumes", "attachments", "operations", "snapshots", "instance_actions")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = sqlite_url(tmp_path / "x.db")
    schema.upgrade(url)
    made = Store(url)
    yield made
    made.close()


class Plans:
    """The plans SQLite has for the queries in the block."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.bad: list[str] = []
        self.seen = 0

    def __enter__(self) -> sa.Connection:
        self._reading = self.store.read()
        self._tx = self._reading.__enter__()
        event.listen(self._tx, "before_cursor_execute", self._explain)
        return self._tx

    def __exit__(self, *_: object) -> None:
        event.remove(self._tx, "before_cursor_execute", self._explain)
        self._reading.__exit__(None, None, None)

    def _explain(self, connection: sa.Connection, _cursor: object, sql: str, values: object, *_: object) -> None:
        if not sql.startswith("SELECT"):
            return
        driver = connection.connection.driver_connection
        assert driver is not None
        self.seen += 1
        for *_, step in driver.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall():
            scans = step.startswith("SCAN ") and step.split()[1] in BIG and " USING " not in step
            if scans or "TEMP B-TREE" in step:
                self.bad.append(f"{step}: {sql}")


@pytest.mark.parametrize("project", [PROJECT, None], ids=["one project", "all projects"])
@pytest.mark.parametrize("marker", [False, True], ids=["first page", "later page"])
def test_pages_of_servers_and_volumes(store: Store, project: str | None, marker: bool) -> None:
    after = _rows(store) if marker else (None, None)
    plans = Plans(store)
    with plans as tx:
        servers.listing(tx, servers.Listing(project_id=project, limit=50, marker=after[0]))
        page = paging.Page(limit=50, marker=after[1])
        listing.volume_page(tx, listing.volume_query(project, {}), page)
    assert plans.seen >= 2
    assert plans.bad == []


def test_the_check_sees_a_scan_and_a_sort(store: Store) -> None:
    for query in ("SELECT id FROM servers WHERE name = 'x'", "SELECT id FROM volumes ORDER BY name"):
        plans = Plans(store)
        with plans as tx:
            tx.execute(sa.text(query))
        assert plans.bad, query


def _rows(store: Store) -> tuple[str, str]:
    """A server and a volume to begin a page after."""
    common = {"project_id": PROJECT, "user_id": "u", "name": "n", "created_at": clock.now()}
    server = {"vm_state": "active", "hostname": "n", "flavor": {}, "driver": "sim"}
    volume = {"size_gib": 1, "status": "available", "availability_zone": "nova", "backend": "files"}
    with store.write() as tx:
        tx.execute(compute.servers.insert().values(id="s", **common, **server))
        tx.execute(volumes.volumes.insert().values(id="v", **common, **volume))
    return "s", "v"
