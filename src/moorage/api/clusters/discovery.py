"""Which versions are there? Sahara's document, with the prefix clients came by."""

from __future__ import annotations

from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.versions import VersionRange, dotted

VERSIONS = VersionRange(service="data-processing", min=(2, 0), max=(2, 1))


def choices(call: Call) -> Reply:
    root = f"{call.host_url}/data-processing"
    old = [{"id": name, "status": "SUPPORTED", "links": _links(root, name)} for name in ("v1.0", "v1.1")]
    current = {
        "id": "v2", "status": "CURRENT", "min_version": dotted(VERSIONS.min), "max_version": dotted(VERSIONS.max),
        "links": _links(root, "v2"),
    }  # fmt: skip
    return Reply(status=300, body={"versions": [*old, current]})


def _links(root: str, name: str) -> list[dict[str, str]]:
    return [{"rel": "self", "href": f"{root}/{name}/"}]


DOCUMENTS = [Route(method="GET", path=path, handler=choices, policy="data-processing:versions") for path in ("", "/")]
