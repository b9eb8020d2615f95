"""Repair what an audit found, in the server's turn, each thing behind a second look.

A repair never fails the operation: what could not be done stays a finding, and the next audit says so again.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import errors, ids
from moorage.audit import acting, records, run
from moorage.audit.embedded import EmbeddedViews
from moorage.audit.model import QUIET, Finding
from moorage.audit.plan import Options
from moorage.compute.service import servers
from moorage.context import Context
from moorage.conversion import convert
from moorage.operations import Kind, Saga
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.store.tables.operations import operations as operation_rows
from moorage.telemetry import counters
from moorage.workflows.world import World

_log = logging.getLogger(__name__)
_ROUNDS = 2
"""What a repair uncovers, such as a volume that was to go with its server, is repaired in the same operation."""


def views_of(world: World) -> EmbeddedViews:
    return EmbeddedViews(world.store, world.hypervisor, world.backends)


def request(tx: Tx, context: Context, findings: list[Finding], options: Options) -> list[str]:
    """Submit the repairs, one operation a server or volume; returns their ids."""
    by_subject: dict[str, list[Finding]] = {}
    for finding in findings:
        subject = f"server/{finding.server_id}" if finding.server_id else f"volume/{finding.volume_id}"
        by_subject.setdefault(subject, []).append(finding)
    return [_submit(tx, context, subject, found, options) for subject, found in by_subject.items()]


def _submit(tx: Tx, context: Context, subject: str, findings: list[Finding], options: Options) -> str:
    server_id = findings[0].server_id
    server = servers.find(tx, server_id) if server_id else None
    action = None
    if server is not None:
        action = operations.record_action(tx, context, server.id, records.ACTION, server.project_id)
    args = {
        "server_id": server_id, "findings": [acting.plain(finding) for finding in findings],
        "options": msgspec.to_builtins(options),
    }  # fmt: skip
    return operations.submit(tx, context, kind=KIND.name, subject=subject, args=args, action_id=action)


def repairable(findings: list[Finding]) -> list[Finding]:
    """What may be acted upon: neither a report nor stopped."""
    return [finding for finding in findings if finding.action not in QUIET and not finding.result]


def perform(saga: Saga[World], server_id: str | None, findings: list[Any], options: dict[str, Any]) -> None:
    volume_ids = sorted({str(finding["volume_id"]) for finding in findings})
    for number, finding in enumerate(findings):
        saga.do(repair, saga.operation_id, f"0/{number}", finding, options, False)
    for turn in range(1, _ROUNDS + 1):
        more = saga.do(find_consequences, saga.operation_id, server_id, volume_ids, options) if server_id else []
        if not more:
            return
        for number, finding in enumerate(more):
            saga.do(repair, saga.operation_id, f"{turn}/{number}", finding, options, False)


def repair(
    world: World, operation_id: str, number: str, finding: dict[str, Any], options: dict[str, Any], holds_server: bool
) -> str:
    """Keep what is there, look again, act if it is still as planned, keep what came of it."""
    found, views = convert(finding, Finding), views_of(world)
    record_id = ids.derived("audit-record", operation_id, number)
    before = views.before(found.server_id, found.volume_id)
    with world.store.write() as tx:
        records.begin(tx, record_id, found, before, operation_id=operation_id, is_dry_run=False)
    allowed = convert(options, Options)
    rules = run.rules_now(allowed, operation_id, holds_server=holds_server)
    result = acting.repair(views, found, rules, allowed)
    counters.count("audit_repairs", action=str(found.action), result=result.split(":", maxsplit=1)[0].split(" ")[0])
    _log.warning(
        "audit: row %s, %s of volume %s for server %s (%s): %s",
        found.row, found.action, found.volume_id, found.server_id, found.why, result,
    )  # fmt: skip
    after = views.before(found.server_id, found.volume_id)
    with world.store.write() as tx:
        records.end(tx, record_id, result, after)
        if found.server_id is not None:
            records.show(tx, record_id, found, result, _action(tx, operation_id, found.server_id))
    return result


def _action(tx: Tx, operation_id: str, server_id: str) -> str:
    row = tx.execute(sa.select(operation_rows).where(operation_rows.c.id == operation_id)).one()
    return str(row.action_id) if row.kind == KIND.name else records.action_of(tx, operation_id, server_id)


def find_consequences(
    world: World, operation_id: str, server_id: str, volume_ids: list[str], options: dict[str, Any],
    holds_server: bool = False,
) -> list[Any]:  # fmt: skip
    """What the repairs have uncovered on the same volumes, such as a second attachment after an adoption."""
    allowed = convert(options, Options)
    try:
        rules = run.rules_now(_no_grace(allowed), operation_id, holds_server=holds_server)
        report = run.audit(views_of(world), rules, allowed, [server_id])
    except errors.OutsideError as silence:
        _log.warning("audit: what follows for server %s cannot be said: %s", server_id, silence.message)
        return []
    found = [finding for finding in repairable(report.findings) if str(finding.volume_id) in volume_ids]
    return [acting.plain(finding) for finding in found]


def _no_grace(options: Options) -> Options:
    """The rows are young because this operation has just changed them."""
    return msgspec.structs.replace(options, grace_s=0.0)


def find_at_reboot(world: World, operation_id: str, server_id: str, hard: bool) -> list[Any]:
    """What a hard reboot repairs while the guest is stopped; a soft one only reports it.

    Whoever does not answer is left for the next audit: a reboot never fails for this.
    """
    rules = run.rules_now(world.audit, operation_id, holds_server=True)
    try:
        report = run.audit(views_of(world), rules, world.audit, [server_id])
    except errors.OutsideError as silence:
        _log.warning("audit: server %s restarts without one: %s", server_id, silence.message)
        return []
    wanted = repairable(report.findings) if hard else []
    for number, finding in enumerate(report.findings):
        if finding not in wanted:
            _report(world, operation_id, number, server_id, finding)
    return [acting.plain(finding) for finding in wanted]


def find_uncovered(world: World, operation_id: str, server_id: str, repaired: list[Any]) -> list[Any]:
    """What the repairs at a reboot have uncovered, such as a mask: while the guest is still stopped."""
    volume_ids = sorted({str(finding["volume_id"]) for finding in repaired})
    return find_consequences(
        world, operation_id, server_id, volume_ids, msgspec.to_builtins(world.audit), holds_server=True
    )


def _report(world: World, operation_id: str, number: int, server_id: str, finding: Finding) -> None:
    _log.warning("audit: server %s: row %s: %s", server_id, finding.row, finding.why)
    record_id = ids.derived("audit-report", operation_id, str(number))
    result = finding.result or "reported"
    with world.store.write() as tx:
        records.begin(tx, record_id, finding, {}, operation_id=operation_id, is_dry_run=True)
        records.end(tx, record_id, result)
        records.show(tx, record_id, finding, result, records.action_of(tx, operation_id, server_id))


def failed(world: World, message: str, **_: Any) -> None:
    """Only a bug leads here; what was not repaired is found again."""


KIND = Kind(name="cleanup", run=perform, failed=failed, event=records.EVENT)
