"""Make a stack: everything in its document, in the order in which one needs the other."""

from __future__ import annotations

from moorage import errors
from moorage.operations import Kind, Saga
from moorage.operations import service as operations
from moorage.stacks import service, states
from moorage.store import Tx
from moorage.workflows.stack_executor import steps
from moorage.workflows.world import World

POOL = "stacks"


def run(saga: Saga[World], stack_id: str) -> None:
    """If it fails, what was made is removed again if that was asked for, else it stays to be looked at."""
    reason = steps.make(saga, stack_id)
    if reason is None:
        saga.do(complete, stack_id)
        return
    if saga.do(begin_way_back, stack_id, reason):
        left = steps.clear(saga, stack_id, everything=True)
        saga.do(end_way_back, stack_id, reason, left)
    raise errors.Refused(reason)


def complete(world: World, stack_id: str) -> None:
    with world.store.write() as tx:
        end(tx, stack_id, states.COMPLETE)


def end(tx: Tx, stack_id: str, progress: str, reason: str | None = None) -> None:
    """The action has ended, and the next one may be asked for; one that was is not ended with it."""
    if not operations.is_followed(tx, f"stack/{stack_id}"):
        service.end(tx, stack_id, progress, reason, previous=None)


def begin_way_back(world: World, stack_id: str, reason: str) -> bool:
    """Whether there is one: not without being asked for, nor when the stack goes anyway."""
    with world.store.write() as tx:
        stack = service.get(tx, stack_id)
        if stack.action != states.ROLLBACK:
            if not stack.has_rollback or stack.is_delete_requested:
                return False
            service.begin(tx, stack, states.ROLLBACK)
    return True


def end_way_back(world: World, stack_id: str, reason: str, left: str | None) -> None:
    """What could not be taken back is told beside the reason of it all."""
    told = reason if left is None else f"{reason} (taking it back: {left})"
    with world.store.write() as tx:
        end(tx, stack_id, states.COMPLETE if left is None else states.FAILED, told)


def failed(world: World, message: str, stack_id: str) -> None:
    """What is there stays, with the reason."""
    with world.store.write() as tx:
        stack = service.find(tx, stack_id)
        if stack is not None and not stack.is_ended:
            end(tx, stack_id, states.FAILED, message)


KIND = Kind(name="create_stack", run=run, failed=failed, pool=POOL)
