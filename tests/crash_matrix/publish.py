"""Writes what was played into the docs: ``python -m tests.crash_matrix.publish DIRECTORY ...``, each the OUT of a run.

Of a cell that several runs have played the last one counts, and that a scene could not be played counts no more once it
was.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

from tests.crash_matrix import report
from tests.crash_matrix.cells import Cell
from tests.crash_matrix.choice import DRIVERS, STORES
from tests.crash_matrix.scenes import SCENES
from tests.crash_matrix.stage import Result
from tests.support.forked import ROOT

DOCS = ROOT / "docs" / "operations"
PAGE = DOCS / "crash-matrix.md"
BEGIN, END = "<!-- played: begin -->\n", "<!-- played: end -->\n"


def merged(directories: list[Path]) -> list[Result]:
    """Each cell once, in the order of the table: by scene, driver and database."""
    found: dict[Cell, Result] = {}
    for directory in directories:
        found |= {result.cell: result for result in report.read(directory)}
    played = {_place(cell) for cell in found if cell.step}
    kept = [result for result in found.values() if result.cell.step or _place(result.cell) not in played]
    places, scenes = [(store, driver) for store in STORES for driver in DRIVERS], list(SCENES)
    return sorted(
        kept,
        key=lambda result: (scenes.index(result.cell.scene), places.index((result.cell.store, result.cell.driver))),
    )


def _place(cell: Cell) -> tuple[str, str, str]:
    return cell.scene, cell.driver, cell.store


def summary(results: list[Result]) -> str:
    """How many cells were played and passed, by driver and database."""
    counts: dict[str, int] = defaultdict(int, report.counts(results))
    lines = [
        f"{counts['cells']:,} cells played, {counts['cells passed']:,} ended as they should.",
        "",
        "| passed / played | SQLite | PostgreSQL with a second worker |",
        "| --- | --- | --- |",
    ]
    for driver in DRIVERS:
        keys = [f"{driver}/{store}" for store in STORES]
        if not any(counts[key] for key in keys):
            continue
        numbers = " | ".join(f"{counts[f'{key} passed']:,} / {counts[key]:,}" for key in keys)
        lines.append(f"| {driver} | {numbers} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    results = merged([Path(word) for word in sys.argv[1:]])
    report.write(DOCS, results)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + summary(results) + END + after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
