"""The services, endpoints and regions behind the catalog. They follow from the configuration and cannot be changed."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.identity import lists, views
from moorage.api.identity.catalog import INTERFACES, entries
from moorage.api.wire.answers import BOOLEAN, NULL, TEXT, closed, each, one
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import Route


def list_services(call: Call) -> Reply:
    """GET: 200; filters by type and name."""
    return _answer(call, "services", _services(call), "type", "name")


def show_service(call: Call) -> Reply:
    """GET: 200."""
    return Reply(body={"service": _one(_services(call), "service", call.params["service_id"])})


def list_endpoints(call: Call) -> Reply:
    """GET: 200; filters by service_id, interface and region_id."""
    return _answer(call, "endpoints", _endpoints(call), "service_id", "interface", "region_id")


def show_endpoint(call: Call) -> Reply:
    """GET: 200."""
    return Reply(body={"endpoint": _one(_endpoints(call), "endpoint", call.params["endpoint_id"])})


def list_regions(call: Call) -> Reply:
    """GET: 200."""
    return _answer(call, "regions", _regions(call), "parent_region_id")


def show_region(call: Call) -> Reply:
    """GET: 200."""
    return Reply(body={"region": _one(_regions(call), "region", call.params["region_id"])})


def _services(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "id": entry.service_id,
            "type": entry.type,
            "name": entry.name,
            "description": "",
            "enabled": True,
            "links": views.links(call, "services", entry.service_id),
        }
        for entry in entries(call.services)
    ]


def _endpoints(call: Call) -> list[dict[str, Any]]:
    region = call.services.region
    return [
        {
            "id": entry.endpoint_id(interface),
            "service_id": entry.service_id,
            "interface": interface,
            "url": call.host_url + entry.path,
            "region": region,
            "region_id": region,
            "enabled": True,
            "links": views.links(call, "endpoints", entry.endpoint_id(interface)),
        }
        for entry in entries(call.services)
        for interface in INTERFACES
    ]


def _regions(call: Call) -> list[dict[str, Any]]:
    region = call.services.region
    return [{"id": region, "description": "", "parent_region_id": None, "links": views.links(call, "regions", region)}]


_SERVICE = closed(each(TEXT, "id", "type", "name", "description") | {"enabled": BOOLEAN, "links": views.LINKS})
_ENDPOINT = closed(
    each(TEXT, "id", "service_id", "interface", "url", "region", "region_id")
    | {"enabled": BOOLEAN, "links": views.LINKS}
)
_REGION = closed(each(TEXT, "id", "description") | {"parent_region_id": NULL, "links": views.LINKS})


def _answer(call: Call, name: str, items: list[dict[str, Any]], *filters: str) -> Reply:
    wanted = {key: call.query[key] for key in filters if key in call.query}
    found = [one for one in items if all(one[key] == value for key, value in wanted.items())]
    return Reply(body=lists.answer(call, name, found))


def _one(items: list[dict[str, Any]], noun: str, ident: str) -> dict[str, Any]:
    for item in items:
        if item["id"] == ident:
            return item
    raise errors.NotFound(f"Could not find {noun}: {ident}.")


ROUTES = [
    Route(method="GET", path="/services", handler=list_services, policy="identity:list_services", default="admin",
          summary="List services", answer=lists.listed("services", _SERVICE)),
    Route(method="GET", path="/services/{service_id}", handler=show_service, policy="identity:get_service",
          default="admin", summary="Show a service", answer=one("service", _SERVICE)),
    Route(method="GET", path="/endpoints", handler=list_endpoints, policy="identity:list_endpoints", default="admin",
          summary="List endpoints", answer=lists.listed("endpoints", _ENDPOINT)),
    Route(method="GET", path="/endpoints/{endpoint_id}", handler=show_endpoint, policy="identity:get_endpoint",
          default="admin", summary="Show an endpoint", answer=one("endpoint", _ENDPOINT)),
    Route(method="GET", path="/regions", handler=list_regions, policy="identity:list_regions", default="any",
          summary="List regions", answer=lists.listed("regions", _REGION)),
    Route(method="GET", path="/regions/{region_id}", handler=show_region, policy="identity:get_region", default="any",
          summary="Show a region", answer=one("region", _REGION)),
]  # fmt: skip
