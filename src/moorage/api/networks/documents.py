"""The version documents of Networking: how clients find the API."""

from __future__ import annotations

from typing import Any

from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.route import EVERYONE

_RESOURCES = {
    "network": "networks", "subnet": "subnets", "port": "ports", "security_group": "security-groups",
    "floatingip": "floatingips", "quota": "quotas", "extension": "extensions",
}  # fmt: skip


def choices(call: Call) -> Reply:
    return Reply(body={"versions": [{"id": "v2.0", "status": "CURRENT", "links": _self(f"{call.service_url}/")}]})


def resources(call: Call) -> Reply:
    entries = [
        {"name": name, "collection": collection.replace("-", "_"), "links": _self(f"{call.service_url}/{collection}")}
        for name, collection in _RESOURCES.items()
    ]
    return Reply(body={"resources": entries})


def _self(href: str) -> list[dict[str, Any]]:
    return [{"rel": "self", "href": href}]


DOCUMENTS = [
    Route(method="GET", path=path, handler=handler, policy="", default=EVERYONE)
    for path, handler in [("", choices), ("/", choices), ("/v2.0", resources), ("/v2.0/", resources)]
]
