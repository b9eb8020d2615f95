"""The templates and groups in use in a stack: what parts each has, and what they know of each other."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from moorage.conversion import convert
from moorage.stacks.hot import document, graph, group, parameters, types
from moorage.stacks.hot.document import ResourceDef
from moorage.stacks.hot.functions import select
from moorage.stacks.hot.group import Members
from moorage.stacks.hot.scope import Scope
from moorage.stacks.model import Resource
from moorage.workflows.stack_executor.look import Sight


class Level:
    """The parts of the stack itself, of a nested template, or of a group."""

    def __init__(self, sight: Sight, holder: Resource | None) -> None:
        self.sight = sight
        self.holder = holder

    @property
    def holder_id(self) -> str | None:
        return None if self.holder is None else self.holder.id

    def path(self, name: str) -> str:
        return name if self.holder is None else f"{self.holder.path}/{name}"

    @cached_property
    def is_group(self) -> bool:
        return self.holder is not None and self.holder.type == types.GROUP

    @cached_property
    def scope(self) -> Scope:
        """Of a template; groups have none."""
        stack = self.sight.stack
        pseudo = {"OS::stack_name": stack.name, "OS::stack_id": stack.id, "OS::project_id": stack.project_id}
        if self.holder is None:
            template, given = document.parse(stack.template), stack.parameters
        else:
            template, given = document.parse_file(self.holder.type, stack.files), self.holder.properties
        values = parameters.assign(template.parameters, given)
        return Scope(template, values, stack.files, _Made(self), pseudo)

    @cached_property
    def definitions(self) -> dict[str, ResourceDef]:
        if not self.is_group:
            return self.scope.resources
        assert self.holder is not None
        names = members_of(self.holder).names
        return {name: group.member(self.holder.properties, name) for name in names}

    @cached_property
    def requirements(self) -> dict[str, set[str]]:
        """By name, the names of the parts it needs; members of a group need none of each other."""
        return {} if self.is_group else graph.requirements(self.scope)

    def resolve(self, value: Any) -> Any:
        """The properties of a group's members have been evaluated with the group's."""
        return value if self.is_group else self.scope.resolve(value)

    def below(self, row: Resource) -> Level:
        """The level of a part that has parts itself."""
        return Level(self.sight, row)

    def part(self, name: str) -> Resource | None:
        return self.sight.part(self.holder_id, name)

    def ref(self, name: str) -> Any:
        row = self.part(name)
        return None if row is None else row.physical_id

    def attr(self, name: str, attribute: str | None, path: list[Any]) -> Any:
        row = self.part(name)
        if row is None:
            return None
        if attribute is None:
            return {known: self._attribute(row, known, []) for known in sorted(_attributes(row))}
        return self._attribute(row, attribute, path)

    def _attribute(self, row: Resource, attribute: str, path: list[Any]) -> Any:
        maker = self.sight.maker(row)
        if maker is not None:
            return select(maker.attribute(self.sight.job, row, attribute), path, None)
        level = self.below(row)
        if level.is_group:
            return level.group_attribute(attribute, path)
        return select(level.output(attribute), path, None)

    def output(self, name: str) -> Any:
        """The value of an output of this template."""
        return self.scope.resolve(self.scope.template.outputs[name]["value"])

    def group_attribute(self, attribute: str, path: list[Any]) -> Any:
        """Of a group: its own attributes, or the one asked for of each member."""
        names = list(self.definitions)
        if attribute == "refs":
            return select([self.ref(name) for name in names], path, None)
        if attribute == "refs_map":
            return select({name: self.ref(name) for name in names}, path, None)
        if attribute == "removed_rsrc_list":
            assert self.holder is not None
            return members_of(self.holder).removed
        if attribute == "attributes" and path:
            return {name: self.attr(name, path[0], path[1:]) for name in names}
        return [self.attr(name, attribute, path) for name in names]


class _Made:
    """What the functions of a template get from its level."""

    def __init__(self, level: Level) -> None:
        self._level = level

    def ref(self, name: str) -> Any:
        return self._level.ref(name)

    def attr(self, name: str, attribute: str | None, path: list[Any]) -> Any:
        return self._level.attr(name, attribute, path)


def _attributes(row: Resource) -> frozenset[str]:
    kind = types.TYPES.get(row.type)
    return frozenset() if kind is None else kind.attributes


def members_of(row: Resource) -> Members:
    """The members of a group as stored with it."""
    return convert(row.data.get("members") or {}, Members)


def plain(value: Any) -> Any:
    """As it will be read back from the database."""
    return json.loads(json.dumps(value))
