"""Which versions, stores and ways of import are there?"""

from __future__ import annotations

from moorage import errors
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import TAGS, TEXT, closed, each, one, several

_MINORS = range(9, -1, -1)
"""2.9 is the last version before those that are all about import tasks, caches and locations."""

STORE = "file"


def choices(call: Call) -> Reply:
    return Reply(status=300, body=_versions(call))


def versions(call: Call) -> Reply:
    return Reply(body=_versions(call))


def _versions(call: Call) -> dict[str, object]:
    links = [{"rel": "self", "href": call.service_url + "/"}]
    status = {_MINORS[0]: "CURRENT"}
    return {"versions": [{"id": f"v2.{n}", "status": status.get(n, "SUPPORTED"), "links": links} for n in _MINORS]}


def imports(_call: Call) -> Reply:
    offered: list[str] = []
    return Reply(
        body={"import-methods": {"description": "Import methods available.", "type": "array", "value": offered}}
    )


def stores(_call: Call) -> Reply:
    return Reply(body={"stores": [{"id": STORE, "description": "Files of the control plane", "default": "true"}]})


def check_store(call: Call) -> None:
    """400 if an upload asks for a store that is not there."""
    wanted = call.headers.get("x-image-meta-store", STORE)
    if wanted != STORE:
        raise errors.BadRequest(f"Store {wanted} is not configured; there is only {STORE}")


_METHODS = closed(each(TEXT, "description", "type") | {"value": TAGS})
_STORE = closed(each(TEXT, "id", "description", "default"))
DOCUMENTS = [
    Route(method="GET", path="", handler=choices, policy="image_versions"),
    Route(method="GET", path="/", handler=choices, policy="image_versions"),
    *(
        Route(method="GET", path=path, handler=versions, policy="image_versions")
        for path in ("/versions", "/versions/")
    ),
]
ROUTES = [
    Route(
        method="GET", path="/info/import", handler=imports, policy="image_import_info", default="any",
        summary="Show import methods", answer=one("import-methods", _METHODS),
    ),
    Route(
        method="GET", path="/info/stores", handler=stores, policy="image_stores_info", default="any",
        summary="List stores", answer=several("stores", _STORE),
    ),
]  # fmt: skip
