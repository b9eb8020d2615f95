"""The version documents of block storage: how clients find the API and its microversions."""

from __future__ import annotations

from typing import Any

from moorage.api.wire import Call, Reply, Route, VersionRange
from moorage.api.wire.route import EVERYONE
from moorage.api.wire.versions import dotted

VERSIONS = VersionRange(service="volume", min=(3, 0), max=(3, 71))


def choices(call: Call) -> Reply:
    return Reply(status=300, body={"versions": [_version(call)]})


def version(call: Call) -> Reply:
    return Reply(body={"versions": [_version(call)]})


def _version(call: Call) -> dict[str, Any]:
    return {
        "id": "v3.0",
        "status": "CURRENT",
        "version": dotted(VERSIONS.max),
        "min_version": dotted(VERSIONS.min),
        "updated": "2023-08-31T00:00:00Z",
        "links": [
            {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
            {"rel": "self", "href": f"{call.service_url}/"},
        ],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}],
    }


DOCUMENTS = [
    Route(method="GET", path=path, handler=handler, policy="", default=EVERYONE)
    for path, handler in [("", choices), ("/", choices), ("/v3", version), ("/v3/", version)]
]
