"""Plays cells: arranges a scene, strikes, lets it recover, and asks all stores whether they agree.

Environment: SCENE, OPERATION (a kind), DRIVER, STORE, STRIKE, STEP choose; SHARD=2/8 plays every eighth cell;
LIMIT_S ends the run in time; OUT is the directory of the tables.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.crash_matrix import report
from tests.crash_matrix.cells import Cell, Strike, cells
from tests.crash_matrix.scene import Scene
from tests.crash_matrix.scenes import SCENES
from tests.support.clouds import Cloud, cloud

DRIVERS, STORES = ("sim", "dpm", "dpm-groups"), ("sqlite", "postgresql")
SECTIONS = "\n[compute]\nallow_direct_swap = true\n[audit]\nmode = off\ngrace_period = 0\n"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How a cell ended."""

    cell: Cell
    kind: str
    end: str
    undisturbed: str
    problems: list[str]
    took_s: float

    @property
    def has_passed(self) -> bool:
        return not self.problems


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen; empty means all."""

    scene: str = ""
    kind: str = ""
    driver: str = ""
    store: str = ""
    strike: str = ""
    step: str = ""
    shard: tuple[int, int] = (1, 1)

    @classmethod
    def from_environment(cls) -> Wanted:
        part, _, parts = os.environ.get("SHARD", "1/1").partition("/")
        return cls(
            scene=os.environ.get("SCENE", ""), kind=os.environ.get("OPERATION", ""),
            driver=os.environ.get("DRIVER", ""), store=os.environ.get("STORE", ""),
            strike=os.environ.get("STRIKE", ""), step=os.environ.get("STEP", ""), shard=(int(part), int(parts)),
        )  # fmt: skip

    def stages(self) -> Iterator[tuple[Scene, str, str]]:
        """Scenes with their drivers and databases."""
        for scene in SCENES.values():
            for driver in scene.drivers:
                for store in STORES:
                    chosen = (self.scene or scene.name, self.kind or scene.kind, self.driver or driver)
                    if chosen == (scene.name, scene.kind, driver) and store in (self.store or store):
                        yield scene, driver, store

    def wants(self, cell: Cell, number: int) -> bool:
        part, parts = self.shard
        is_named = (self.strike or cell.strike) == cell.strike and (self.step or cell.place) == cell.place
        return is_named and number % parts == part - 1


class Stage:
    """A cloud on which the cells of one scene are played, one after the other."""

    def __init__(self, site: Cloud, scene: Scene) -> None:
        self.site, self.scene = site, scene
        self.undisturbed = ""
        self.cells: list[Cell] = []

    def rehearse(self) -> None:
        """Play it undisturbed, and read off what there is to strike."""
        subject = self.scene.arrange(self.site)
        self.site.settle()
        self.site.steps()
        self.site.calls()
        self.scene.play(self.site, subject)
        self.site.settle()
        steps, calls = self.site.trace(), self.site.calls()
        self.undisturbed = self.scene.end(self.site, subject)
        assert self.site.problems() == [], f"{self.scene.name}, undisturbed"
        self.scene.clear(self.site, subject)
        self.cells = cells(self.scene.name, self.site.driver, self.site.store, self.scene.kind, steps, calls)
        assert self.cells, f"{self.scene.name}: no step of {self.scene.kind} among {steps}"

    def play(self, cell: Cell) -> Result:
        began = time.monotonic()
        subject = self.scene.arrange(self.site)
        self.site.settle()
        self.site.kill_at(self.scene.kind, cell.step, cell.strike, cell.skip)
        self.scene.play(self.site, subject)
        if cell.strike.kills:
            self.site.recover()
        self.site.settle()
        problems = [] if self.site.has_struck else ["the strike did not come"]
        problems += self.site.problems()
        end = self.scene.end(self.site, subject)
        if end != self.undisturbed and cell.strike is not Strike.FAIL:
            problems.append(f"ended as {end}, undisturbed it is {self.undisturbed}")
        self.site.revive()
        self.scene.clear(self.site, subject)
        problems += [f"after it was cleared away: {problem}" for problem in self.site.problems()]
        return Result(
            cell=cell, kind=self.scene.kind, end=end, undisturbed=self.undisturbed, problems=problems,
            took_s=round(time.monotonic() - began, 2),
        )  # fmt: skip


@contextlib.contextmanager
def stage(scene: Scene, driver: str, store: str) -> Iterator[Stage]:
    """A rehearsed stage on a cloud of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="matrix") as directory,
        cloud(Path(directory), driver, scene.options, SECTIONS, store) as site,
    ):
        site.lift_quotas()
        made = Stage(site, scene)
        made.rehearse()
        yield made


def run(wanted: Wanted, deadline: float) -> Iterator[Result]:
    """Play what is wanted until the time is up; a cell that breaks the cloud ends its stage."""
    number = 0
    for scene, driver, store in wanted.stages():
        if time.monotonic() > deadline:
            return
        try:
            with stage(scene, driver, store) as made:
                for cell in made.cells:
                    number += 1
                    if wanted.wants(cell, number) and time.monotonic() < deadline:
                        yield _played(made, cell)
        except AssertionError as problem:
            yield _unplayable(scene, driver, store, problem)


def _unplayable(scene: Scene, driver: str, store: str, problem: AssertionError) -> Result:
    cell = Cell(scene=scene.name, driver=driver, store=store, step="", nth=0, strike=Strike.BEFORE, skip=0)
    problems = [f"it did not even play undisturbed: {problem}"[:2000]]
    return Result(cell=cell, kind=scene.kind, end="?", undisturbed="?", problems=problems, took_s=0.0)


def _played(made: Stage, cell: Cell) -> Result:
    try:
        return made.play(cell)
    except AssertionError as problem:
        made.site.kill()
        made.site.forget_strike()
        made.site.revive()
        return Result(
            cell=cell, kind=made.scene.kind, end="?", undisturbed=made.undisturbed, problems=[str(problem)[:2000]],
            took_s=0.0,
        )  # fmt: skip


def main() -> int:
    out = Path(os.environ.get("OUT") or "build/crash-matrix")
    limit_s = float(os.environ.get("LIMIT_S") or 10**9)
    wanted, results = Wanted.from_environment(), []
    for result in run(wanted, time.monotonic() + limit_s):
        results.append(result)
        report.say(result)
        report.write(out, results)
    failed = [result for result in results if not result.has_passed]
    print(f"\n{len(results)} cells, {len(results) - len(failed)} passed, {len(failed)} failed; table in {out}")
    for result in failed:
        print(f"  {result.cell.command}")
    print(json.dumps(report.counts(results)))
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
