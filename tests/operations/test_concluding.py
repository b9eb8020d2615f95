"""Concluding steps: insisted on, whatever goes wrong, and run again as a whole by whoever goes on after a crash."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from moorage import errors
from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.operations.engine import Engine
from moorage.operations.runtime import Runtime
from moorage.operations.worker import Worker
from moorage.store import Store, schema
from moorage.store.database import sqlite_url
from tests.support.process import eventually

CONTEXT = Context(user_id="u", project_id="p", request_id="r")
ALL = ["plan", "let_go", "forget"]


class World:
    """What the steps of this test reach, and which of them ran."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ran: list[str] = []
        self.refusals = [errors.Refused("no"), errors.NotFound("no such thing"), errors.Unknown("no answer")]
        self.is_silent = False


def run(saga: Saga[World], name: str) -> None:
    assert saga.insist(plan, name) == "planned"
    saga.conclude(let_go, name)
    saga.conclude(forget, name)


def plan(world: World, name: str) -> str:
    world.ran.append("plan")
    return "planned"


def let_go(world: World, name: str) -> None:
    world.ran.append("let_go")


def forget(world: World, name: str) -> None:
    world.ran.append("forget")
    if world.is_silent:
        raise errors.Unknown("no answer")
    if world.refusals:
        raise world.refusals.pop(0)


def failed(world: World, message: str, name: str) -> None:
    raise AssertionError(message)


@contextlib.contextmanager
def running(directory: Path, world: World) -> Iterator[Engine]:
    kinds = [Kind(name="end", run=run, failed=failed)]
    engine = Engine(sqlite_url(directory / "journal.db"), Runtime(world.store, world), kinds)
    worker = Worker(world.store, engine, concurrency=1, timers=[])
    worker.start()
    try:
        yield engine
    finally:
        assert worker.stop(patience_s=5)


def submitted(directory: Path) -> tuple[World, str]:
    url = sqlite_url(directory / "moorage.db")
    schema.upgrade(url)
    world = World(Store(url))
    with world.store.write() as tx:
        return world, service.submit(tx, CONTEXT, kind="end", subject="thing/1", args={"name": "1"})


def operation(world: World, operation_id: str) -> service.Operation:
    with world.store.read() as tx:
        return service.get(tx, operation_id)


def test_a_concluding_step_is_repeated_after_any_error_and_leaves_no_record(tmp_path: Path) -> None:
    world, operation_id = submitted(tmp_path)
    with running(tmp_path, world) as engine:
        eventually(lambda: operation(world, operation_id).state == "succeeded")
        assert [step["name"] for step in engine.steps(operation_id)] == ["plan"]
    assert world.ran == [*ALL, "forget", "forget", "forget"]
    assert operation(world, operation_id).retries == 3


def test_after_a_restart_all_concluding_steps_run_again_and_no_other(tmp_path: Path) -> None:
    world, operation_id = submitted(tmp_path)
    world.is_silent = True
    with running(tmp_path, world):
        eventually(lambda: operation(world, operation_id).retries > 0)
        assert operation(world, operation_id).step == "forget", "whoever looks sees what is repeated"
    assert operation(world, operation_id).state == "running"
    world.ran, world.is_silent, world.refusals = [], False, []
    with running(tmp_path, world):
        eventually(lambda: operation(world, operation_id).state == "succeeded")
    assert world.ran == ALL[1:]
