"""``volume-attachment audit`` and ``cleanup``: look, print, ask, repair."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
import time
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import errors, ids
from moorage.audit import acting, records
from moorage.audit import run as engine
from moorage.audit.model import QUIET, Finding
from moorage.audit.plan import Options
from moorage.cli import beside
from moorage.cli.tables import print_table
from moorage.config.settings import Settings
from moorage.context import Context
from moorage.store import Store
from moorage.store.tables.audit import audit_records
from moorage.workflows import cleanup
from moorage.workflows.world import World

CLEAN, REPAIRED, LEFT, UNTOLD = 0, 1, 2, 3
_PROGRESS_S = 2.0


def run(settings: Settings, args: argparse.Namespace) -> int:
    if bool(args.servers) == args.all:
        raise errors.BadRequest("name servers, or --all")
    world = beside.world_of(settings)
    options = _options(world, args)
    wanted = None if args.all else args.servers
    try:
        report = engine.audit(cleanup.views_of(world), engine.rules_now(options), options, wanted, _progress())
    except errors.OutsideError as silence:
        print(f"moorage: {silence.message}", file=sys.stderr)
        return UNTOLD
    if args.action == "audit":
        _print(report, args)
        return _status(report, repaired=0)
    return _clean_up(settings, world, args, report, options)


def _options(world: World, args: argparse.Namespace) -> Options:
    grace_s = world.audit.grace_s if args.grace_period is None else args.grace_period
    return msgspec.structs.replace(
        world.audit, grace_s=grace_s, include_root=args.include_root, adopt=args.adopt, fix_status=args.fix_status,
        limit=args.limit, instances=args.servers,
    )  # fmt: skip


def _clean_up(
    settings: Settings, world: World, args: argparse.Namespace, report: engine.Report, options: Options
) -> int:
    wanted = cleanup.repairable(report.findings)
    if args.dry_run:
        _keep_plan(world.store, report)
    if args.dry_run or not wanted or not _agreed(args, report, wanted):
        _print(report, args)
        return _status(report, repaired=0)
    who = Context(user_id=getpass.getuser(), request_id=f"req-{ids.new()}", roles=frozenset({"admin"}))
    done = beside.carry_out(settings, lambda tx: cleanup.request(tx, who, wanted, options))
    repaired = _note_results(world.store, report, [operation.id for operation in done])
    _print(report, args)
    return _status(report, repaired)


def _keep_plan(store: Store, report: engine.Report) -> None:
    request_id = f"req-{ids.new()}"
    with store.write() as tx:
        for finding in report.findings:
            record_id = ids.new()
            records.begin(
                tx, record_id, finding, {}, operation_id=None, is_dry_run=True, user_id=getpass.getuser(),
                request_id=request_id,
            )  # fmt: skip
            records.end(tx, record_id, finding.result or "planned")


def _agreed(args: argparse.Namespace, report: engine.Report, wanted: list[Finding]) -> bool:
    if args.yes:
        return True
    if args.json or not sys.stdin.isatty():
        print("moorage: nothing was repaired: --yes is needed where nobody can be asked", file=sys.stderr)
        return False
    _table(report)
    answer = input(f"Carry out {len(wanted)} repairs? [y/N] ")
    return answer.strip().lower() in ("y", "yes")


def _note_results(store: Store, report: engine.Report, operation_ids: list[str]) -> int:
    """What became of each, and what they uncovered; returns how many were repaired."""
    query = sa.select(audit_records).where(audit_records.c.operation_id.in_(operation_ids))
    with store.read() as tx:
        rows = list(tx.execute(query.order_by(audit_records.c.created_at)))
    open_findings = list(cleanup.repairable(report.findings))
    for row in rows:
        same = (row.table_row, row.action, row.server_id, row.volume_id, row.evidence)
        match = next(
            (f for f in open_findings if (f.row, f.action, f.server_id, f.volume_id, f.evidence) == same), None
        )
        if match is None:
            match = Finding(
                row=row.table_row, server_id=row.server_id, volume_id=row.volume_id, action=row.action, why=row.reason
            )
            report.findings.append(match)
        else:
            open_findings.remove(match)
        match.result = row.result or "not finished"
    return sum(1 for row in rows if (row.result or "").startswith("done"))


def _status(report: engine.Report, repaired: int) -> int:
    if report.left:
        return LEFT
    if report.unknown:
        return UNTOLD
    return REPAIRED if repaired else CLEAN


def _print(report: engine.Report, args: argparse.Namespace) -> None:
    if args.json:
        shown = {
            "servers": report.servers, "attachments": report.attachments, "waiting": report.waiting,
            "unknown": report.unknown, "stopped": report.stopped or None, "not_kept": report.not_kept,
            "findings": [acting.plain(finding) for finding in report.findings],
        }  # fmt: skip
        print(json.dumps(shown, indent=2))
        return
    _table(report)


def _table(report: engine.Report) -> None:
    head = ["row", "server", "volume", "attachment", "age", "action", "why", "result"]
    print_table(head, [_line(finding) for finding in report.findings])
    if report.stopped:
        print(f"\n{report.stopped}")
    print(
        f"\n{report.servers} servers, {report.attachments} attachments: {len(report.findings) + report.not_kept} "
        f"findings, {report.unknown} unknown, {report.waiting} left alone: too young, or being worked on"
    )


def _line(finding: Finding) -> list[Any]:
    action = str(finding.action)
    if finding.action in QUIET and finding.needs:
        action = f"{action} (--{finding.needs})"
    age = f"{finding.age_s:.0f} s" if 0 < finding.age_s < 1e9 else "-"
    ids_shown = ",".join(finding.attachment_ids) or "-"
    return [
        finding.row, finding.server_id or "-", finding.volume_id or "-", ids_shown, age, action, finding.why,
        finding.result or "-",
    ]  # fmt: skip


def _progress() -> engine.Progress:
    last = time.monotonic()

    def tell(servers: int, attachments: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _PROGRESS_S:
            last = time.monotonic()
            print(f"looked at {servers} servers, {attachments} attachments", file=sys.stderr)

    return tell
