"""``/extensions``: which optional parts of Networking are served."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import EMPTY, TEXT, closed, each, one, several

_UPDATED = "2026-11-01T00:00:00-00:00"
_SERVED = {
    "binding": ("Port Binding", "Expose port bindings to external applications"),
    "external-net": ("Neutron external network", "Adds external network attribute to network resource."),
    "net-mtu": ("Network MTU", "Provides MTU attribute for a network resource."),
    "port-security": ("Port Security", "Provides port security"),
    "project-id": ("project_id field enabled", "Extension that indicates that project_id field is enabled."),
    "provider": ("Provider Network", "Expose mapping of virtual networks to physical networks"),
    "quota_details": ("Quota details management support", "Expose functions for quotas usage statistics per project"),
    "quotas": ("Quota management support", "Expose functions for quotas management per project"),
    "security-group": ("security-group", "The security groups extension."),
    "standard-attr-description": ("standard-attr-description", "Extension to add descriptions to standard attributes"),
}


def index(_call: Call) -> Reply:
    return Reply(body={"extensions": [_view(alias) for alias in _SERVED]})


def show(call: Call) -> Reply:
    alias = call.params["alias"]
    if alias not in _SERVED:
        raise errors.NotFound("The resource could not be found.")
    return Reply(body={"extension": _view(alias)})


def _view(alias: str) -> dict[str, Any]:
    name, description = _SERVED[alias]
    return {"alias": alias, "name": name, "description": description, "updated": _UPDATED, "links": []}


_EXTENSION = closed(each(TEXT, "alias", "name", "description", "updated") | {"links": EMPTY})
ROUTES = [
    Route(method="GET", path="/extensions", handler=index, policy="get_extension", default="any",
          summary="List the extensions.", answer=several("extensions", _EXTENSION)),
    Route(method="GET", path="/extensions/{alias}", handler=show, policy="get_extension", default="any",
          summary="Show an extension.", answer=one("extension", _EXTENSION)),
]  # fmt: skip
