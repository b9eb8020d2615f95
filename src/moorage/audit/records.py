"""What is kept of each decision: who, when, why, and the rows before and after."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from moorage import clock, ids
from moorage.audit.model import Finding
from moorage.store import Tx
from moorage.store.tables.audit import audit_passes, audit_records
from moorage.store.tables.operations import action_events, instance_actions, operations

ACTION = "cleanup_volume_attachments"
"""Shown by ``os-instance-actions``."""
EVENT = "compute_cleanup_volume_attachments"


def begin(
    tx: Tx, record_id: str, finding: Finding, before: dict[str, Any], *, operation_id: str | None, is_dry_run: bool,
    user_id: str | None = None, request_id: str | None = None,
) -> None:  # fmt: skip
    """Keep what is there before anything is done; what an earlier attempt kept stays."""
    if tx.scalar(sa.select(audit_records.c.id).where(audit_records.c.id == record_id)) is not None:
        return
    asked = tx.execute(sa.select(operations).where(operations.c.id == operation_id)).one_or_none()
    tx.execute(
        audit_records.insert().values(
            id=record_id, operation_id=operation_id, server_id=finding.server_id, volume_id=finding.volume_id,
            table_row=finding.row, action=str(finding.action), reason=finding.why, evidence=finding.evidence,
            before_rows=before, is_dry_run=is_dry_run, user_id=asked.user_id if asked else user_id,
            request_id=asked.request_id if asked else request_id, created_at=clock.now(),
        )
    )  # fmt: skip


def end(tx: Tx, record_id: str, result: str, after: dict[str, Any] | None = None) -> None:
    values = {"result": result, "after_rows": after, "finished_at": clock.now()}
    tx.execute(audit_records.update().where(audit_records.c.id == record_id).values(**values))


def show(tx: Tx, record_id: str, finding: Finding, result: str, action_id: str) -> None:
    """One event of the instance action: what was done to what, and why."""
    if tx.scalar(sa.select(action_events.c.id).where(action_events.c.id == record_id)) is not None:
        return
    what = finding.attachment_ids[0] if finding.attachment_ids else finding.disk_id or "-"
    details = (
        f"row {finding.row}: {finding.action} {what}, volume {finding.volume_id or '-'}: {finding.why}; "
        f"{result or 'reported'}"
    )
    now = clock.now()
    outcome = "Error" if result.startswith("failed") else "Success"
    tx.execute(
        action_events.insert().values(
            id=record_id, action_id=action_id, event=EVENT, result=outcome, details=details, started_at=now,
            finished_at=now,
        )
    )  # fmt: skip


def action_of(tx: Tx, operation_id: str, server_id: str) -> str:
    """The instance action for repairs within another operation, such as a reboot; made when it is first needed.

    It has a request id of its own: there is one action a request.
    """
    action_id = ids.derived("cleanup-action", operation_id)
    if tx.scalar(sa.select(instance_actions.c.id).where(instance_actions.c.id == action_id)) is not None:
        return action_id
    asked = tx.execute(sa.select(operations).where(operations.c.id == operation_id)).one()
    now = clock.now()
    tx.execute(
        instance_actions.insert().values(
            id=action_id, server_id=server_id, project_id=asked.project_id or "", user_id=asked.user_id or "",
            request_id=f"req-{ids.derived('cleanup-request', operation_id)}", action=ACTION, started_at=now,
            updated_at=now,
        )
    )  # fmt: skip
    return action_id


def claim_pass(tx: Tx, now: dt.datetime, interval_s: float, mode: str) -> int | None:
    """The firing's number if this process is the first to take it, else None."""
    slot = int(now.replace(tzinfo=dt.UTC).timestamp() // interval_s)
    latest = tx.scalar(sa.select(sa.func.max(audit_passes.c.started_at)))
    if latest is not None and (now - latest).total_seconds() < interval_s / 2:
        return None
    if tx.scalar(sa.select(audit_passes.c.slot).where(audit_passes.c.slot == slot)) is not None:
        return None
    tx.execute(audit_passes.insert().values(slot=slot, mode=mode, started_at=now))
    return slot


def end_pass(tx: Tx, slot: int, summary: dict[str, Any]) -> None:
    """Keeps the newest thousand firings."""
    tx.execute(
        audit_passes.update().where(audit_passes.c.slot == slot).values(summary=summary, finished_at=clock.now())
    )
    oldest = sa.select(audit_passes.c.slot).order_by(audit_passes.c.slot.desc()).offset(1000).limit(1).scalar_subquery()
    tx.execute(audit_passes.delete().where(audit_passes.c.slot <= oldest))
