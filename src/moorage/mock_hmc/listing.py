"""How are lists filtered and properties selected by query parameters?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from moorage.mock_hmc.errors import bad_request
from moorage.mock_hmc.requests import Request
from moorage.mock_hmc.store import Resource

ADDITIONAL = "additional-properties"


def full(request: Request, resource: Resource) -> dict[str, Any]:
    """A Get Properties reply: everything, or what ``?properties=`` names. Raises 400,14 for an unknown name."""
    names = _names(request.query("properties").get("properties", []))
    return _pick(resource, names) if names else dict(resource.props)


def short(
    request: Request, resources: Iterable[Resource], filters: Collection[str], shown: Collection[str]
) -> list[dict[str, Any]]:
    """A List reply. Filters on names are regular expressions, as on the HMC; others compare whole values."""
    query = request.query(*filters, ADDITIONAL)
    wanted = [*shown, *_names(query.pop(ADDITIONAL, []))]
    return [_pick(resource, wanted) for resource in resources if _matches(resource.props, query)]


def _matches(props: Mapping[str, Any], query: Mapping[str, list[str]]) -> bool:
    return all(any(_matches_one(name, props.get(name), value) for value in values) for name, values in query.items())


def _matches_one(name: str, actual: Any, wanted: str) -> bool:
    if name != "name":
        return str(actual).lower() == wanted.lower() if isinstance(actual, bool) else actual == wanted
    try:
        return re.fullmatch(wanted, str(actual)) is not None
    except re.error as exc:
        raise bad_request(1, f"The name filter is not a regular expression: {exc}.") from exc


def _names(values: list[str]) -> list[str]:
    return [name for value in values for name in value.split(",") if name]


def _pick(resource: Resource, names: Iterable[str]) -> dict[str, Any]:
    try:
        return {name: resource.props[name] for name in names}
    except KeyError as exc:
        raise bad_request(14, f"The object has no property {exc}.") from exc
