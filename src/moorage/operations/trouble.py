"""Which operations do not get on, and why? A step is repeated or hangs, or they wait for one of those."""

from __future__ import annotations

import msgspec

from moorage import clock
from moorage.operations.service import UNFINISHED, Operation, unfinished
from moorage.store import Tx


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """An unfinished operation with the reason why it is unfinished still."""

    operation: Operation
    reason: str


def stuck(tx: Tx, patience_s: float) -> list[Trouble]:
    """Oldest first; a step or a wait that lasts no longer than ``patience_s`` seconds is no trouble."""
    found, first = list[Trouble](), dict[str, Operation]()
    for operation in unfinished(tx):
        reason = _reason(operation, first.get(operation.subject), patience_s)
        first.setdefault(operation.subject, operation)
        if reason:
            found.append(Trouble(operation=operation, reason=reason))
    return found


def _reason(operation: Operation, ahead: Operation | None, patience_s: float) -> str | None:
    assert operation.state in UNFINISHED
    if operation.state == "running" and operation.error:
        return f"tried again {operation.retries} times: {operation.error}"
    since = operation.step_at or operation.started_at or operation.created_at
    waited_s = (clock.now() - since).total_seconds()
    if waited_s <= patience_s:
        return None
    if operation.state == "running":
        return f"step {operation.step} has been running for {waited_s:.0f} s"
    if ahead is not None:
        return f"has been waiting for {waited_s:.0f} s behind operation {ahead.id} ({ahead.kind})"
    return f"has not been started for {waited_s:.0f} s; is a worker running and has it room ([workers] concurrency)?"
