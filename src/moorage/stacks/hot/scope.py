"""A template with the values of its parameters: what its snippets are evaluated in."""

from __future__ import annotations

from typing import Any, Protocol

from moorage.stacks.hot import functions
from moorage.stacks.hot.conditions import Conditions
from moorage.stacks.hot.document import ResourceDef, Template
from moorage.stacks.hot.problems import Invalid, at


class Made(Protocol):
    """What is known of the resources of a scope: while it is checked next to nothing, later what was made."""

    def ref(self, name: str) -> Any: ...

    def attr(self, name: str, attribute: str | None, path: list[Any]) -> Any: ...


class Scope:
    """One use of a template; a nested template has one in each place where it is used."""

    def __init__(
        self, template: Template, parameters: dict[str, Any], files: dict[str, str], made: Made, pseudo: dict[str, str]
    ) -> None:
        self.template = template
        self.version = template.version
        self.files = files
        self.pseudo = pseudo
        self._parameters = parameters
        self._made = made
        self._conditions = Conditions(template.conditions, lambda words: functions.resolve({"get_param": words}, self))
        self.resources = {name: found for name, found in template.resources.items() if self._is_wanted(found)}

    def _is_wanted(self, definition: ResourceDef) -> bool:
        if definition.condition is None:
            return True
        with at(f"resources.{definition.name}.condition"):
            return self.is_enabled(definition.condition)

    def resolve(self, snippet: Any) -> Any:
        """The snippet with its functions evaluated; ``Invalid`` if one is wrong."""
        return functions.resolve(snippet, self)

    def is_enabled(self, condition: Any) -> bool:
        return self._conditions.is_enabled(condition)

    def param(self, name: str) -> Any:
        if name in self._parameters:
            return self._parameters[name]
        if name in self.pseudo:
            return self.pseudo[name]
        raise Invalid(f"The Parameter ({name}) was not provided.")

    def ref(self, name: str) -> Any:
        self._require(name)
        return self._made.ref(name)

    def attr(self, name: str, attribute: str | None, path: list[Any]) -> Any:
        self._require(name)
        return self._made.attr(name, attribute, path)

    def _require(self, name: Any) -> None:
        if not isinstance(name, str) or name not in self.resources:
            raise Invalid(f'The specified reference "{name}" is incorrect.')

    def file(self, name: str) -> str:
        if name not in self.files:
            raise Invalid(f'No content found in the "files" section for get_file path: {name}')
        return self.files[name]
