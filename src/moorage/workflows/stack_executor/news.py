"""Is it time to look at a stack again? Asked often, so it reads little."""

from __future__ import annotations

import datetime as dt

from moorage import clock
from moorage.operations import service as operations
from moorage.stacks import service
from moorage.store import Tx
from moorage.workflows.world import World


def are_there(world: World, stack_id: str) -> bool:
    """Something has ended or is due, there is nothing to wait for, or the whole is to be given up."""
    now = clock.now()
    with world.store.read() as tx:
        stack = service.get(tx, stack_id)
        return stack.is_delete_requested or stack.deadline_at <= now or _has_moved(tx, stack_id, now)


def are_there_for_removal(world: World, stack_id: str, _everything: bool) -> bool:
    """The same while resources are being removed, which neither stops nor runs out of time."""
    with world.store.read() as tx:
        return _has_moved(tx, stack_id, clock.now())


def _has_moved(tx: Tx, stack_id: str, now: dt.datetime) -> bool:
    waiting = service.waiting(tx, stack_id)
    busy = operations.busy_subjects(tx)
    return not waiting or any(look_at <= now if look_at else subject not in busy for subject, look_at in waiting)
