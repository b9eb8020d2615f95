"""Runs what is wanted of the matrix: ``make crash-matrix``.

Environment: what ``choice`` reads; LIMIT_S ends the run in time; OUT is the directory of the tables. What has passed by
the table found there is not played again.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.crash_matrix import report
from tests.crash_matrix.cells import Cell, Strike
from tests.crash_matrix.choice import Wanted, left_out
from tests.crash_matrix.scene import Scene
from tests.crash_matrix.stage import Result, Sites, Stage


def run(wanted: Wanted, deadline: float, passed: Collection[Cell] = ()) -> Iterator[Result]:
    """Play what is wanted and has not passed until the time is up."""
    number = 0
    with contextlib.closing(Sites()) as sites:
        for scene, driver, store in wanted.stages():
            made = Stage(sites, scene, driver, store)
            try:
                made.rehearse()
            except AssertionError as problem:
                sites.close()
                yield _unplayable(scene, driver, store, problem)
            for cell in made.cells:
                number += 1
                if time.monotonic() > deadline:
                    return
                if wanted.wants(cell, number) and cell not in passed and (result := made.play(cell)):
                    yield result


def _unplayable(scene: Scene, driver: str, store: str, problem: AssertionError) -> Result:
    cell = Cell(scene=scene.name, driver=driver, store=store, step="", nth=0, strike=Strike.BEFORE, skip=0)
    problems = [f"it did not even play undisturbed: {problem}"[:2000]]
    return Result(cell=cell, kind=scene.kind, end="?", undisturbed="?", problems=problems, took_s=0.0)


def main() -> int:
    out = Path(os.environ.get("OUT") or "build/crash-matrix")
    limit_s = float(os.environ.get("LIMIT_S") or 10**9)
    wanted, results = Wanted.from_environment(), [result for result in report.read(out) if result.has_passed]
    passed = {result.cell for result in results}
    for result in run(wanted, time.monotonic() + limit_s, passed):
        results.append(result)
        report.say(result)
        report.write(out, results)
    for driver, reason in left_out().items():
        print(f"left out: {driver}: {reason}")
    failed = [result for result in results if not result.has_passed]
    print(f"\n{len(results)} cells, {len(results) - len(failed)} passed, {len(failed)} failed; table in {out}")
    for result in failed:
        print(f"  {result.cell.command}")
    print(json.dumps(report.counts(results)))
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
