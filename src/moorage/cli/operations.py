"""``moorage operations``: what is being done, what was done, and why something failed."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from typing import Any

_EXAMPLES = """\
examples:
  moorage operations list
  moorage operations list --server 0b6f... --json
  moorage operations list --state running
  moorage operations list --stuck
  moorage operations list --retried
  moorage operations show 5c1d...
"""
_SHOWN = ("id", "kind", "subject", "state", "step", "retries", "error", "request_id", "created_at", "finished_at")


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "operations", help="list and show durable operations", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="the newest first")
    listing.add_argument("--server", metavar="ID", help="only those of one server")
    listing.add_argument("--volume", metavar="ID", help="only those of one volume")
    listing.add_argument("--state", choices=["pending", "running", "succeeded", "failed"])
    narrowed = listing.add_mutually_exclusive_group()
    narrowed.add_argument("--stuck", action="store_true", help="only unfinished ones that do not get on, and why")
    narrowed.add_argument("--retried", action="store_true", help="only those with steps that were tried again")
    listing.add_argument(
        "--patience", type=float, default=60.0, metavar="S", help="with --stuck: seconds a step may take (default 60)"
    )
    listing.add_argument("--limit", type=int, default=50, metavar="N")
    show = actions.add_parser("show", help="one, with its steps")
    show.add_argument("operation", metavar="ID")
    for sub in (listing, show):
        sub.add_argument("--json", action="store_true", help="for scripts")
        sub.add_argument("--config-file", metavar="F")
        sub.add_argument("--data-dir", metavar="D")


def run(args: argparse.Namespace) -> int:
    from moorage.config import settings

    where = settings.read(args.config_file, args.data_dir)
    return _list(where, args) if args.action == "list" else _show(where, args)


def _list(where: Any, args: argparse.Namespace) -> int:
    from moorage.store import Store

    with Store(where.database_url).read() as tx:
        found = _found(tx, args)
    if args.json:
        print(json.dumps(found, indent=2))
        return 0
    rows = [
        [o["id"], o["kind"], o["subject"], o["state"], o["step"] or "", o["retries"], o["created_at"], o["reason"]]
        for o in found
    ]
    _table(["id", "kind", "subject", "state", "step", "retries", "created", "reason"], rows)
    return 0


def _found(tx: Any, args: argparse.Namespace) -> list[dict[str, Any]]:
    """What the options ask for; ``reason`` says why an operation failed or does not get on."""
    from moorage.operations import service, trouble

    subject = f"server/{args.server}" if args.server else f"volume/{args.volume}" if args.volume else None
    if not args.stuck:
        newest = service.recent(tx, args.limit, subject, args.state, is_retried=args.retried)
        return [{**_plain(operation), "reason": operation.error or ""} for operation in newest]
    return [
        {**_plain(found.operation), "reason": found.reason}
        for found in trouble.stuck(tx, args.patience)
        if subject in (None, found.operation.subject) and args.state in (None, found.operation.state)
    ][: args.limit]


def _show(where: Any, args: argparse.Namespace) -> int:
    from moorage.operations import service
    from moorage.operations.engine import open_journal
    from moorage.store import Store

    with Store(where.database_url).read() as tx:
        shown = _plain(service.get(tx, args.operation))
    shown["steps"] = open_journal(where.journal_url).steps(args.operation)
    if args.json:
        print(json.dumps(shown, indent=2))
        return 0
    for name in _SHOWN:
        print(f"{name + ':':13}{'-' if shown[name] in (None, '') else shown[name]}")
    print()
    rows = [
        [s["name"], _clock(s["started_at"]), f"{s['finished_at'] - s['started_at']:.3f} s", s["error"] or "ok"]
        for s in shown["steps"]
    ]
    _table(["step", "started", "took", "result"], rows)
    return 0


def _plain(operation: Any) -> dict[str, Any]:
    names = ("id", "kind", "subject", "args", "state", "executor", "step", "retries", "error", "project_id", "user_id")
    times = {
        n: t and t.isoformat() + "Z"
        for n in ("created_at", "started_at", "step_at", "finished_at")
        if (t := getattr(operation, n)) or True
    }
    return {name: getattr(operation, name) for name in (*names, "request_id")} | times


def _clock(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%H:%M:%S.%f")[:-3]


def _table(head: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
