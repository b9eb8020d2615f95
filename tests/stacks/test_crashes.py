"""Stacks whose process dies: ended as asked after the restart, nothing too many and nothing too few.

The cells are not written by hand: an undisturbed run of each scene writes down the steps of its stack operation, and
each is a cell, before its work and after it. Beside them whole processes are killed with kill -9 at any moment.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable

import msgspec
import pytest

from moorage.stacks.model import Stack
from tests.stacks.house import OWNER, House, nodes
from tests.support.process import ROOT, eventually
from tests.workflows.test_volume_crashes import Reaper


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is asked of a stack, and what has to have come of it."""

    kind: str
    act: Callable[[House, str], None]
    nodes: int
    has_stack_before: bool = True
    status: str = "UPDATE_COMPLETE"
    """Empty: the stack is gone."""


def create(house: House, stack_id: str) -> None:
    house.stacks.create(OWNER, "s", nodes(2, data_volumes=1), key="k")


def grow(house: House, stack_id: str) -> None:
    house.stacks.update(stack_id, nodes(4, data_volumes=1), key="grow")


def shrink(house: House, stack_id: str) -> None:
    house.stacks.update(stack_id, nodes(1, data_volumes=1, removed="0"), key="shrink")


def delete(house: House, stack_id: str) -> None:
    house.stacks.delete(stack_id)


def fail(house: House, stack_id: str) -> None:
    """Grow into what cannot be: the new nodes are made, then the change of the volumes' size is refused."""
    house.stacks.update(stack_id, nodes(3, data_volumes=1, size=2), key="fail", has_rollback=True)


SCENES = {
    "create": Scene(kind="create_stack", act=create, nodes=2, has_stack_before=False, status="CREATE_COMPLETE"),
    "grow": Scene(kind="update_stack", act=grow, nodes=4),
    "shrink": Scene(kind="update_stack", act=shrink, nodes=1),
    "way back": Scene(kind="update_stack", act=fail, nodes=2, status="ROLLBACK_COMPLETE"),
    "delete": Scene(kind="delete_stack", act=delete, nodes=0, status=""),
}
VOLUMES_OF_A_NODE = 2


def begin(house: House, scene: Scene) -> str:
    """The stack the scene is about, made if it has to be there before."""
    if scene.has_stack_before:
        return house.make(nodes(2, data_volumes=1)).id
    return ""


def outcome(house: House, scene: Scene) -> None:
    """Everything is as asked for, in rows, on the array and on the hypervisor."""
    stack = eventually(lambda: _ended(house, scene), 200, what="the stack has ended")
    assert stack is True or stack.status == scene.status, stack.reason
    assert house.counts() == (scene.nodes, scene.nodes * VOLUMES_OF_A_NODE)
    assert house.problems() == []


def _ended(house: House, scene: Scene) -> Stack | bool:
    found = house.rows("SELECT id FROM stacks")
    if not found:
        return not scene.status
    stack = house.stacks.find(found[0]["id"])
    return stack if stack is not None and stack.is_ended and not stack.is_delete_requested else False


def clean(house: House) -> None:
    for row in house.rows("SELECT id FROM stacks"):
        house.remove(row["id"])
    assert house.counts() == (0, 0)


def recorded(house: House, scene: Scene) -> list[tuple[str, int]]:
    """(step, how many of the same name went before) of one undisturbed run."""
    reaper = Reaper()
    with house.running(reaper):
        stack_id = begin(house, scene)
        house.settle()
        reaper.seen.clear()
        scene.act(house, stack_id)
        outcome(house, scene)
        names = [step for kind, step in reaper.seen if kind == scene.kind]
        clean(house)
    return [(name, names[:number].count(name)) for number, name in enumerate(names)]


class NthReaper(Reaper):
    """Kills at the nth step of a name."""

    def __init__(self, kind: str, step: str, number: int, when: str) -> None:
        super().__init__()
        self._left = {(kind, step, when): number}

    def _strike(self, *cell: str) -> None:
        if cell not in self._left:
            return
        if self._left[cell] == 0:
            self.cell = cell  # type: ignore[assignment]
            del self._left[cell]
            super()._strike(*cell)
        else:
            self._left[cell] -= 1


def die(house: House, scene: Scene, step: str, number: int, when: str) -> str:
    """One run that dies at the cell; returns the stack's id."""
    with house.running():
        stack_id = begin(house, scene)
        house.settle()
    reaper = NthReaper(scene.kind, step, number, when)
    with house.running(reaper):
        scene.act(house, stack_id)
        eventually(lambda: reaper.struck.is_set() or _ended(house, scene), 60, what=f"{step}#{number} {when}")
    return stack_id


def killed(house: House, scene: Scene, step: str, number: int, when: str) -> None:
    """One run that dies at the cell, and another process that goes on with it."""
    die(house, scene, step, number, when)
    with house.running():
        outcome(house, scene)
        clean(house)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SCENES)
def test_a_process_that_dies_at_any_step_leaves_what_was_asked_for(house: House, name: str) -> None:
    scene = SCENES[name]
    cells = recorded(house, scene)
    assert len(cells) >= 3, cells
    for step, number in cells:
        for when in ("before", "after") if number == 0 else ("after",):  # before a later one nothing else is on record
            killed(house, scene, step, number, when)


@pytest.mark.parametrize(
    ("name", "step"), [("create", "converge"), ("way back", "begin_way_back"), ("delete", "take_away")]
)
def test_a_process_that_dies_after_its_work_and_before_its_record(house: House, name: str, step: str) -> None:
    killed(house, SCENES[name], step, 0, "after")


@pytest.mark.parametrize(("name", "step"), [("grow", "complete"), ("way back", "end_way_back")])
def test_what_was_asked_for_since_is_not_ended_by_a_repeated_last_step(house: House, name: str, step: str) -> None:
    """The stack has ended, by all that can be seen, and only its operation does not know."""
    stack_id = die(house, SCENES[name], step, 0, "after")
    house.stacks.update(stack_id, nodes(1, data_volumes=1, removed="0"), key="since")
    with house.running():
        outcome(house, SCENES["shrink"])
        clean(house)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SCENES)
def test_kill_9_again_and_again(house: House, name: str) -> None:
    """Whole processes, each killed a little later than the one before, until one gets to the end."""
    scene, moments = SCENES[name], random.Random(name)
    with house.running():
        stack_id = begin(house, scene)
        house.settle()
    scene.act(house, stack_id)
    for life in range(5):
        process = _worker(house)
        time.sleep(moments.uniform(0.0, 0.25) + 0.1 * life)
        process.kill()
        process.wait()
    with house.running():
        outcome(house, scene)
        clean(house)


def _worker(house: House) -> subprocess.Popen[str]:
    """A process that carries out what is on record in the house."""
    words = [sys.executable, "-m", "tests.stacks.worker", str(house.directory), house.url]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process
