"""A database that cannot be written is told as such, by its own error, and used again as soon as it can be."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from moorage import errors
from moorage.operations import service
from moorage.store import Store, outage
from tests.support.inside import inside


class Switch:
    """Makes the connections of a store that write read-only, by SQLite's own means, and back."""

    def __init__(self, store: Store) -> None:
        self.is_read_only = False
        for engine in (store._writer, store._noter):
            event.listen(engine, "checkout", self._set)

    def _set(self, connection: sqlite3.Connection, *_: Any) -> None:
        connection.execute(f"PRAGMA query_only = {'ON' if self.is_read_only else 'OFF'}")


def test_a_read_only_database_is_503_to_those_who_write_and_operations_wait_for_it(tmp_path: Path) -> None:
    with inside(tmp_path) as site:
        token, store = site.token(), site.moorage.store
        switch = Switch(store)
        made = site.server(token, site.volume(token)).json()["server"]["id"]
        switch.is_read_only = True
        refused = site.call(token, "POST", "volume", "/volumes", {"volume": {"size": 1}})
        assert refused.status_code == 503, refused.text
        assert "The database is read-only. Nothing was changed; try again later." in refused.text
        assert refused.headers["retry-after"] == "1"
        assert site.call(token, "GET", "volume", "/volumes").status_code == 200
        assert site.call(token, "GET", "compute", f"/servers/{made}").status_code == 200
        with store.read() as tx:
            begun = [operation.kind for operation in service.unfinished(tx)]

        switch.is_read_only = False
        site.until(token, "compute", f"/servers/{made}", "ACTIVE")
        assert site.call(token, "POST", "volume", "/volumes", {"volume": {"size": 1}}).status_code == 202
        with store.read() as tx:
            assert {operation.state for operation in service.recent(tx, 10)} <= {"succeeded", "pending", "running"}
        assert begun in ([], ["boot"]), "nothing was begun by what was refused"


def test_a_step_that_meets_a_full_disk_is_repeated_beyond_the_quick_tries(tmp_path: Path) -> None:
    left = [8]

    def create(*_: Any) -> None:
        if left[0]:
            left[0] -= 1
            raise OSError(errno.ENOSPC, "No space left on device")

    with inside(tmp_path) as site:
        site.moorage.backends["files"].create = create  # type: ignore[method-assign]
        token = site.token()
        made = site.call(token, "POST", "volume", "/volumes", {"volume": {"size": 1}}).json()["volume"]["id"]
        site.until(token, "volume", f"/volumes/{made}", "available", timeout_s=40)
        assert left == [0]
        with site.moorage.store.read() as tx:
            (operation,) = service.recent(tx, 1)
        assert operation.retries == 8


@pytest.mark.parametrize(
    ("state", "told"),
    [("53100", "is full"), ("25006", "is read-only"), ("57P01", "does not answer"), ("23505", None)],
)
def test_postgresql_says_it_by_its_codes(state: str, told: str | None) -> None:
    original = psycopg.errors.lookup(state)("...")
    found = outage.meaning(sa.exc.DBAPIError("INSERT ...", None, original))
    assert (found is None) if told is None else (found is not None and told in found.message)


def test_a_bug_is_no_outage() -> None:
    assert outage.meaning(FileNotFoundError(errno.ENOENT, "x")) is None
    assert outage.meaning(ValueError("x")) is None
    assert isinstance(outage.meaning(OSError(errno.EROFS, "x")), errors.Unavailable)
