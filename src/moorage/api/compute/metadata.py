"""Metadata and tags of servers."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from moorage import errors
from moorage.api.compute.server_bodies import ServerMeta, ServerMetadata, Tag
from moorage.api.compute.servers import find
from moorage.api.wire import Call, Reply, Route
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import quotas, servers
from moorage.store import Tx

_MAX_TAGS = 50


def _changeable(call: Call, tx: Tx) -> Server:
    server = find(call, tx)
    states.check_lock(server, call.context)
    return server


def _save(call: Call, tx: Tx, server: Server, metadata: dict[str, str]) -> None:
    limit = quotas.limits_of(tx, server.project_id)["metadata_items"]
    if 0 <= limit < len(metadata):
        raise errors.OverQuota(f"Maximum number of metadata items exceeds {limit}")
    servers.update(tx, server.id, metadata=metadata)


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body={"metadata": find(call, tx).metadata})


def replace(call: Call) -> Reply:
    wanted = call.body(ServerMetadata).metadata
    with call.services.store.write() as tx:
        _save(call, tx, _changeable(call, tx), wanted)
    return Reply(body={"metadata": wanted})


def merge(call: Call) -> Reply:
    wanted = call.body(ServerMetadata).metadata
    with call.services.store.write() as tx:
        server = _changeable(call, tx)
        merged = {**server.metadata, **wanted}
        _save(call, tx, server, merged)
    return Reply(body={"metadata": merged})


def show_item(call: Call) -> Reply:
    key = call.params["key"]
    with call.services.store.read() as tx:
        return Reply(body={"meta": {key: _item(find(call, tx), key)}})


def put_item(call: Call) -> Reply:
    key, wanted = call.params["key"], call.body(ServerMeta).meta
    if list(wanted) != [key]:
        raise errors.BadRequest("Request body and URI mismatch")
    with call.services.store.write() as tx:
        server = _changeable(call, tx)
        _save(call, tx, server, {**server.metadata, **wanted})
    return Reply(body={"meta": wanted})


def delete_item(call: Call) -> Reply:
    key = call.params["key"]
    with call.services.store.write() as tx:
        server = _changeable(call, tx)
        _item(server, key)
        _save(call, tx, server, {k: v for k, v in server.metadata.items() if k != key})
    return Reply(status=204)


def _item(server: Server, key: str) -> str:
    if key not in server.metadata:
        raise errors.NotFound("Metadata item was not found")
    return server.metadata[key]


class Tags(msgspec.Struct, forbid_unknown_fields=True):
    """The body of PUT /servers/{id}/tags."""

    tags: list[Tag]


def list_tags(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body={"tags": find(call, tx).tags})


def replace_tags(call: Call) -> Reply:
    wanted = list(dict.fromkeys(call.body(Tags).tags))
    with call.services.store.write() as tx:
        _save_tags(tx, find(call, tx), wanted)
    return Reply(body={"tags": wanted})


def delete_tags(call: Call) -> Reply:
    with call.services.store.write() as tx:
        _save_tags(tx, find(call, tx), [])
    return Reply(status=204)


def show_tag(call: Call) -> Reply:
    with call.services.store.read() as tx:
        _tag(find(call, tx), call.params["tag"])
    return Reply(status=204)


def put_tag(call: Call) -> Reply:
    tag = call.params["tag"]
    if not re.fullmatch(r"[^,/]{1,60}", tag):
        raise errors.BadRequest(
            f"Tag '{tag}' is invalid. It must be a non empty string without characters '/' and ','."
        )
    with call.services.store.write() as tx:
        server = find(call, tx)
        if tag in server.tags:
            return Reply(status=204)
        _save_tags(tx, server, [*server.tags, tag])
    location = f"{call.service_url}/servers/{server.id}/tags/{tag}"
    return Reply(status=201, headers={"Location": location})


def delete_tag(call: Call) -> Reply:
    tag = call.params["tag"]
    with call.services.store.write() as tx:
        server = find(call, tx)
        _tag(server, tag)
        _save_tags(tx, server, [kept for kept in server.tags if kept != tag])
    return Reply(status=204)


def _save_tags(tx: Tx, server: Server, tags: list[str]) -> None:
    if server.task_state is not None or server.vm_state not in ("active", "paused", "suspended", "stopped"):
        raise errors.Conflict(f"Cannot 'set_tags' instance {server.id} while it is in vm_state {server.vm_state}")
    if len(tags) > _MAX_TAGS:
        raise errors.BadRequest(f"The number of tags exceeded the per-server limit {_MAX_TAGS}")
    servers.update(tx, server.id, tags=tags)


def _tag(server: Server, tag: str) -> None:
    if tag not in server.tags:
        raise errors.NotFound(f"Server {server.id} has no tag '{tag}'")


def _routes() -> list[Route]:
    meta, tags, rule = "/servers/{server_id}/metadata", "/servers/{server_id}/tags", "os_compute_api:server-metadata:"
    tag_rule = "os_compute_api:os-server-tags:"
    table: list[tuple[str, str, Any, str, Any]] = [
        ("GET", meta, index, rule + "index", None),
        ("PUT", meta, replace, rule + "update_all", ServerMetadata),
        ("POST", meta, merge, rule + "create", ServerMetadata),
        ("GET", meta + "/{key}", show_item, rule + "show", None),
        ("PUT", meta + "/{key}", put_item, rule + "update", ServerMeta),
        ("DELETE", meta + "/{key}", delete_item, rule + "delete", None),
        ("GET", tags, list_tags, tag_rule + "index", None),
        ("PUT", tags, replace_tags, tag_rule + "update_all", Tags),
        ("DELETE", tags, delete_tags, tag_rule + "delete_all", None),
        ("GET", tags + "/{tag}", show_tag, tag_rule + "show", None),
        ("PUT", tags + "/{tag}", put_tag, tag_rule + "update", None),
        ("DELETE", tags + "/{tag}", delete_tag, tag_rule + "delete", None),
    ]
    return [
        Route(
            method=method, path=path, handler=handler, policy=policy, body=body,
            default="reader" if method == "GET" else "member", min=(2, 26) if path.startswith(tags) else None,
            summary=(handler.__doc__ or handler.__name__.replace("_", " ")),
        )
        for method, path, handler, policy, body in table
    ]  # fmt: skip


ROUTES = _routes()
