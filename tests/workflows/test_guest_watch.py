"""Servers follow their guests: told, asked, and never against an operation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moorage import clock, errors, ids
from moorage.compute.model.guest import GuestState
from moorage.compute.service import servers
from moorage.context import Context
from moorage.operations import service as operations
from moorage.store import Store
from moorage.workflows.guest_watch import GuestWatch
from tests.support.app import make_store
from tests.support.process import eventually

ALICE = Context(user_id="alice", project_id="a" * 32, request_id="req-1")


class Source:
    """A hypervisor that says what a test puts down."""

    def __init__(self) -> None:
        self.power: dict[str, int] = {}
        self.asked: list[list[str]] = []
        self.is_silent = False
        self.while_asked: Callable[[], None] = lambda: None
        self.tell: Callable[[GuestState], None] = lambda _state: None

    def watch(self, tell: Callable[[GuestState], None]) -> None:
        self.tell = tell

    def states_of(self, server_ids: list[str]) -> list[GuestState]:
        self.asked.append(server_ids)
        self.while_asked()
        if self.is_silent:
            raise errors.Unknown("no answer")
        return [GuestState(server_id=s, power_state=self.power[s]) for s in server_ids if s in self.power]

    def change(self, server_id: str, power: int) -> None:
        self.power[server_id] = power
        self.tell(GuestState(server_id=server_id, power_state=power))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def watch(store: Store, source: Source) -> Iterator[GuestWatch]:
    made = GuestWatch(store, source)
    made.start()
    yield made
    made.stop()


def running(store: Store) -> str:
    server_id = ids.new()
    with store.write() as tx:
        servers.insert(
            tx, id=server_id, project_id=ALICE.project_id, user_id="alice", name="s", hostname="s", flavor={},
            vm_state="active", power_state=1, driver="sim", host="h", launched_at=clock.now(),
        )  # fmt: skip
    return server_id


def state(store: Store, server_id: str) -> tuple[Any, ...]:
    with store.read() as tx:
        server = servers.get(tx, server_id)
    return server.vm_state, server.power_state


def test_a_guest_that_stops_itself_shows_at_once(store: Store, source: Source, watch: GuestWatch) -> None:
    server_id = running(store)
    source.change(server_id, 4)
    eventually(lambda: state(store, server_id) == ("stopped", 4), 2)
    source.change(server_id, 1)
    eventually(lambda: state(store, server_id) == ("active", 1), 2)


def test_what_agrees_with_the_record_costs_no_question(store: Store, source: Source, watch: GuestWatch) -> None:
    server_id, other = running(store), running(store)
    source.power[server_id] = 1
    for _ in range(3):
        source.tell(GuestState(server_id=server_id, power_state=1))
    source.tell(GuestState(server_id="unknown", power_state=4))
    source.change(other, 4)
    eventually(lambda: state(store, other) == ("stopped", 4), 2)
    assert source.asked == [[other]]


def test_old_news_changes_nothing(store: Store, source: Source, watch: GuestWatch) -> None:
    server_id, other = running(store), running(store)
    source.power[server_id] = 1
    source.tell(GuestState(server_id=server_id, power_state=4))
    eventually(lambda: source.asked)
    source.change(other, 4)
    eventually(lambda: state(store, other) == ("stopped", 4), 2)
    assert state(store, server_id) == ("active", 1)


def test_an_operation_under_way_wins_and_its_end_is_compared(store: Store, source: Source, watch: GuestWatch) -> None:
    server_id, other = running(store), running(store)
    with store.write() as tx:
        operation = operations.submit(tx, ALICE, kind="start", subject=f"server/{server_id}", args={})
    source.change(server_id, 4)
    source.change(other, 4)
    eventually(lambda: state(store, other) == ("stopped", 4), 2)
    assert state(store, server_id) == ("active", 1)
    assert source.asked == [[other]]
    with store.write() as tx:
        operations.finish(tx, operation, None)
    eventually(lambda: state(store, server_id) == ("stopped", 4), 2)


def test_news_of_a_server_under_an_operation_keep_nobody_busy(
    store: Store, source: Source, watch: GuestWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = running(store)
    with store.write() as tx:
        operations.submit(tx, ALICE, kind="start", subject=f"server/{server_id}", args={})
    looks: list[float] = []
    read = store.read
    monkeypatch.setattr(store, "read", lambda: (looks.append(time.monotonic()), read())[1])
    source.change(server_id, 4)
    eventually(lambda: looks)
    source.change(server_id, 1)
    eventually(lambda: len(looks) >= 4)
    assert looks[3] - looks[1] > 0.8
    assert source.asked == []


def test_an_operation_that_begins_while_the_guest_is_asked_for_wins(
    store: Store, source: Source, watch: GuestWatch
) -> None:
    server_id = running(store)

    def begin() -> None:
        source.while_asked = lambda: None
        with store.write() as tx:
            servers.set_task(tx, server_id, "rebooting")

    source.while_asked = begin
    source.power[server_id] = 4
    watch.reconcile()
    assert state(store, server_id) == ("active", 1)


def test_the_reconcile_finds_what_was_never_told(store: Store, source: Source, watch: GuestWatch) -> None:
    lost, fine, unseen = running(store), running(store), running(store)
    source.power = {lost: 4, fine: 1}
    watch.reconcile()
    assert [state(store, s) for s in (lost, fine, unseen)] == [("stopped", 4), ("active", 1), ("active", 1)]
    assert len(source.asked) == 1


def test_silence_changes_nothing_and_is_asked_again(store: Store, source: Source, watch: GuestWatch) -> None:
    server_id = running(store)
    source.is_silent = True
    watch.reconcile()
    source.change(server_id, 4)
    eventually(lambda: len(source.asked) >= 3)
    assert state(store, server_id) == ("active", 1)
    source.is_silent = False
    eventually(lambda: state(store, server_id) == ("stopped", 4), 3)
