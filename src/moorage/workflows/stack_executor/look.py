"""A stack with its resources, as they are in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from moorage import clock
from moorage.operations import service as operations
from moorage.stacks import service, states
from moorage.stacks.model import Resource, Stack
from moorage.store import Tx
from moorage.workflows.stack_resources import MAKERS
from moorage.workflows.stack_resources.ports import Job, Look, Maker
from moorage.workflows.world import World


class Sight:
    """Rows of one stack; what is changed through it is changed in the database as well."""

    def __init__(self, tx: Tx, world: World, stack: Stack) -> None:
        self.stack = stack
        self.job = Job(tx=tx, world=world, stack=stack)
        self.rows: dict[str, Resource] = {}
        self._parts: dict[str | None, dict[str, Resource]] = {}
        self.restore(service.resources(tx, stack.id))
        self.busy = operations.busy_subjects(tx)
        self.now = clock.now()

    def restore(self, rows: Iterable[Resource]) -> None:
        """These rows and no others, as after a transaction was taken back."""
        self.rows, self._parts = {}, {}
        for row in rows:
            self._keep(row)

    def _keep(self, row: Resource) -> None:
        self.rows[row.id] = row
        if not row.is_replaced:
            self._parts.setdefault(row.parent_id, {})[row.name] = row
        elif self._is_same(row):
            del self._parts[row.parent_id][row.name]

    def _is_same(self, row: Resource) -> bool:
        known = self.part(row.parent_id, row.name)
        return known is not None and known.id == row.id

    def add(self, **values: Any) -> Resource:
        row = service.add(self.job.tx, stack_id=self.stack.id, generation=self.stack.generation, **values)
        self._keep(row)
        return row

    def change(self, row: Resource, **values: Any) -> Resource:
        service.change(self.job.tx, row.id, **values)
        changed = msgspec.structs.replace(row, **values)
        self._keep(changed)
        return changed

    def drop(self, row: Resource) -> None:
        service.remove(self.job.tx, row.id)
        del self.rows[row.id]
        if self._is_same(row):
            del self._parts[row.parent_id][row.name]

    def part(self, parent_id: str | None, name: str) -> Resource | None:
        """The resource of that name in a group or template; not one that another has replaced."""
        return self._parts.get(parent_id, {}).get(name)

    def parts(self, parent_id: str | None) -> dict[str, Resource]:
        """Those of one parent, by name."""
        return self._parts.get(parent_id, {})

    def maker(self, row: Resource) -> Maker | None:
        """None for groups and nested templates: they are made of their parts."""
        return MAKERS.get(row.type)

    def is_resting(self, row: Resource) -> bool:
        """Whether nothing goes on with what the resource waits for."""
        if row.look_at is not None:
            return bool(row.look_at <= self.now)
        return row.subject not in self.busy

    def harvest(self) -> None:
        """Note what has come to be since the last look."""
        waiting = [row for row in self.rows.values() if not row.is_ended and row.action != states.DELETE]
        for row in waiting:
            maker = self.maker(row)
            if maker is not None and self.is_resting(row):
                self._note(row, maker.look(self.job, row))

    def _note(self, row: Resource, found: Look) -> None:
        if found.look_at is not None:
            self.change(row, look_at=found.look_at)
            return
        progress = states.COMPLETE if found.is_there else states.FAILED
        self.change(row, progress=progress, reason=found.reason, look_at=None)

    def failure(self) -> str | None:
        """Why the stack cannot become what is wanted; None while it still may."""
        for row in self.rows.values():
            if row.progress == states.FAILED and row.generation == self.stack.generation:
                return f"Resource {row.action} failed: resources.{row.path.replace('/', '.')}: {row.reason}"
        return None

    def is_in_flight(self) -> bool:
        """Whether something goes on that ends by itself."""
        return any(not row.is_ended and self.maker(row) is not None for row in self.rows.values())
