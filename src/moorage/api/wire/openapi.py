"""What does a service's OpenAPI 3.1 document say? It is made of the route table and the Structs of bodies.

OpenAPI has no microversions. The document shows each request as the newest version takes it; ``x-openstack`` marks give
the versions a request exists in, and one that ended before the newest is marked ``deprecated``. Bodies are described
by type, length and pattern; other rules are told by the 400 that a breach of them gets. An answer has a schema unless
it has no body or depends on the action asked for (``Route.answer``), and a fault has one in any case.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from moorage import __version__
from moorage.api.wire import body as bodies
from moorage.api.wire.faults import schema as fault_schema
from moorage.api.wire.route import EVERYONE, Route, Service
from moorage.api.wire.versions import Version, dotted

Schema = dict[str, Any]
_REF = "#/components/schemas/{name}"
_BYTES = "application/octet-stream"


def document(service: Service) -> Schema:
    """The whole document, without ``servers``."""
    newest = service.versions.max if service.versions else (0, 0)
    routes = [route for part in (service, *service.older) for route in part.routes]
    described = _Bodies([body for route in routes for body in _structs_of(route)], newest)
    made: Schema = {
        "openapi": "3.1.0",
        "info": {"title": f"Moorage: {service.name}", "version": __version__},
        "security": [{"token": []}],
        "paths": {},
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
            "schemas": {**described.components, "Fault": fault_schema(service.name)},
        },
    }
    if service.versions:
        versions = service.versions
        made["x-openstack-microversions"] = {
            "header": "OpenStack-API-Version", "service": versions.service, "min": dotted(versions.min),
            "max": dotted(versions.max),
        }  # fmt: skip
    for route in service.documents:
        made["paths"].setdefault(service.prefix + route.path, {})[route.method.lower()] = _open_document(route)
    made["paths"] |= _paths(service, described)
    for older in service.older:
        made["paths"] |= _paths(older, described, older.root)
    return made


def _paths(service: Service, described: _Bodies, above: str = "") -> Schema:
    """``above`` tells the names of an older version's operations from those of the newest."""
    found: Schema = {}
    for route in _newest_last(service.routes):
        path = found.setdefault(service.prefix + service.root + route.path, {})
        path[route.method.lower()] = {
            "operationId": f"{route.method} {above}{route.path}",
            **_operation(service, route, described),
        }
    return found


class _Bodies:
    """The Structs of request bodies as named schemas, as one microversion takes them."""

    def __init__(self, roots: list[Any], version: Version) -> None:
        structs = list(dict.fromkeys(found for root in roots for found in structs_in(root)))
        references, self.components = msgspec.json.schema_components(structs, ref_template=_REF)
        self._references = dict(zip(structs, references, strict=True))
        for struct, reference in self._references.items():
            self._narrow(struct, self.components[reference["$ref"].rpartition("/")[2]], version)

    def of(self, schema: Any) -> Schema:
        """The schema of a type; ``{}`` takes anything."""
        if schema is Any:
            return {}
        if schema in self._references:
            return dict(self._references[schema])
        (found,), _ = msgspec.json.schema_components([schema], ref_template=_REF)
        return dict(found)

    @staticmethod
    def _narrow(struct: Any, component: Schema, version: Version) -> None:
        """Leave out fields that the version does not have, and add what their checks tell."""
        for name, (spans, checks, _) in bodies.fields(struct).items():
            if spans is not None and not spans.covers(version):
                del component["properties"][name]
            for check in checks:
                if check.words and name in component["properties"]:
                    component["properties"][name]["enum"] = list(check.words)


def structs_in(hint: Any) -> Iterator[Any]:
    """Every Struct that a type is made of, the type itself first."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
        for nested in typing.get_type_hints(hint, include_extras=True).values():
            yield from structs_in(nested)
    elif typing.get_origin(hint) is not None or isinstance(hint, types.UnionType):
        for part in typing.get_args(hint):
            yield from structs_in(part)


def _structs_of(route: Route) -> Iterator[Any]:
    yield from (hint for hint in (route.body, *route.actions.values()) if hint is not None)


def _newest_last(routes: Iterable[Route]) -> list[Route]:
    return sorted(routes, key=lambda route: route.max or (10_000, 0))


def _operation(service: Service, route: Route, described: _Bodies) -> Schema:
    made: Schema = {
        "tags": [service.name],
        "summary": route.summary,
        "x-openstack-policy": {"rule": route.policy, "default": route.default},
        "responses": _responses(route),
    }
    if service.versions:
        made["x-openstack-min-version"] = dotted(route.min or service.versions.min)
        made["x-openstack-max-version"] = dotted(route.max or service.versions.max)
        if route.max is not None and route.max < service.versions.max:
            made["deprecated"] = True
    if route.default == EVERYONE:
        made["security"] = []
    if parameters := [*_path_parameters(route.path), *_version_parameter(service)]:
        made["parameters"] = parameters
    if (content := _request(route, described)) is not None:
        made["requestBody"] = {"content": content, "required": True}
    return made


def _request(route: Route, described: _Bodies) -> Schema | None:
    if route.actions:
        named = {name: described.of(value) for name, value in route.actions.items()}
        shape = {"type": "object", "properties": named, "minProperties": 1, "maxProperties": 1}
        return {"application/json": {"schema": {**shape, "additionalProperties": False}}}
    if route.body is not None:
        return {"application/json": {"schema": described.of(route.body)}}
    if route.stream and route.method == "PUT":
        return {_BYTES: {"schema": {"type": "string", "format": "binary"}}}
    return None


def _responses(route: Route) -> Schema:
    done: Schema = {"description": "Done."}
    if route.answer is not None:
        done["content"] = {"application/json": {"schema": route.answer}}
    elif route.stream and route.method == "GET":
        done["content"] = {_BYTES: {"schema": {"type": "string", "format": "binary"}}}
    fault = {"application/json": {"schema": {"$ref": _REF.format(name="Fault")}}}
    return {
        "2XX": done,
        "204": {"description": "Done; there is nothing to tell."},
        "4XX": {"description": "The request cannot be carried out; nothing was changed.", "content": fault},
        "501": {"description": "The driver in use cannot do it.", "content": fault},
        "503": {"description": "Too many requests, or a part does not answer; see Retry-After.", "content": fault},
    }


def _open_document(route: Route) -> Schema:
    return {
        "operationId": f"{route.method} version document {route.path or '(root)'}", "summary": route.summary,
        "security": [], "responses": {code: {"description": "A version document."} for code in ("200", "300")},
    }  # fmt: skip


def _path_parameters(path: str) -> list[Schema]:
    names = [segment[1:-1] for segment in path.split("/") if segment.startswith("{")]
    return [{"name": n, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for n in names]


def _version_parameter(service: Service) -> list[Schema]:
    if service.versions is None:
        return []
    pattern = rf"^{service.versions.service} (latest|{service.versions.min[0]}\.[0-9]+)$"
    return [{"name": "OpenStack-API-Version", "in": "header", "schema": {"type": "string", "pattern": pattern}}]
