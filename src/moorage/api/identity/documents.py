"""Which versions of the identity API are there?"""

from __future__ import annotations

from typing import Any

from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import EVERYONE, Route


def show_versions(call: Call) -> Reply:
    return Reply(status=300, body={"versions": {"values": [_version(call)]}})


def show_version(call: Call) -> Reply:
    return Reply(body={"version": _version(call)})


def _version(call: Call) -> dict[str, Any]:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{call.service_url}/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }


ROUTES = [
    Route(method="GET", path=path, handler=handler, policy="identity:versions", default=EVERYONE, summary=summary)
    for path, handler, summary in (
        ("", show_versions, "List API versions"),
        ("/", show_versions, "List API versions"),
        ("/v3", show_version, "Show version 3"),
        ("/v3/", show_version, "Show version 3"),
    )
]
