"""The audit that nobody asks for: now and then, over everything, by one process of all."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from moorage import clock, errors, ids
from moorage.audit import records, run
from moorage.context import Context
from moorage.telemetry import counters
from moorage.workflows import cleanup
from moorage.workflows.world import World

OFF, REPORT, REPAIR = "off", "report", "repair"
_log = logging.getLogger(__name__)


def fire(
    world: World, mode: str, interval_s: float, is_stopping: Callable[[], bool] = lambda: False
) -> run.Report | None:  # fmt: skip
    """One pass; None if it is off, another process has taken this firing, or the process ends in the middle of it."""
    if mode == OFF:
        return None
    with world.store.write() as tx:
        slot = records.claim_pass(tx, clock.now(), interval_s, mode)
    if slot is None:
        return None
    report = _look(world, is_stopping)
    if report is None:
        return None
    for finding in report.findings:
        counters.count("audit_findings", row=finding.row, action=str(finding.action))
        _log.warning("audit: row %s, server %s, volume %s: %s", finding.row, finding.server_id, finding.volume_id,
                     finding.why)  # fmt: skip
    counters.count("audit_passes", mode=mode)
    wanted = cleanup.repairable(report.findings) if mode == REPAIR else []
    if report.stopped:
        _log.error("audit: %s", report.stopped)
    summary = {"findings": len(report.findings) + report.not_kept, "repairs": len(wanted), **_figures(report)}
    with world.store.write() as tx:
        if wanted:
            context = Context(user_id="moorage", request_id=f"req-{ids.new()}", roles=frozenset({"admin"}))
            cleanup.request(tx, context, wanted, world.audit)
        records.end_pass(tx, slot, summary)
    return report


class _Stopping(Exception):
    """The process ends; the next firing begins anew."""


def _look(world: World, is_stopping: Callable[[], bool]) -> run.Report | None:
    def leave_off(*_: int) -> None:
        if is_stopping():
            raise _Stopping

    try:
        return run.audit(cleanup.views_of(world), run.rules_now(world.audit), world.audit, progress=leave_off)
    except _Stopping:
        _log.info("audit: left off, the process ends")
        return None
    except errors.OutsideError as silence:
        return run.Report(unknown=1, stopped=f"no answer: {silence.message}")


def _figures(report: run.Report) -> dict[str, int | str]:
    names = ("servers", "attachments", "waiting", "unknown", "stopped")
    return {name: msgspec.structs.asdict(report)[name] for name in names}
