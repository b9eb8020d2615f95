"""Which members has a group, and what is each? An index that was given up is never used again."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage.stacks.hot.document import ResourceDef


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """The members of a group as stored with it."""

    names: list[str] = []
    next_index: int = 0
    removed: list[str] = []
    """Those named in ``removal_policies`` so far, whether they ever existed or not."""


def choose(before: Members, count: int, removed: list[str]) -> Members:
    """Without the removed ones; of too many the highest indexes go, to too few new ones are added."""
    gone = [*before.removed, *(name for name in removed if name not in before.removed)]
    names = [name for name in before.names if name not in gone][:count]
    index = before.next_index
    while len(names) < count:
        if str(index) not in gone:
            names.append(str(index))
        index += 1
    return Members(names=names, next_index=index, removed=gone)


def removed_names(policies: list[dict[str, Any]], refs: dict[str, str]) -> list[str]:
    """Members named by ``removal_policies``, by name or by the id of what they are."""
    by_ref = {ref: name for name, ref in refs.items()}
    listed = [str(item) for policy in policies for item in policy.get("resource_list") or []]
    return [by_ref.get(item, item) for item in listed]


def member(properties: dict[str, Any], name: str) -> ResourceDef:
    """The resource that a member is: the group's definition with its index filled in."""
    definition, variable = properties["resource_def"], properties["index_var"]
    return ResourceDef(
        name=name, type=definition["type"], properties=_indexed(definition.get("properties") or {}, variable, name)
    )


def _indexed(value: Any, variable: str, index: str) -> Any:
    if isinstance(value, str):
        return value.replace(variable, index)
    if isinstance(value, list):
        return [_indexed(item, variable, index) for item in value]
    if isinstance(value, dict):
        return {_indexed(key, variable, index): _indexed(item, variable, index) for key, item in value.items()}
    return value
