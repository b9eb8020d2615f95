"""The steps of all stack operations. Each is a loop of short transactions that may be cut off anywhere and repeated."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import clock, errors
from moorage.conversion import convert
from moorage.operations import Saga
from moorage.stacks import service, states
from moorage.stacks.hot import types
from moorage.stacks.hot.problems import at
from moorage.stacks.model import Stack
from moorage.workflows.stack_executor import news, removal
from moorage.workflows.stack_executor.converge import BATCH, Convergence
from moorage.workflows.stack_executor.levels import Level, plain
from moorage.workflows.stack_executor.look import Sight
from moorage.workflows.world import World


class Outcome(msgspec.Struct, frozen=True):
    """How far a step got."""

    is_ended: bool
    reason: str | None = None
    """Why it ended without success."""
    has_more: bool = False
    """There is more to begin at once."""


def make(saga: Saga[World], stack_id: str) -> str | None:
    """Make everything that the document wants; returns why that cannot be."""
    found = convert(saga.do(converge, stack_id), Outcome)
    while not found.is_ended:
        found = convert(saga.when(news.are_there, converge, stack_id), Outcome)
    return found.reason


def clear(saga: Saga[World], stack_id: str, *, everything: bool) -> str | None:
    """Remove everything, or what the document does not want any more; returns why something stays."""
    found = convert(saga.do(take_away, stack_id, everything), Outcome)
    while not found.is_ended:
        found = convert(saga.when(news.are_there_for_removal, take_away, stack_id, everything), Outcome)
    return found.reason


def converge(world: World, stack_id: str) -> Any:
    """Note what has come to be, and begin whatever is ready for it."""
    while True:
        with world.store.write() as tx:
            stack = service.get(tx, stack_id)
            found = _interrupted(stack) or _advance(Sight(tx, world, stack))
        if not found.has_more:
            return msgspec.to_builtins(found)


def _interrupted(stack: Stack) -> Outcome | None:
    if stack.is_delete_requested:
        return Outcome(True, f"{stack.action.capitalize()} was ended by the deletion of the stack.")
    if stack.deadline_at <= clock.now():
        return Outcome(True, f"{stack.action.capitalize()} timed out after {stack.timeout_s} s.")
    return None


def _advance(sight: Sight) -> Outcome:
    sight.harvest()
    reason = sight.stack.reason or sight.failure()
    if reason is None:
        round_ = Convergence(sight)
        try:
            is_done = round_.advance()
        except errors.BadRequest as problem:
            return _give_up(sight, problem.message)
        reason = sight.failure()
        if reason is None and is_done:
            return _all_there(sight)
        if reason is None and round_.begun >= BATCH:
            return Outcome(False, has_more=True)
        if reason is None and sight.is_in_flight():
            return Outcome(False)
    return _give_up(sight, reason or "Nothing goes on, and yet not everything is there.")


def _all_there(sight: Sight) -> Outcome:
    level, found = Level(sight, None), {}
    try:
        for name, output in level.scope.template.outputs.items():
            with at(f"outputs.{name}.value"):
                if level.scope.is_enabled(output.get("condition", True)):
                    found[name] = level.scope.resolve(output["value"])
    except errors.BadRequest as problem:
        return Outcome(True, problem.message)
    service.update(sight.job.tx, sight.stack.id, outputs=plain(found))
    return Outcome(True)


def _give_up(sight: Sight, reason: str) -> Outcome:
    """Nothing more is begun; what is under way is waited for, except for guests."""
    service.update(sight.job.tx, sight.stack.id, reason=reason)
    for row in list(sight.rows.values()):
        if row.type == types.WAIT_CONDITION and not row.is_ended:
            sight.change(row, progress=states.FAILED, reason="Given up because another resource failed.", look_at=None)
    return Outcome(not sight.is_in_flight(), reason)


def take_away(world: World, stack_id: str, everything: bool) -> Any:
    """Remove what nothing needs any more."""
    while True:
        with world.store.write() as tx:
            sight = Sight(tx, world, service.get(tx, stack_id))
            found = _take_away(sight, everything)
        if not found.has_more:
            return msgspec.to_builtins(found)


def _take_away(sight: Sight, everything: bool) -> Outcome:
    sight.harvest()
    steps = removal.take_away(sight, lambda row: everything or _is_unwanted(sight, row), BATCH)
    return _left(sight, everything, steps)


def _is_unwanted(sight: Sight, row: Any) -> bool:
    return bool(row.is_replaced or row.generation < sight.stack.generation)


def _left(sight: Sight, everything: bool, steps: int) -> Outcome:
    rows = [row for row in sight.rows.values() if everything or _is_unwanted(sight, row)]
    if not rows:
        return Outcome(True)
    if steps >= BATCH:
        return Outcome(False, has_more=True)
    is_waiting = any(not row.is_ended and sight.maker(row) is not None for row in rows)
    return Outcome(not is_waiting, None if is_waiting else removal.failure(sight) or "Some resources stay.")
