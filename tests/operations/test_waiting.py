"""Operations that wait for operations: woken at once, never in the way of what they wait for, resumed."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.operations.dispatcher import Dispatcher
from moorage.operations.engine import Engine
from moorage.operations.runtime import Runtime
from moorage.operations.worker import Worker
from moorage.store import Store, schema
from moorage.store.database import sqlite_url
from tests.support.process import eventually

CHILDREN = 3
WALK_S = 0.3
CONTEXT = Context(user_id="u", project_id="p", request_id="r")


class World:
    """What the steps of this test reach."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.may_end = threading.Event()
        self.ended_at = 0.0
        self.looks = 0
        self.walks: list[float] = []


def run_parent(saga: Saga[World], name: str) -> None:
    saga.do(begin_children, name)
    saga.when(are_children_done, note_end, name)


def begin_children(world: World, name: str) -> None:
    with world.store.write() as tx:
        for number in range(CHILDREN):
            child = f"{name}-{number}"
            service.submit(tx, CONTEXT, kind="child", subject=f"child/{child}", args={"name": child})


def are_children_done(world: World, name: str) -> bool:
    world.looks += 1
    with world.store.read() as tx:
        return not [operation for operation in service.unfinished(tx) if operation.kind == "child"]


def note_end(world: World, name: str) -> None:
    world.ended_at = time.monotonic()


def run_child(saga: Saga[World], name: str) -> None:
    saga.do(wait_for_leave, name)


def wait_for_leave(world: World, name: str) -> None:
    assert world.may_end.wait(20)


def run_walker(saga: Saga[World], name: str) -> None:
    for _ in range(2):
        saga.when(are_children_done, walk, name)


def walk(world: World, name: str) -> None:
    world.walks.append(time.monotonic())
    time.sleep(WALK_S)


def failed(world: World, message: str, name: str) -> None:
    raise AssertionError(message)


KINDS = [
    Kind(name="parent", run=run_parent, failed=failed, pool="parents"),
    Kind(name="child", run=run_child, failed=failed),
    Kind(name="walker", run=run_walker, failed=failed),
]


@contextlib.contextmanager
def running(directory: Path, world: World) -> Iterator[Dispatcher]:
    engine = Engine(sqlite_url(directory / "journal.db"), Runtime(world.store, world), KINDS)
    worker = Worker(world.store, engine, concurrency=1, timers=[])
    worker.start()
    try:
        yield worker.dispatcher
    finally:
        assert worker.stop(patience_s=5)


def new_world(directory: Path) -> World:
    url = sqlite_url(directory / "moorage.db")
    schema.upgrade(url)
    return World(Store(url))


def submit(world: World, name: str, kind: str = "parent") -> str:
    with world.store.write() as tx:
        return service.submit(tx, CONTEXT, kind=kind, subject=f"{kind}/{name}", args={"name": name})


def state(world: World, operation_id: str) -> str:
    with world.store.read() as tx:
        return service.get(tx, operation_id).state


def test_a_waiting_operation_does_not_keep_its_children_from_the_only_slot(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    world.may_end.set()
    with running(tmp_path, world):
        parent = submit(world, "a")
        eventually(lambda: state(world, parent) == "succeeded", 10)


def test_the_end_of_the_last_child_wakes_it_at_once(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    with running(tmp_path, world):
        parent = submit(world, "a")
        time.sleep(0.3)
        assert world.looks < 20, "it waits, it does not poll"
        began = time.monotonic()
        world.may_end.set()
        eventually(lambda: state(world, parent) == "succeeded", 10)
        assert world.ended_at - began < 2.0


def test_who_waits_again_and_again_rests_as_long_as_a_step_takes(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    with running(tmp_path, world):
        walker = submit(world, "w", "walker")
        eventually(lambda: state(world, walker) == "succeeded", 10)
    first, second = world.walks
    assert second - first >= 2 * WALK_S


def test_however_much_happens_a_look_is_not_taken_more_often_than_agreed(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    runtime: Runtime[World] = Runtime(world.store, world)
    end = time.monotonic() + 1.0

    def is_over(world: World) -> bool:
        world.looks += 1
        return time.monotonic() >= end

    waiting = threading.Thread(target=runtime.wait_until, args=(is_over, 0.4))
    waiting.start()
    while waiting.is_alive():
        runtime.ring()
        time.sleep(0.01)
    assert world.looks <= 4


def test_a_stopped_process_goes_on_waiting_at_the_next_start(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    with running(tmp_path, world) as dispatcher:
        parent = submit(world, "a")
        eventually(lambda: world.looks, 10)
        dispatcher.stop()
        world.may_end.set()
    assert state(world, parent) == "running", "only one child was begun"
    again = World(world.store)
    again.may_end.set()
    with running(tmp_path, again):
        eventually(lambda: state(again, parent) == "succeeded", 10)
        with again.store.read() as tx:
            done = [operation for operation in service.recent(tx, 10) if operation.kind == "child"]
        assert [operation.state for operation in done] == ["succeeded"] * CHILDREN
