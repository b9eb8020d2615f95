"""Turn a stack into what a new document says: first what is new, then what is not wanted any more."""

from __future__ import annotations

from moorage import errors
from moorage.operations import Kind, Saga
from moorage.stacks import service, states
from moorage.workflows import create_stack
from moorage.workflows.stack_executor import steps
from moorage.workflows.world import World


def run(saga: Saga[World], stack_id: str) -> None:
    """Until everything new is there nothing is removed, so there is a way back; from then on there is none."""
    reason = steps.make(saga, stack_id)
    if reason is None:
        left = steps.clear(saga, stack_id, everything=False)
        if left is not None:
            raise errors.Refused(left)
        saga.do(create_stack.complete, stack_id)
        return
    if saga.do(begin_way_back, stack_id, reason):
        left = steps.make(saga, stack_id)
        if left is None:
            left = steps.clear(saga, stack_id, everything=False)
        saga.do(create_stack.end_way_back, stack_id, reason, left)
    raise errors.Refused(reason)


def begin_way_back(world: World, stack_id: str, reason: str) -> bool:
    """The document before the update is wanted again; what the update made for itself is not."""
    with world.store.write() as tx:
        stack = service.get(tx, stack_id)
        if stack.action != states.ROLLBACK:
            if not stack.has_rollback or stack.is_delete_requested or stack.previous is None:
                return False
            service.begin(tx, stack, states.ROLLBACK, generation=stack.generation + 1, **stack.previous)
    return True


KIND = Kind(name="update_stack", run=run, failed=create_stack.failed, pool=create_stack.POOL)
