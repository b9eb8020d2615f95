"""Remove a stack with everything it made, whatever state it is in."""

from __future__ import annotations

from moorage import errors
from moorage.operations import Kind, Saga
from moorage.operations import service as operations
from moorage.stacks import service, states
from moorage.workflows import create_stack
from moorage.workflows.stack_executor import steps
from moorage.workflows.world import World


def run(saga: Saga[World], stack_id: str) -> None:
    """Each resource after those that need it; what cannot be removed keeps the stack."""
    if not saga.do(begin, stack_id):
        return
    left = steps.clear(saga, stack_id, everything=True)
    if left is not None:
        raise errors.Refused(left)
    saga.do(forget, stack_id)


def begin(world: World, stack_id: str) -> bool:
    """Whether there is a stack to remove; what an earlier attempt could not remove is tried again."""
    with world.store.write() as tx:
        stack = service.find(tx, stack_id)
        if stack is None:
            return False
        service.begin(tx, stack, states.DELETE)
        service.retry_removals(tx, stack_id)
    return True


def forget(world: World, stack_id: str) -> None:
    with world.store.write() as tx:
        service.forget(tx, stack_id)


def failed(world: World, message: str, stack_id: str) -> None:
    """What is left stays, and deleting it can be asked for again."""
    with world.store.write() as tx:
        if not operations.is_followed(tx, f"stack/{stack_id}"):
            service.update(tx, stack_id, is_delete_requested=False)
    create_stack.failed(world, message, stack_id)


KIND = Kind(name="delete_stack", run=run, failed=failed, pool=create_stack.POOL)
