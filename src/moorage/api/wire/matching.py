"""Which route does a path belong to?"""

from __future__ import annotations

from collections.abc import Iterable

from moorage.api.wire.route import Route
from moorage.api.wire.versions import Version


class RouteTree:
    """Routes by path segment: literal segments win over parameters."""

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._literals: dict[str, RouteTree] = {}
        self._parameter: RouteTree | None = None
        self._routes: list[tuple[Route, list[str]]] = []
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node, names = self, list[str]()
        for segment in segments(route.path):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node._parameter = node._parameter or RouteTree()
                node = node._parameter
            else:
                node = node._literals.setdefault(segment, RouteTree())  # noqa: SLF001
        node._routes.append((route, names))  # noqa: SLF001

    def find(self, path: list[str], found: tuple[str, ...] = ()) -> list[tuple[Route, dict[str, str]]]:
        """All routes at a path, whatever their method or version; empty if there is none."""
        if not path:
            return [(route, dict(zip(names, found, strict=True))) for route, names in self._routes]
        head, rest = path[0], path[1:]
        literal = self._literals.get(head)
        if literal and (matches := literal.find(rest, found)):
            return matches
        return self._parameter.find(rest, (*found, head)) if self._parameter and head else []


def segments(path: str) -> list[str]:
    """``/servers/{id}/`` → ``["servers", "{id}", ""]``: a trailing slash is an empty last segment."""
    return path.split("/")[1:]


def in_version(route: Route, version: Version) -> bool:
    return (route.min is None or route.min <= version) and (route.max is None or version <= route.max)
