"""Make what the stack's document wants: whatever is ready is begun, and what is there already is left alone."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors, ids
from moorage.conversion import convert
from moorage.stacks import states
from moorage.stacks.hot import group, properties, servers, types
from moorage.stacks.hot.document import ResourceDef
from moorage.stacks.hot.problems import at
from moorage.stacks.hot.types import ResourceType
from moorage.stacks.model import Resource
from moorage.workflows.stack_executor.levels import Level, members_of, plain
from moorage.workflows.stack_executor.look import Sight
from moorage.workflows.stack_resources import MAKERS
from moorage.workflows.stack_resources.ports import Begun

_BROKEN = "CREATE_FAILED"
"""A resource that never came to be is replaced; one whose change was refused is as good as before."""
BATCH = 24
"""Resources that one transaction begins at most, so that others get their turn to write."""


class Convergence:
    """One round over a stack."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self.begun = 0
        self.completed = 0

    def advance(self) -> bool:
        """Begin what can be begun, and what that makes ready; says whether all is there."""
        while True:
            before = self.begun, self.completed
            if self._visit(Level(self._sight, None)):
                return True
            if self.begun >= BATCH or before == (self.begun, self.completed):
                return False

    def _visit(self, level: Level) -> bool:
        """Whether every part of the level is there as wanted."""
        results = [self._advance_part(level, definition) for definition in level.definitions.values()]
        return all(results)

    def _advance_part(self, level: Level, definition: ResourceDef) -> bool:
        row = level.part(definition.name)
        if row is None or not self._is_current(row):
            if self.begun >= BATCH or not self._has_all_it_needs(level, definition):
                return False
            row = self._take(level, definition, row)
        if row is None or row.progress != states.IN_PROGRESS or self._sight.maker(row) is not None:
            return row is not None and self._is_there(row)
        if not self._visit(level.below(row)):
            return False
        self._sight.change(row, progress=states.COMPLETE)
        self.completed += 1
        return True

    def _is_current(self, row: Resource) -> bool:
        return row.generation == self._sight.stack.generation

    def _is_there(self, row: Resource) -> bool:
        return self._is_current(row) and row.progress == states.COMPLETE

    def _has_all_it_needs(self, level: Level, definition: ResourceDef) -> bool:
        needed = (level.part(name) for name in level.requirements.get(definition.name, ()))
        return all(row is not None and self._is_there(row) for row in needed)

    def _take(self, level: Level, definition: ResourceDef, row: Resource | None) -> Resource | None:
        """Bring one part up to the document of this generation; what cannot be is on record with its reason."""
        self.begun += 1
        sight, job = self._sight, self._sight.job
        before = list(sight.rows.values())
        try:
            with job.tx.begin_nested():
                return self._take_or_refuse(level, definition, row)
        except errors.Rejected as refusal:
            sight.restore(before)
            return self._refused(level, definition, row, refusal.message)

    def _take_or_refuse(self, level: Level, definition: ResourceDef, row: Resource | None) -> Resource:
        wanted = plain(self._wanted(level, definition))
        earlier = self._earlier(level, definition, wanted)
        if earlier is not None:
            return self._confirm(level, definition, earlier, wanted)
        if row is not None and self._is_kept(definition, row, wanted):
            return self._confirm(level, definition, row, wanted)
        if row is not None:
            self._sight.change(row, is_replaced=True)
        return self._create(level, definition, wanted)

    def _wanted(self, level: Level, definition: ResourceDef) -> dict[str, Any]:
        """The properties, evaluated and checked once more now that everything in them is known."""
        place = f"resources.{definition.name}.properties"
        given = {}
        for name, value in definition.properties.items():
            with at(f"{place}.{name}"):
                given[name] = level.resolve(value)
        if types.is_nested(definition.type):
            return given
        found = properties.convert(types.TYPES[definition.type], given, place)
        if definition.type == types.SERVER:
            servers.check(found, definition.name, place)
        return found

    def _earlier(self, level: Level, definition: ResourceDef, wanted: dict[str, Any]) -> Resource | None:
        """On a way back: one that was to be replaced and is just what is wanted."""
        if self._sight.stack.action != states.ROLLBACK:
            return None
        for row in self._sight.rows.values():
            same = (row.parent_id, row.name, row.type) == (level.holder_id, definition.name, definition.type)
            if same and row.is_replaced and row.properties == wanted and row.action != states.DELETE:
                successor = level.part(definition.name)
                if successor is not None:
                    self._sight.change(successor, is_replaced=True)
                return self._sight.change(row, is_replaced=False)
        return None

    def _is_kept(self, definition: ResourceDef, row: Resource, wanted: dict[str, Any]) -> bool:
        """Whether the resource stays, changed in place if need be.

        ``errors.BadRequest`` if Heat would change in place what we cannot.
        """
        if row.type != definition.type or row.status == _BROKEN:
            return False
        if self._sight.maker(row) is None:
            return True
        changed = {name for name in {*wanted, *row.properties} if wanted.get(name) != row.properties.get(name)}
        kind = types.TYPES[row.type]
        decisive = {name for name in changed if not _is_ignored(kind, name, wanted)}
        for name in sorted(decisive):
            _refuse_change(kind, name, definition, wanted)
        return decisive <= kind.changeable

    def _confirm(self, level: Level, definition: ResourceDef, row: Resource, wanted: dict[str, Any]) -> Resource:
        maker, job, stack = self._sight.maker(row), self._sight.job, self._sight.stack
        values: dict[str, Any] = {
            "generation": stack.generation, "requires": self._requires(level, definition),
            "is_retained": definition.is_retained,
        }  # fmt: skip
        if maker is None:
            data = self._group_data(row, wanted) if row.type == types.GROUP else row.data
            values |= {"action": stack.action, "progress": states.IN_PROGRESS, "properties": wanted, "data": data}
            return self._sight.change(row, **values)
        if row.properties != wanted:
            maker.change(job, row, wanted)
        if row.properties != wanted or row.progress == states.FAILED:
            values |= {"properties": wanted, "action": stack.action, "progress": states.COMPLETE, "reason": None}
        return self._sight.change(row, **values)

    def _create(self, level: Level, definition: ResourceDef, wanted: dict[str, Any]) -> Resource:
        maker = MAKERS.get(definition.type)
        if maker is not None:
            begun = maker.create(self._sight.job, level.path(definition.name), wanted)
            is_there = begun.subject is None and begun.look_at is None
        else:
            begun, is_there = self._holder(definition, wanted), False
        if begun.subject is not None:
            self._sight.busy.add(begun.subject)
        return self._sight.add(
            **self._place(level, definition), physical_id=begun.physical_id, subject=begun.subject,
            look_at=begun.look_at, data=begun.data, properties=wanted, reason=None,
            progress=states.COMPLETE if is_there else states.IN_PROGRESS,
            requires=self._requires(level, definition), is_retained=definition.is_retained,
        )  # fmt: skip

    def _holder(self, definition: ResourceDef, wanted: dict[str, Any]) -> Begun:
        """A group or nested template: it is there once its parts are."""
        data = self._group_data(None, wanted) if definition.type == types.GROUP else {}
        return Begun(physical_id=ids.new(), data=data)

    def _place(self, level: Level, definition: ResourceDef) -> dict[str, Any]:
        return {
            "parent_id": level.holder_id, "path": level.path(definition.name), "name": definition.name,
            "type": definition.type, "action": states.CREATE,
        }  # fmt: skip

    def _requires(self, level: Level, definition: ResourceDef) -> list[str]:
        rows = (level.part(name) for name in sorted(level.requirements.get(definition.name, ())))
        return [row.id for row in rows if row is not None]

    def _group_data(self, row: Resource | None, wanted: dict[str, Any]) -> dict[str, Any]:
        """Who belongs to the group now. On a way back those who did before, and no index is used twice even then."""
        if row is None:
            return {"members": msgspec.to_builtins(_members(wanted, group.Members(), {}))}
        known, stack = members_of(row), self._sight.stack
        before = known
        if stack.action == states.ROLLBACK and row.generation == stack.generation - 1 and "previous" in row.data:
            previous = convert(row.data["previous"], group.Members)
            before = msgspec.structs.replace(previous, next_index=known.next_index)
        refs = {name: str(found.physical_id) for name, found in self._sight.parts(row.id).items()}
        chosen = _members(wanted, before, refs)
        return {"members": msgspec.to_builtins(chosen), "previous": msgspec.to_builtins(known)}

    def _refused(self, level: Level, definition: ResourceDef, row: Resource | None, reason: str) -> Resource:
        if row is not None:
            generation = self._sight.stack.generation
            action = row.action if row.status == _BROKEN else self._sight.stack.action
            return self._sight.change(row, generation=generation, action=action, progress=states.FAILED, reason=reason)
        return self._sight.add(
            **self._place(level, definition), physical_id=None, subject=None, look_at=None, properties={}, data={},
            requires=[], is_retained=False, progress=states.FAILED, reason=reason,
        )  # fmt: skip


def _members(wanted: dict[str, Any], before: group.Members, refs: dict[str, str]) -> group.Members:
    removed = group.removed_names(wanted["removal_policies"], refs)
    if wanted["removal_policies_mode"] == "update":
        before = msgspec.structs.replace(before, removed=[])
    return group.choose(before, wanted["count"], removed)


def _is_ignored(kind: ResourceType, name: str, wanted: dict[str, Any]) -> bool:
    policy = kind.policies.get(name)
    return policy is not None and wanted.get(policy) == "IGNORE"


def _refuse_change(kind: ResourceType, name: str, definition: ResourceDef, wanted: dict[str, Any]) -> None:
    policy = kind.policies.get(name)
    cannot = policy is not None and wanted.get(policy) not in ("REPLACE", "IGNORE")
    if name in kind.fixed or cannot:
        hint = f"; {policy}: REPLACE makes a new one" if cannot else ""
        raise errors.BadRequest(
            f"Property error: resources.{definition.name}.properties.{name}: it cannot be changed in place{hint}"
        )
