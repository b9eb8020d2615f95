"""What do the functions of a template give? Rules and words are Heat's.

What cannot be known before the stack is made is ``UNKNOWN``; whatever is computed from it is unknown as well.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any, Protocol

from moorage.stacks.hot.document import NEWTON, PIKE
from moorage.stacks.hot.problems import Invalid


class Unknown:
    """The value is known once the resource it belongs to has been made."""

    def __repr__(self) -> str:
        return "<not known yet>"


UNKNOWN = Unknown()


class Surroundings(Protocol):
    """What the functions look things up in."""

    version: int

    def param(self, name: str) -> Any: ...

    def ref(self, name: str) -> Any: ...

    def attr(self, name: str, attribute: str | None, path: list[Any]) -> Any: ...

    def file(self, name: str) -> str: ...

    def is_enabled(self, condition: Any) -> bool: ...


def has_unknown(value: Any) -> bool:
    """Whether any part of a value is not known yet."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    return any(has_unknown(item) for item in value) if isinstance(value, list) else value is UNKNOWN


def resolve(value: Any, around: Surroundings) -> Any:
    """The value with every function in it replaced by its result; ``Invalid`` if one is wrong."""
    if isinstance(value, list):
        return [resolve(item, around) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, argument = next(iter(value.items()))
        if name in _FUNCTIONS:
            return _call(name, argument, around)
        if name in _OTHERS:
            raise Invalid(f'The function "{name}" is not supported.')
    return {name: resolve(item, around) for name, item in value.items()}


def _call(name: str, argument: Any, around: Surroundings) -> Any:
    function, since = _FUNCTIONS[name]
    if around.version < since:
        raise Invalid(f'"{name}" is not a function of this heat_template_version.')
    return function(name, argument, around)


def _get_param(name: str, argument: Any, around: Surroundings) -> Any:
    found = resolve(argument, around)
    words = found if isinstance(found, list) else [found]
    if not words or not isinstance(words[0], str):
        raise Invalid(f'Argument to "{name}" must be string or list')
    return select(around.param(words[0]), words[1:], "")


def select(value: Any, path: list[Any], missing: Any) -> Any:
    """What stands at a path of keys and positions; ``missing`` if there is nothing."""
    for step in path:
        if value is UNKNOWN or step is UNKNOWN:
            return UNKNOWN
        try:
            value = value[int(step)] if isinstance(value, list | str) else _entry(value, step)
        except (LookupError, TypeError, ValueError):
            return missing
    return value


def _entry(value: Any, step: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError
    return value[step]


def _get_resource(_name: str, argument: Any, around: Surroundings) -> Any:
    return around.ref(resolve(argument, around))


def _get_attr(name: str, argument: Any, around: Surroundings) -> Any:
    words = resolve(argument, around)
    if not isinstance(words, list) or not words:
        raise Invalid(f'Argument to "{name}" must be a list: [resource_name, attribute, (path), ...]')
    return around.attr(words[0], words[1] if len(words) > 1 else None, words[2:])


def _get_file(name: str, argument: Any, around: Surroundings) -> Any:
    found = resolve(argument, around)
    if not isinstance(found, str):
        raise Invalid(f'Argument to "{name}" must be a string')
    return around.file(found)


def _list_join(name: str, argument: Any, around: Surroundings) -> Any:
    if not isinstance(argument, list) or len(argument) < 2:
        raise Invalid(f'Incorrect arguments to "{name}" should be: "{name}" : [ " ", [ "str1", "str2"] ...]')
    delimiter, *lists = resolve(argument, around)
    if any(found is UNKNOWN for found in (delimiter, *lists)):
        return UNKNOWN
    if not isinstance(delimiter, str):
        raise Invalid(f'"{name}" delimiter must be a string')
    for found in lists:
        if found and not isinstance(found, list):
            raise Invalid(f'"{name}" must operate on a list')
    items = [item for found in lists for item in found or []]
    return UNKNOWN if has_unknown(items) else delimiter.join(_joined(item) for item in items)


def _joined(item: Any) -> str:
    if item is None:
        return ""
    if isinstance(item, dict | list):
        return json.dumps(item, sort_keys=True)
    if not isinstance(item, str):
        raise Invalid(f"Items to join must be string, map or list not {item!r:.200}")
    return item


def _str_replace(name: str, argument: Any, around: Surroundings) -> Any:
    if not isinstance(argument, dict):
        raise Invalid(f'Arguments to "{name}" must be a map')
    if "template" not in argument or "params" not in argument:
        raise Invalid(f'"{name}" syntax should be {name}: {{template: ..., params: {{...}}}}')
    template, params = resolve(argument["template"], around), resolve(argument["params"], around)
    if template is UNKNOWN or params is UNKNOWN or (isinstance(params, dict) and has_unknown(params)):
        return UNKNOWN
    if not isinstance(template, str):
        raise Invalid(f'"{name}" template must be a string')
    if not isinstance(params, dict) or not all(isinstance(key, str) for key in params):
        raise Invalid(f'"{name}" parameters must be a mapping of strings')
    texts = {key: _replacement(name, value) for key, value in params.items()}
    return _replaced(template, sorted(sorted(texts), key=len, reverse=True), texts)


def _replacement(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    if not isinstance(value, str | int | float):
        raise Invalid(f'"{name}" params must be strings, numbers, list or map.')
    return str(value)


def _replaced(template: str, keys: list[str], texts: dict[str, str]) -> str:
    """Longer keys first; what a replacement brought in is not searched again."""
    if not keys:
        return template
    if not keys[0]:
        raise Invalid("empty separator: a placeholder must not be empty")
    pieces = template.split(keys[0])
    return texts[keys[0]].join(_replaced(piece, keys[1:], texts) for piece in pieces)


def _str_split(name: str, argument: Any, around: Surroundings) -> Any:
    example = f'Incorrect arguments to "{name}" should be: "{name}" : [ ",", "apples,pears", <index>]'
    if not isinstance(argument, list) or len(argument) < 2:
        raise Invalid(example)
    delimiter, subject, *index = resolve(argument, around)
    if has_unknown([delimiter, subject, *index]):
        return UNKNOWN
    if subject is None:
        return None
    if not isinstance(delimiter, str) or not isinstance(subject, str) or not delimiter:
        raise Invalid(example)
    parts = subject.split(delimiter)
    return _part(name, parts, index[0]) if index else parts


def _part(name: str, parts: list[str], index: Any) -> str:
    try:
        return parts[int(index)]
    except IndexError:
        raise Invalid(f'Incorrect index to "{name}" should be between 0 and {len(parts) - 1}') from None
    except (TypeError, ValueError):
        raise Invalid(f'Incorrect index to "{name}": {index}') from None


def _repeat(name: str, argument: Any, around: Surroundings) -> Any:
    if not isinstance(argument, dict) or "for_each" not in argument or "template" not in argument:
        raise Invalid(f'"{name}" syntax should be {name}: {{template: ..., for_each: {{%var%: [...]}}}}')
    for_each, template = resolve(argument["for_each"], around), resolve(argument["template"], around)
    is_nested = argument.get("permutations", True) if around.version >= PIKE else True
    if not isinstance(is_nested, bool):
        raise Invalid(f'"permutations" should be boolean type for {name} function.')
    if has_unknown(for_each):
        return UNKNOWN
    if not isinstance(for_each, dict) or not for_each:
        raise Invalid(f'The "for_each" argument to "{name}" must contain a map')
    lists = [_looped(name, found, around, is_nested) for found in for_each.values()]
    if not is_nested and len({len(found) for found in lists}) > 1:
        raise Invalid(f"For {name}, the length of for_each values should be equal if no nested loop.")
    rounds = itertools.product(*lists) if is_nested else zip(*lists, strict=True)
    return [_filled(template, list(for_each), list(found)) for found in rounds]


def _looped(name: str, found: Any, around: Surroundings, is_nested: bool) -> list[Any]:
    if found is None:
        return []
    if isinstance(found, dict) and is_nested and around.version >= NEWTON:
        return list(found)
    if not isinstance(found, list):
        raise Invalid(f'The values of the "for_each" argument to "{name}" must be lists')
    return found


def _filled(template: Any, keys: list[str], items: list[Any]) -> Any:
    if isinstance(template, str):
        for key, item in zip(keys, items, strict=True):
            if key in template and not isinstance(item, str):
                raise Invalid(f"repeat: {item!r:.80} cannot replace {key} in a text: it is no string")
            template = template.replace(key, item) if isinstance(item, str) else template
        return template
    if isinstance(template, list):
        return [_filled(item, keys, items) for item in template]
    if isinstance(template, dict):
        return {_filled(key, keys, items): _filled(value, keys, items) for key, value in template.items()}
    return template


def _if(name: str, argument: Any, around: Surroundings) -> Any:
    if not isinstance(argument, list) or len(argument) != 3:
        raise Invalid(f'Arguments to "{name}" must be of the form: [condition_name, value_if_true, value_if_false]')
    condition, if_true, if_false = argument
    return resolve(if_true if around.is_enabled(condition) else if_false, around)


_FUNCTIONS: dict[str, tuple[Callable[[str, Any, Surroundings], Any], int]] = {
    "get_param": (_get_param, 0),
    "get_resource": (_get_resource, 0),
    "get_attr": (_get_attr, 0),
    "get_file": (_get_file, 0),
    "list_join": (_list_join, 0),
    "str_replace": (_str_replace, 0),
    "str_split": (_str_split, 0),
    "repeat": (_repeat, 0),
    "if": (_if, NEWTON),
}
"""Each with the language version that brought it."""
_OTHERS = frozenset({
    "digest", "map_merge", "map_replace", "yaql", "filter", "contains", "list_concat", "list_concat_unique", "make_url",
    "str_replace_strict", "str_replace_vstrict", "resource_facade", "Fn::GetAZs", "Fn::Join", "Fn::Select", "Ref",
    "Fn::Split", "Fn::Replace", "Fn::Base64", "Fn::MemberListToMap", "Fn::ResourceFacade",
})  # fmt: skip
"""Functions of Heat that are not here: refused, never passed through as plain maps."""
