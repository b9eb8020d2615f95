"""``moorage array``: look at the simulated array and make it misbehave."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from moorage import errors
from moorage.drivers.fcarray.faults import ANY, KINDS, OPERATIONS, Faults
from moorage.drivers.fcarray.inspect import snapshot
from moorage.drivers.fcarray.targets import TargetPorts

_EXAMPLES = """examples:
  moorage array show --data-dir /srv/moorage
  moorage array show --file array.db --json | jq '.masks[] | select(.host == "web")'
  moorage array fault add connect lost-reply --times 2 --data-dir /srv/moorage
  moorage array fault add '*' slow --latency 1.5 --times 100 --file array.db
  moorage array fault clear --data-dir /srv/moorage
  moorage array target 50050768021012ab offline --data-dir /srv/moorage
"""

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def add_parser(subparsers: Subparsers[argparse.ArgumentParser]) -> None:
    """Add ``array`` to the ``moorage`` command; the parsed arguments go to ``run``."""
    array = _parser(subparsers, "array", "look at the simulated Fibre Channel array and make it misbehave")
    array.set_defaults(run=run)
    actions = array.add_subparsers(dest="array_action", required=True, metavar="ACTION")
    show = _parser(actions, "show", "print targets, volumes, hosts, LUN masks, zones and scripted faults")
    show.add_argument("--json", action="store_true", help="print JSON for scripts instead of tables")
    _add_place(show)
    target = _parser(actions, "target", "switch a target port on or off")
    target.add_argument("wwpn", help="WWPN of the target port, as 'show' prints it")
    target.add_argument("state", choices=["online", "offline"])
    _add_place(target)
    _add_fault_parsers(actions)


def run(args: argparse.Namespace) -> int:
    """Carry the command out; 0 on success, 1 with a sentence on standard error."""
    path: Path = args.file or default_file(args.data_dir)
    try:
        if not path.exists():
            raise errors.NotFound(f"there is no array file {path}")
        sys.stdout.write(_answer(args, path))
    except errors.MoorageError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return 0


def default_file(data_dir: Path) -> Path:
    """Where the array file is unless the configuration says otherwise."""
    return data_dir / "fcarray" / "array.db"


def _answer(args: argparse.Namespace, path: Path) -> str:
    if args.array_action == "show":
        view = snapshot(path)
        return json.dumps(view, indent=2) + "\n" if args.json else _tables(view)
    if args.array_action == "target":
        TargetPorts(path).set_online(args.wwpn, args.state == "online")
        return f"target port {args.wwpn} is {args.state}\n"
    if args.fault_action == "add":
        Faults(path).add(args.operation, args.kind, args.latency, args.times)
        return f"the next {args.times} calls of {args.operation}: {KINDS[args.kind]}\n"
    return f"{Faults(path).clear()} faults removed\n"


def _add_fault_parsers(actions: Subparsers[argparse.ArgumentParser]) -> None:
    fault = _parser(actions, "fault", "script faults")
    fault_actions = fault.add_subparsers(dest="fault_action", required=True, metavar="ACTION")
    add = _parser(fault_actions, "add", "make coming calls of an operation fail")
    add.add_argument("operation", choices=[*OPERATIONS, ANY], help="call of the array; * is every call but pool")
    add.add_argument("kind", choices=list(KINDS), help="; ".join(f"{kind}: {text}" for kind, text in KINDS.items()))
    add.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="wait first (default: 0)")
    add.add_argument("--times", type=int, default=1, metavar="N", help="how many calls (default: 1)")
    _add_place(add)
    _add_place(_parser(fault_actions, "clear", "remove all scripted faults"))


def _parser(subparsers: Subparsers[argparse.ArgumentParser], name: str, text: str) -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    return subparsers.add_parser(name, help=text, description=text, epilog=_EXAMPLES, formatter_class=form)


def _add_place(parser: argparse.ArgumentParser) -> None:
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--file", type=Path, help="the array file")
    place.add_argument("--data-dir", type=Path, help="the data directory; the array file is fcarray/array.db in it")


def _tables(view: dict[str, list[dict[str, Any]]]) -> str:
    return "\n".join(f"{kind} ({len(rows)})\n{_table(rows)}" for kind, rows in view.items())


def _table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    lines = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "".join(f"  {line.rstrip()}\n" for line in aligned)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, list) else str(value)
