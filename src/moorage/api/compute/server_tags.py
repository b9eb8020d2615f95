"""Tags of servers."""

from __future__ import annotations

import re

from moorage import errors
from moorage.api.compute.server_bodies import ServerTags
from moorage.api.compute.servers import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import TAGS, one
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.store import Tx

_MAX_TAGS = 50
_STATES = (states.ACTIVE, states.PAUSED, states.SUSPENDED, states.STOPPED)


def _changeable(call: Call, tx: Tx, action: str) -> Server:
    """The server, unless it is in no plain state. Locks and running tasks do not matter, as in Nova."""
    server = find(call, tx)
    if server.vm_state not in _STATES:
        raise errors.Conflict(f"Cannot '{action}' instance {server.id} while it is in vm_state {server.vm_state}")
    return server


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body={"tags": find(call, tx).tags})


def replace(call: Call) -> Reply:
    wanted = list(dict.fromkeys(call.body(ServerTags, strict=True).tags))
    with call.services.store.write() as tx:
        servers.update(tx, _changeable(call, tx, "update tags").id, tags=wanted)
    return Reply(body={"tags": wanted})


def delete_all(call: Call) -> Reply:
    with call.services.store.write() as tx:
        servers.update(tx, _changeable(call, tx, "delete tags").id, tags=[])
    return Reply(status=204)


def show(call: Call) -> Reply:
    tag = call.params["tag"]
    with call.services.store.read() as tx:
        server = find(call, tx)
    if tag not in server.tags:
        raise errors.NotFound(f"Server {server.id} has no tag '{tag}'")
    return Reply(status=204)


def put(call: Call) -> Reply:
    """201 if the tag is new, 204 if it was there."""
    tag = call.params["tag"]
    with call.services.store.write() as tx:
        server = _changeable(call, tx, "update tag")
        _check(tag)
        if len(server.tags) >= _MAX_TAGS:
            raise errors.BadRequest(f"The number of tags exceeded the per-server limit {_MAX_TAGS}")
        if tag in server.tags:
            return Reply(status=204)
        servers.update(tx, server.id, tags=[*server.tags, tag])
    return Reply(status=201, headers={"Location": f"{call.service_url}/servers/{server.id}/tags/{tag}"})


def _check(tag: str) -> None:
    for is_bad, reason in ((len(tag) > 60, "is too long"), (re.search("[,/]", tag), "does not match '^[^,/]*$'")):
        if is_bad:
            raise errors.BadRequest(
                f"Tag '{tag}' is invalid. It must be a non empty string without characters '/' and ','. "
                f"Validation error message: {tag!r} {reason}"
            )


def delete(call: Call) -> Reply:
    tag = call.params["tag"]
    with call.services.store.write() as tx:
        server = _changeable(call, tx, "delete tag")
        if tag not in server.tags:
            raise errors.NotFound(f"Instance {server.id} has no tag '{tag}'")
        servers.update(tx, server.id, tags=[kept for kept in server.tags if kept != tag])
    return Reply(status=204)


_T = "/servers/{server_id}/tags"
_RULE = "os_compute_api:os-server-tags:"
_SINCE = (2, 26)
ROUTES = [
    Route(method="GET", path=_T, handler=index, policy=_RULE + "index", default="reader", min=_SINCE,
          summary="List the tags of a server.", answer=one("tags", TAGS)),
    Route(method="PUT", path=_T, handler=replace, policy=_RULE + "update_all", body=ServerTags, min=_SINCE,
          summary="Replace all tags of a server.", answer=one("tags", TAGS)),
    Route(method="DELETE", path=_T, handler=delete_all, policy=_RULE + "delete_all", min=_SINCE,
          summary="Delete all tags of a server."),
    Route(method="GET", path=_T + "/{tag}", handler=show, policy=_RULE + "show", default="reader", min=_SINCE,
          summary="Check for a tag."),
    Route(method="PUT", path=_T + "/{tag}", handler=put, policy=_RULE + "update", min=_SINCE, summary="Add a tag."),
    Route(method="DELETE", path=_T + "/{tag}", handler=delete, policy=_RULE + "delete", min=_SINCE,
          summary="Delete a tag."),
]  # fmt: skip
