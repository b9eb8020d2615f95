"""Take away what is no longer wanted, each resource after those that need it."""

from __future__ import annotations

from collections.abc import Callable

from moorage import errors
from moorage.operations import service as operations
from moorage.stacks import states
from moorage.stacks.hot import types
from moorage.stacks.model import Resource
from moorage.workflows.stack_executor.look import Sight

Unwanted = Callable[[Resource], bool]


def take_away(sight: Sight, is_unwanted: Unwanted, limit: int) -> int:
    """Begin to remove what nothing needs any more, and forget what is gone; how many steps were made."""
    steps = 0
    while True:
        found = [row for row in _loose(sight) if is_unwanted(row)]
        made = sum(_remove(sight, row) for row in found[: max(0, limit - steps)])
        steps += made
        if not made or steps >= limit:
            return steps


def failure(sight: Sight) -> str | None:
    """Why something stays; None if nothing does."""
    for row in sight.rows.values():
        if row.status == "DELETE_FAILED":
            return f"Resource DELETE failed: resources.{row.path.replace('/', '.')}: {row.reason}"
    return None


def _loose(sight: Sight) -> list[Resource]:
    """Resources that have no parts left and that no other one requires."""
    needed = {needed for row in sight.rows.values() for needed in row.requires}
    needed |= {row.parent_id for row in sight.rows.values() if row.parent_id is not None}
    return [row for row in sight.rows.values() if row.id not in needed]


def _remove(sight: Sight, row: Resource) -> int:
    """One step of removing one resource; 0 if there is nothing to do but wait."""
    maker = sight.maker(row)
    if maker is None or row.is_retained:
        sight.drop(row)
        return 1
    if row.status == "DELETE_FAILED" or not _may_begin(sight, row):
        return 0
    if maker.is_gone(sight.job, row):
        maker.delete(sight.job, row)
        sight.drop(row)
        return 1
    if row.data.get("is_being_deleted"):
        sight.change(row, progress=states.FAILED, reason=_why(sight, row))
        return 1
    return _begin(sight, row)


def _may_begin(sight: Sight, row: Resource) -> bool:
    """Operations on what is to go have to end first; a server that is being built is told to stop."""
    is_begun = bool(row.data.get("is_being_deleted"))
    is_busy = row.type != types.WAIT_CONDITION and row.subject in sight.busy
    if is_busy and (is_begun or row.type != types.SERVER):
        if row.action != states.DELETE:
            sight.change(row, action=states.DELETE, progress=states.IN_PROGRESS, reason=None, look_at=None)
        return False
    return True


def _begin(sight: Sight, row: Resource) -> int:
    maker = sight.maker(row)
    assert maker is not None
    begun = {"action": states.DELETE, "look_at": None, "data": {**row.data, "is_being_deleted": True}}
    try:
        with sight.job.tx.begin_nested():
            maker.delete(sight.job, row)
    except errors.Rejected as refusal:
        sight.change(row, progress=states.FAILED, reason=refusal.message, **begun)
        return 1
    if row.subject is not None:
        sight.busy.add(row.subject)
    sight.change(row, progress=states.IN_PROGRESS, reason=None, **begun)
    return 1


def _why(sight: Sight, row: Resource) -> str:
    last = operations.recent(sight.job.tx, 1, row.subject) if row.subject else []
    return (last[0].error if last else None) or f"{row.physical_id} is still there."
