"""A sample of the crash matrix for every change; ``make crash-matrix`` plays the whole.

Every strike once at an attach; among the long tests two cells of each main operation, with strikes, drivers and
databases in turn; and that the machine itself finds what does not end well.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from moorage.workflows.kinds import KINDS
from tests.crash_matrix import publish, report
from tests.crash_matrix.cells import Cell, Strike, cells
from tests.crash_matrix.choice import STORES
from tests.crash_matrix.scenes import LEFT_OUT, SCENES, not_played
from tests.crash_matrix.stage import Result, stage
from tests.support import libvirt_daemon

STEPS = [("boot", "a", True), ("boot", "b", True), ("boot", "a", True), ("boot", "b", False), ("other", "c", True)]
CALLS = [("boot", "a", mark) for _ in range(4) for mark in ("asked", "answered")]
REFUSED = [("boot", "a", "asked")] * 2
SAMPLED = [
    "boot", "destroy", "attach", "detach", "swap", "shelve_offload", "unshelve", "reboot", "rebuild", "cleanup",
    "cluster is created", "stack grows", "cluster shrinks", "cluster is deleted",
]  # fmt: skip


def test_a_struck_attach_ends_as_it_should_whatever_strikes() -> None:
    with stage(SCENES["attach"], "dpm-groups", "sqlite") as made:
        for strike in Strike:
            cell = next(cell for cell in made.cells if cell.strike is strike)
            result = made.play(cell)
            assert result is not None
            assert result.problems == [], cell.command


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("number", range(len(SAMPLED)), ids=SAMPLED)
def test_a_struck_operation_ends_as_it_should(number: int) -> None:
    scene = SCENES[SAMPLED[number]]
    driver, store = scene.drivers[number % len(scene.drivers)], STORES[number % 2]
    if driver == "libvirt":
        libvirt_daemon.require()
    with stage(scene, driver, store) as made:
        for turn in range(2):
            strike = list(Strike)[(2 * number + turn) % len(Strike)]
            struck = [cell for cell in made.cells if cell.strike is strike] or made.cells
            cell = struck[(7 * number) % len(struck)]
            result = made.play(cell)
            assert result is None or result.problems == [], cell.command


def test_scenes_and_reasons_for_having_none_are_of_kinds_that_there_are() -> None:
    played, known = {scene.kind for scene in SCENES.values()}, {kind.name for kind in KINDS}
    assert played <= known
    assert set(LEFT_OUT) <= known - played
    assert set(not_played()) == known - played


def test_each_step_is_struck_in_every_way_that_can_hit_it() -> None:
    made = cells("s", "sim", "sqlite", "boot", STEPS, CALLS)
    assert [(cell.place, cell.strike, cell.skip) for cell in made] == [
        ("a", Strike.BEFORE, 0), ("a", Strike.ANSWER, 1), ("a", Strike.AFTER, 0), ("a", Strike.FAIL, 0),
        ("a", Strike.HANG, 0), ("b", Strike.BEFORE, 0), ("b", Strike.AFTER, 0),
        ("a#1", Strike.BEFORE, 1), ("a#1", Strike.ANSWER, 3), ("a#1", Strike.AFTER, 1), ("a#1", Strike.FAIL, 2),
        ("a#1", Strike.HANG, 2), ("b#1", Strike.BEFORE, 1),
    ]  # fmt: skip


def test_a_call_that_is_refused_anyway_has_no_answer_to_lose() -> None:
    made = cells("s", "sim", "sqlite", "boot", STEPS, REFUSED)
    assert [cell.strike for cell in made if cell.place == "a"] == [Strike.BEFORE, Strike.AFTER, Strike.FAIL]


def test_the_page_in_the_docs_says_what_its_table_says() -> None:
    assert publish.summary(report.read(publish.DOCS)) in publish.PAGE.read_text()


def test_a_failing_cell_stands_in_the_table_with_the_command_that_plays_it_again(tmp_path: Path) -> None:
    cell = Cell(scene="boot", driver="dpm", store="sqlite", step="plug", nth=1, strike=Strike.HANG, skip=1)
    good, bad = (
        Result(cell=cell, kind="boot", end="active", undisturbed="active", problems=problems, took_s=1.0)
        for problems in ([], ["I4: <volume> is masked"])
    )
    report.write(tmp_path, [good, bad])
    page = (tmp_path / "crash-matrix.html").read_text()
    assert "2 cells played, 1 ended in an agreed state" in page
    assert "I4: &lt;volume&gt; is masked" in page
    assert "STEP=&#x27;plug#1&#x27; STRIKE=hang make crash-matrix" in page
    data = json.loads((tmp_path / "crash-matrix.json").read_text())
    assert data["counts"] == {"cells": 2, "cells passed": 1, "dpm/sqlite": 2, "dpm/sqlite passed": 1}
    assert data["cells"][1]["command"] == cell.command
