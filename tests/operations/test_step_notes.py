"""What is on record of the step an operation is at."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from moorage import clock
from moorage.context import NOBODY
from moorage.operations import service
from moorage.operations.step_notes import StepNotes
from moorage.store import Store
from tests.support.app import make_store
from tests.support.process import eventually


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path)


@pytest.fixture
def notes(store: Store) -> Iterator[StepNotes]:
    made = StepNotes(store)
    made.start()
    yield made
    made.stop()


def submit(store: Store) -> str:
    with store.write() as tx:
        return service.submit(tx, NOBODY, kind="boot", subject="server/a", args={})


def step_of(store: Store, operation_id: str) -> str | None:
    with store.read() as tx:
        return service.get(tx, operation_id).step


def test_a_step_that_lasts_is_on_record_and_a_quick_one_costs_no_write(store: Store, notes: StepNotes) -> None:
    quick, slow = submit(store), submit(store)
    since = clock.now()
    with notes.at(slow, "boot_guest", since):
        with notes.at(quick, "list_disks", clock.now()):
            pass
        eventually(lambda: step_of(store, slow) == "boot_guest")
        with store.read() as tx:
            assert service.get(tx, slow).step_at == since
    assert step_of(store, quick) is None


def test_trouble_stays_on_record_while_its_step_lasts(store: Store, notes: StepNotes) -> None:
    operation = submit(store)
    since = clock.now()
    with notes.at(operation, "boot_guest", since):
        with store.note() as tx:
            service.note_trouble(tx, operation, "boot_guest: no answer", step="boot_guest", step_at=since)
        time.sleep(0.6)
        with store.read() as tx:
            assert service.get(tx, operation).error == "boot_guest: no answer"
    with notes.at(operation, "set_active", clock.now()):
        eventually(lambda: step_of(store, operation) == "set_active")
    with store.read() as tx:
        assert service.get(tx, operation).error is None


def test_a_late_note_changes_nothing_of_what_has_ended(store: Store) -> None:
    operation, since = submit(store), clock.now()
    with store.write() as tx:
        service.finish(tx, operation, "the hypervisor refused")
        service.note_step(tx, operation, "boot_guest", since)
        ended = service.get(tx, operation)
    assert (ended.step, ended.error) == (None, "the hypervisor refused")
