"""Metadata of servers."""

from __future__ import annotations

from moorage import errors
from moorage.api.compute.server_bodies import ServerMeta, ServerMetadata
from moorage.api.compute.servers import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import TEXTS, one
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import quotas, servers
from moorage.store import Tx

_STATES = (states.ACTIVE, states.PAUSED, states.SUSPENDED, states.STOPPED)


def _changeable(call: Call, tx: Tx, action: str) -> Server:
    """The server, unless it is locked or in no plain state."""
    server = find(call, tx)
    states.check_lock(server, call.context)
    _check_state(server, action)
    return server


def _check_state(server: Server, action: str) -> None:
    kinds = (("vm_state", server.vm_state, _STATES), ("task_state", server.task_state, (None,)))
    for kind, value, allowed in kinds:
        if value not in allowed:
            raise errors.Conflict(f"Cannot '{action}' instance {server.id} while it is in {kind} {value}")


def _save(tx: Tx, server: Server, metadata: dict[str, str]) -> None:
    quotas.check_metadata(tx, server.project_id, metadata)
    servers.update(tx, server.id, metadata=metadata)


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body={"metadata": find(call, tx).metadata})


def replace(call: Call) -> Reply:
    wanted = call.body(ServerMetadata, strict=True).metadata
    with call.services.store.write() as tx:
        _save(tx, _changeable(call, tx, "update metadata"), wanted)
    return Reply(body={"metadata": wanted})


def merge(call: Call) -> Reply:
    wanted = call.body(ServerMetadata, strict=True).metadata
    with call.services.store.write() as tx:
        server = _changeable(call, tx, "update metadata")
        merged = {**server.metadata, **wanted}
        _save(tx, server, merged)
    return Reply(body={"metadata": merged})


def show_item(call: Call) -> Reply:
    key = call.params["key"]
    with call.services.store.read() as tx:
        return Reply(body={"meta": {key: _item(find(call, tx), key)}})


def put_item(call: Call) -> Reply:
    key, wanted = call.params["key"], call.body(ServerMeta, strict=True).meta
    if list(wanted) != [key]:
        raise errors.BadRequest("Request body and URI mismatch")
    with call.services.store.write() as tx:
        server = _changeable(call, tx, "update metadata")
        _save(tx, server, {**server.metadata, **wanted})
    return Reply(body={"meta": wanted})


def delete_item(call: Call) -> Reply:
    key = call.params["key"]
    with call.services.store.write() as tx:
        _item(find(call, tx), key)
        server = _changeable(call, tx, "delete metadata")
        _save(tx, server, {k: v for k, v in server.metadata.items() if k != key})
    return Reply(status=204)


def _item(server: Server, key: str) -> str:
    if key not in server.metadata:
        raise errors.NotFound("Metadata item was not found")
    return server.metadata[key]


_M = "/servers/{server_id}/metadata"
_RULE = "os_compute_api:server-metadata:"
ROUTES = [
    Route(method="GET", path=_M, handler=index, policy=_RULE + "index", default="reader", summary="List metadata.",
          answer=one("metadata", TEXTS)),
    Route(method="PUT", path=_M, handler=replace, policy=_RULE + "update_all", body=ServerMetadata,
          summary="Replace all metadata of a server.", answer=one("metadata", TEXTS)),
    Route(method="POST", path=_M, handler=merge, policy=_RULE + "create", body=ServerMetadata,
          summary="Add to a server's metadata.", answer=one("metadata", TEXTS)),
    Route(method="GET", path=_M + "/{key}", handler=show_item, policy=_RULE + "show", default="reader",
          summary="Show one item of metadata.", answer=one("meta", TEXTS)),
    Route(method="PUT", path=_M + "/{key}", handler=put_item, policy=_RULE + "update", body=ServerMeta,
          summary="Set one item of metadata.", answer=one("meta", TEXTS)),
    Route(method="DELETE", path=_M + "/{key}", handler=delete_item, policy=_RULE + "delete",
          summary="Delete one item of metadata."),
]  # fmt: skip
