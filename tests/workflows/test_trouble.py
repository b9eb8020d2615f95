"""Why an operation does not get on, from its row and those before it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from moorage import clock
from moorage.context import NOBODY
from moorage.operations import service, trouble
from moorage.store import Store
from moorage.store.tables.operations import operations
from tests.support.app import make_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path)


def add(store: Store, age_s: float, subject: str = "server/a", **columns: Any) -> str:
    with store.write() as tx:
        operation_id = service.submit(tx, NOBODY, kind="boot", subject=subject, args={})
        since = clock.now() - dt.timedelta(seconds=age_s)
        values = {"created_at": since, "started_at": since, "step_at": since, **columns}
        tx.execute(operations.update().where(operations.c.id == operation_id).values(**values))
    return operation_id


def reasons(store: Store) -> dict[str, str]:
    with store.read() as tx:
        return {found.operation.id: found.reason for found in trouble.stuck(tx, 60)}


def test_what_runs_or_waits_within_patience_is_no_trouble(store: Store) -> None:
    add(store, 30, state="running", step="boot_guest")
    add(store, 30)
    assert reasons(store) == {}


def test_a_step_that_hangs_is_named_with_its_time_and_so_is_what_waits_behind_it(store: Store) -> None:
    first = add(store, 120, state="running", step="boot_guest")
    second = add(store, 90)
    found = reasons(store)
    assert found[first] == "step boot_guest has been running for 120 s"
    assert found[second] == f"has been waiting for 90 s behind operation {first} (boot)"


def test_what_nobody_starts_says_so(store: Store) -> None:
    operation = add(store, 75)
    assert reasons(store)[operation].startswith("has not been started for 75 s; is a worker running")


def test_the_next_step_ends_the_trouble_of_the_last_and_retries_stay_counted(store: Store) -> None:
    operation = add(store, 1, state="running", step="boot_guest")
    with store.write() as tx:
        service.note_trouble(tx, operation, "boot_guest: no answer")
        service.note_trouble(tx, operation, "boot_guest: no answer")
    assert reasons(store) == {operation: "tried again 2 times: boot_guest: no answer"}
    with store.write() as tx:
        service.note_step(tx, operation, "finish", clock.now())
    assert reasons(store) == {}
    with store.read() as tx:
        (kept,) = service.recent(tx, 10, is_retried=True)
    assert (kept.id, kept.retries) == (operation, 2)
