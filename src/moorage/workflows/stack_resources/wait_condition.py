"""``OS::Heat::WaitCondition``: there once enough guests have said that they are done."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from moorage import clock, errors, ids
from moorage.stacks import service, signals
from moorage.stacks.hot import types
from moorage.stacks.model import Resource
from moorage.workflows.stack_resources.ports import Begun, Job, Look


def create(job: Job, path: str, properties: dict[str, Any]) -> Begun:
    handle, now = properties["handle"], clock.now()
    if not service.has_resource(job.tx, job.stack.id, types.WAIT_HANDLE, handle):
        raise errors.BadRequest(f"{handle} is not a valid wait condition handle.")
    end = now + dt.timedelta(seconds=properties["timeout"])
    return Begun(
        physical_id=ids.new(), subject=signals.subject(handle), look_at=now if signals.of(job.tx, handle) else end,
        data={"since": now.isoformat()},
    )  # fmt: skip


def look(job: Job, row: Resource) -> Look:
    """Enough successes, a failure, or the time is up; asked at each signal and when the time is up."""
    handle = row.properties["handle"]
    received = signals.of(job.tx, handle)
    failures = [signal.reason for signal in received if signal.status != signals.SUCCESS]
    if failures:
        return Look(reason=f"WaitConditionFailure: {';'.join(failures)}")
    if len(received) >= row.properties["count"]:
        return Look(is_there=True)
    end = dt.datetime.fromisoformat(row.data["since"]) + dt.timedelta(seconds=row.properties["timeout"])
    if clock.now() < end:
        return Look(look_at=end)
    told = ";".join(signal.reason for signal in received)
    return Look(reason=f"WaitConditionTimeout: {len(received)} of {row.properties['count']} received: {told}")


def change(job: Job, row: Resource, properties: dict[str, Any]) -> None:
    """It has been fulfilled; another count or time-out concerns those that are still waited for."""


def delete(job: Job, row: Resource) -> None:
    """The handle holds what was said."""


def is_gone(job: Job, row: Resource) -> bool:
    return True


def attribute(job: Job, row: Resource, name: str) -> Any:
    """``data``: what was said, by signal id, as JSON text."""
    received = signals.of(job.tx, row.properties["handle"])
    return json.dumps({signal.signal_id: signal.data for signal in received})
