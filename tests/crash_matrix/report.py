"""The table of what was played: a line each while it runs, then HTML and JSON."""

from __future__ import annotations

import html
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from moorage.conversion import convert
from tests.crash_matrix.cells import Strike
from tests.crash_matrix.scenes import not_played
from tests.crash_matrix.stage import Result

_STYLE = (
    "body{font-family:sans-serif}table{border-collapse:collapse}td,th{border:1px solid #999;padding:2px 8px}"
    "td{text-align:right}td:first-child,td:nth-child(2){text-align:left}.bad{background:#fbb}.none{color:#999}"
)


def say(result: Result) -> None:
    """One line; a failing cell names what reproduces it."""
    cell = result.cell
    verdict = "ok  " if result.has_passed else "FAIL"
    where = f"{cell.driver}/{cell.store}"
    print(f"{verdict} {where:22} {cell.scene:28} {cell.place:24} {cell.strike.words}: {result.end}", flush=True)
    if not result.has_passed:
        print("     " + "; ".join(result.problems) + f"\n     {cell.command}", flush=True)


def counts(results: list[Result]) -> dict[str, int]:
    """Cells played and passed, over all and by driver and database."""
    made: dict[str, int] = defaultdict(int)
    for result in results:
        for key in ("cells", f"{result.cell.driver}/{result.cell.store}"):
            made[key] += 1
            made[f"{key} passed"] += result.has_passed
    return dict(made)


def read(directory: Path) -> list[Result]:
    """What an earlier run has written."""
    file = directory / "crash-matrix.json"
    return convert(json.loads(file.read_text())["cells"], list[Result]) if file.exists() else []


def write(directory: Path, results: list[Result]) -> None:
    """``crash-matrix.json`` with a line for each cell, ``crash-matrix.html`` with the table."""
    directory.mkdir(parents=True, exist_ok=True)
    cells = ",\n".join(json.dumps(_shown(result)) for result in results)
    text = f'{{"counts": {json.dumps(counts(results))}, "cells": [\n{cells}\n]}}\n'
    (directory / "crash-matrix.json").write_text(text)
    (directory / "crash-matrix.html").write_text(_page(results))


def _shown(result: Result) -> dict[str, Any]:
    command = {} if result.has_passed else {"command": result.cell.command}
    return {**msgspec.to_builtins(result), **command}


def _page(results: list[Result]) -> str:
    grid: dict[tuple[str, str], dict[Strike, list[Result]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        cell = result.cell
        grid[cell.scene, f"{cell.driver}, {cell.store}"][cell.strike].append(result)
    head = "".join(f"<th>{html.escape(strike.words)}</th>" for strike in Strike)
    rows = "".join(_row(*key, strikes) for key, strikes in grid.items())
    total, passed = len(results), sum(result.has_passed for result in results)
    failed = "".join(
        f"<li>{html.escape('; '.join(result.problems))}<br><code>{html.escape(result.cell.command)}</code></li>"
        for result in results
        if not result.has_passed
    )
    missing = "".join(f"<li>{kind}: {html.escape(reason)}</li>" for kind, reason in not_played().items())
    return (
        f"<!doctype html><meta charset=utf-8><title>Crash matrix</title><style>{_STYLE}</style>"
        f"<h1>Crash matrix</h1><p>{total} cells played, {passed} ended in an agreed state without a human, "
        f"{total - passed} did not. A number is passed/played; each step of the operation is one cell.</p>"
        f"<table><tr><th>operation</th><th>driver, database</th>{head}</tr>{rows}</table>"
        f"<ul>{failed}</ul><h2>Kinds of operations without a scene</h2><ul>{missing}</ul>\n"
    )


def _row(scene: str, where: str, strikes: dict[Strike, list[Result]]) -> str:
    cells = "".join(_cell(strikes[strike]) for strike in Strike)
    return f"<tr><td>{html.escape(scene)}</td><td>{html.escape(where)}</td>{cells}</tr>"


def _cell(results: list[Result]) -> str:
    if not results:
        return "<td class=none>-</td>"
    passed = sum(result.has_passed for result in results)
    kind = "" if passed == len(results) else " class=bad"
    return f"<td{kind}>{passed}/{len(results)}</td>"
