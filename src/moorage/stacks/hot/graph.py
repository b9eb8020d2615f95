"""What has to be there before a resource can be made?"""

from __future__ import annotations

import functools
import graphlib
import weakref
from typing import Any

from moorage import errors
from moorage.stacks.hot.document import ResourceDef, Template
from moorage.stacks.hot.problems import Invalid, at
from moorage.stacks.hot.scope import Scope


def requirements(scope: Scope) -> dict[str, set[str]]:
    """For each resource the names of those it needs; ``errors.BadRequest`` for unknown ones and circles."""
    if _depends_on_parameters(scope.template):
        return _requirements(scope)
    known = _known.get(scope.template)
    if known is None:
        known = _known[scope.template] = _requirements(scope)
    return known


_known: weakref.WeakKeyDictionary[Template, dict[str, set[str]]] = weakref.WeakKeyDictionary()
"""Of templates that need the same whatever their parameters are: nodes of a group are many."""


@functools.lru_cache(maxsize=64)
def _depends_on_parameters(template: Template) -> bool:
    """Whether conditions or computed names decide what needs what."""
    return any(found.condition is not None or _is_computed(found.properties) for found in template.resources.values())


def _is_computed(value: Any) -> bool:
    if isinstance(value, list):
        return any(_is_computed(item) for item in value)
    if not isinstance(value, dict):
        return False
    if "if" in value or isinstance(value.get("get_resource"), dict):
        return True
    named = value.get("get_attr")
    if isinstance(named, list) and named and isinstance(named[0], dict):
        return True
    return any(_is_computed(item) for item in value.values())


def _requirements(scope: Scope) -> dict[str, set[str]]:
    found = {name: _needed(scope, definition) for name, definition in scope.resources.items()}
    try:
        graphlib.TopologicalSorter(found).prepare()
    except graphlib.CycleError as circle:
        names = ", ".join(sorted(set(circle.args[1])))
        raise errors.BadRequest(f"Circular Dependency Found: {names}") from None
    return found


def _needed(scope: Scope, definition: ResourceDef) -> set[str]:
    with at(f"resources.{definition.name}.properties"):
        needed = _mentioned(definition.properties, scope)
    for name in definition.depends_on:
        if name in scope.resources:
            needed.add(name)
        elif name not in scope.template.resources:
            raise errors.BadRequest(
                f'The specified reference "{name}" (in resources.{definition.name}.depends_on) is incorrect.'
            )
    return needed


def _mentioned(value: Any, scope: Scope) -> set[str]:
    """Names in ``get_resource`` and ``get_attr``; of an ``if`` the branch that is taken."""
    if isinstance(value, list):
        return set().union(*(_mentioned(item, scope) for item in value))
    if not isinstance(value, dict):
        return set()
    name, argument = next(iter(value.items())) if len(value) == 1 else ("", None)
    if name == "get_resource":
        return {_name(argument, scope)}
    if name == "get_attr" and isinstance(argument, list) and argument:
        return {_name(argument[0], scope)} | _mentioned(argument[1:], scope)
    if name == "if" and isinstance(argument, list) and len(argument) == 3:
        return _mentioned(argument[1] if scope.is_enabled(argument[0]) else argument[2], scope)
    return set().union(*(_mentioned(item, scope) for item in value.values()))


def _name(argument: Any, scope: Scope) -> str:
    name = scope.resolve(argument)
    if not isinstance(name, str) or name not in scope.resources:
        raise Invalid(f'The specified reference "{name}" is incorrect.')
    return name
