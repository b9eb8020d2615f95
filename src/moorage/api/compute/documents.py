"""The version documents of compute: how clients find the API and its microversions."""

from __future__ import annotations

from typing import Any

from moorage.api.wire import Call, Reply, Route, VersionRange
from moorage.api.wire.route import EVERYONE
from moorage.api.wire.versions import dotted

VERSIONS = VersionRange(service="compute", min=(2, 1), max=(2, 96), legacy_header="X-OpenStack-Nova-API-Version")


def versions(call: Call) -> Reply:
    return Reply(body={"versions": [_version(call)]})


def version(call: Call) -> Reply:
    body = _version(call)
    body["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
    kind = "application/vnd.openstack.compute+json;version=2.1"
    body["media-types"] = [{"base": "application/json", "type": kind}]
    return Reply(body={"version": body})


def _version(call: Call) -> dict[str, Any]:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": dotted(VERSIONS.max),
        "min_version": dotted(VERSIONS.min),
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": f"{call.service_url}/"}],
    }


DOCUMENTS = [
    Route(method="GET", path=path, handler=handler, policy="", default=EVERYONE)
    for path, handler in [("", versions), ("/", versions), ("/v2.1", version), ("/v2.1/", version)]
]
