"""Could a stack be made of these documents? Everything is looked through before anything is made."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.stacks.hot import document, graph, group, parameters, properties, servers, types
from moorage.stacks.hot.document import ResourceDef, Template
from moorage.stacks.hot.functions import UNKNOWN, has_unknown
from moorage.stacks.hot.problems import Invalid, at
from moorage.stacks.hot.scope import Scope

MAX_DEPTH = 5
MAX_RESOURCES = 10_000
PSEUDO = ("OS::stack_name", "OS::stack_id", "OS::project_id")


def check(template: Any, files: dict[str, str], given: dict[str, Any]) -> None:
    """``errors.BadRequest`` names resource, property and reason."""
    for name, text in files.items():
        if not isinstance(text, str):
            raise errors.BadRequest(f"files: {name} must be a text")
    pseudo: dict[str, Any] = dict.fromkeys(PSEUDO, UNKNOWN)
    count = _Checker(files, pseudo).scope(document.parse(template), given, "", 0)
    if count > MAX_RESOURCES:
        raise errors.BadRequest(f"The template exceeds the maximum of {MAX_RESOURCES} resources: it has {count}.")


class _Checker:
    def __init__(self, files: dict[str, str], pseudo: dict[str, Any]) -> None:
        self._files = files
        self._pseudo = pseudo

    def scope(self, template: Template, given: dict[str, Any], place: str, depth: int) -> int:
        """How many resources this use of a template makes."""
        if depth > MAX_DEPTH:
            raise errors.BadRequest(f"{place}: Recursion depth exceeds {MAX_DEPTH}.")
        values = parameters.assign(template.parameters, given)
        both = set(template.parameters) & set(template.resources)
        if both:
            raise errors.BadRequest(f"{place}Duplicate names {both}")
        made = _Foreseen(template, self._files)
        scope = Scope(template, values, self._files, made, self._pseudo)
        made.scope = scope
        graph.requirements(scope)
        count = sum(self._resource(scope, found, place, depth) for found in scope.resources.values())
        for name, output in template.outputs.items():
            with at(f"{place}outputs.{name}.value"):
                if scope.is_enabled(output.get("condition", True)):
                    scope.resolve(output["value"])
        return count

    def _resource(self, scope: Scope, definition: ResourceDef, place: str, depth: int) -> int:
        where = f"{place}resources.{definition.name}"
        with at(f"{where}.properties"):
            given = {name: self._resolved(scope, where, name, value) for name, value in definition.properties.items()}
        return self._typed(definition, given, where, depth)

    def _resolved(self, scope: Scope, where: str, name: str, value: Any) -> Any:
        with at(f"{where}.properties.{name}"):
            return scope.resolve(value)

    def _typed(self, definition: ResourceDef, given: dict[str, Any], where: str, depth: int) -> int:
        if types.is_nested(definition.type):
            try:
                nested = document.parse_file(definition.type, self._files)
                with at(f"{where}.properties"):
                    _check_inputs(nested, given)
                return 1 + self.scope(nested, given, f"{where}<{definition.type}>.", depth + 1)
            except errors.BadRequest as problem:
                raise _placed(problem, f"{where}<{definition.type}>") from None
        if definition.type in types.NOT_SERVED:
            raise errors.BadRequest(f"{where}: {definition.type} cannot be made: {types.NOT_SERVED[definition.type]}.")
        if definition.type not in types.TYPES:
            raise errors.BadRequest(f"{where}: The Resource Type ({definition.type}) could not be found.")
        found = properties.convert(types.TYPES[definition.type], given, f"{where}.properties")
        return self._special(definition, found, where, depth)

    def _special(self, definition: ResourceDef, found: dict[str, Any], where: str, depth: int) -> int:
        if definition.type == types.SERVER:
            servers.check(found, definition.name, f"{where}.properties")
        elif definition.type == types.GROUP:
            return 1 + self._group(found, where, depth)
        return 1

    def _group(self, found: dict[str, Any], where: str, depth: int) -> int:
        """One member stands for all, even if there shall be none yet."""
        each_def = found["resource_def"]
        if each_def is UNKNOWN or UNKNOWN in (each_def["type"], each_def.get("properties")):
            raise errors.BadRequest(f"{where}: the definition of a group's members has to be known from the start.")
        each = group.member(found, "0")
        size = found["count"] if isinstance(found["count"], int) else 1
        members = self._typed(each, each.properties, f"{where}.resources.0", depth)
        return size * members


def _check_inputs(nested: Template, given: dict[str, Any]) -> None:
    """The parameters of a nested template are the properties of its use."""
    for name in given:
        if name not in nested.parameters:
            raise Invalid(f"Unknown Property {name}")
    for name, schema in nested.parameters.items():
        if given.get(name) is None and schema.get("default") is None:
            raise Invalid(f"Property {name} not assigned")


def _placed(problem: errors.BadRequest, place: str) -> errors.BadRequest:
    """Problems of a nested template name the place of its use."""
    return problem if place in problem.message else errors.BadRequest(f"{place}: {problem.message}")


class _Foreseen:
    """What is known of resources before they are made: which attributes they will have."""

    def __init__(self, template: Template, files: dict[str, str]) -> None:
        self._template = template
        self._files = files
        self.scope: Scope | None = None

    def ref(self, name: str) -> Any:
        del name
        return UNKNOWN

    def attr(self, name: str, attribute: str | None, path: list[Any]) -> Any:
        del path
        definition = self._template.resources[name]
        known = self._attributes(definition)
        if attribute is not None and not has_unknown(attribute) and known is not None and attribute not in known:
            raise Invalid(f"The Referenced Attribute ({name} {attribute}) is incorrect.")
        return UNKNOWN

    def _attributes(self, definition: ResourceDef) -> frozenset[str] | None:
        """None: any; what a group's members have is known with its definition."""
        if types.is_nested(definition.type):
            return frozenset(document.parse_file(definition.type, self._files).outputs)
        kind = types.TYPES.get(definition.type)
        if kind is None:
            return None
        if definition.type != types.GROUP:
            return kind.attributes
        inner = definition.properties.get("resource_def") or {}
        name = inner.get("type") if isinstance(inner, dict) else None
        if not isinstance(name, str):
            return None
        members = self._attributes(ResourceDef(name=definition.name, type=name))
        return None if members is None else kind.attributes | members
