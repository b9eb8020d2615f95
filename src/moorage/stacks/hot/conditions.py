"""Which conditions of a template hold? They depend on parameters alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moorage.stacks.hot.functions import UNKNOWN, has_unknown
from moorage.stacks.hot.problems import Invalid

_FUNCTIONS = ("equals", "not", "and", "or", "get_param")


class Conditions:
    """The section ``conditions``, each evaluated when it is first asked for."""

    def __init__(self, definitions: dict[str, Any], get_param: Callable[[Any], Any]) -> None:
        self._definitions = definitions
        self._get_param = get_param
        self._found: dict[str, bool] = {}
        self._open: list[str] = []

    def is_enabled(self, condition: Any) -> bool:
        """The truth of a condition given by name, as ``true``/``false``, or as an expression."""
        if isinstance(condition, bool):
            return condition
        if isinstance(condition, dict):
            return self._boolean(self._evaluate(condition), condition)
        if not isinstance(condition, str) or condition not in self._definitions:
            raise Invalid(f'Invalid condition "{condition}"')
        if condition not in self._found:
            self._found[condition] = self._named(condition)
        return self._found[condition]

    def _named(self, name: str) -> bool:
        if name in self._open:
            raise Invalid(f'Circular definition for condition "{name}"')
        self._open.append(name)
        try:
            return self._boolean(self._evaluate(self._definitions[name]), name)
        finally:
            self._open.pop()

    def _boolean(self, value: Any, condition: Any) -> bool:
        if value is UNKNOWN:
            raise Invalid(f'The condition "{condition}" depends on what is known only once resources have been made')
        if not isinstance(value, bool):
            raise Invalid(f'The definition of condition "{condition}" is invalid: {value}')
        return value

    def _evaluate(self, snippet: Any) -> Any:
        if isinstance(snippet, list):
            return [self._evaluate(item) for item in snippet]
        if not isinstance(snippet, dict):
            return snippet
        name, argument = next(iter(snippet.items())) if len(snippet) == 1 else ("", None)
        if name not in _FUNCTIONS:
            raise Invalid(f"Invalid condition: {', '.join(_FUNCTIONS)} are the functions of conditions")
        if name == "get_param":
            return self._get_param(argument)
        if name == "equals":
            return self._equals(argument)
        return self._combined(name, argument)

    def _equals(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 2:
            raise Invalid('Arguments to "equals" must be of the form: [value_1, value_2]')
        left, right = self._evaluate(argument)
        return UNKNOWN if has_unknown([left, right]) else left == right

    def _combined(self, name: str, argument: Any) -> bool:
        if name == "not":
            return not self._part(argument)
        if not isinstance(argument, list) or len(argument) < 2:
            raise Invalid(f'The minimum number of condition arguments to "{name}" is 2.')
        parts = [self._part(item) for item in argument]
        return all(parts) if name == "and" else any(parts)

    def _part(self, snippet: Any) -> bool:
        return self.is_enabled(snippet)
