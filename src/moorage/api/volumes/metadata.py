"""``/volumes/{id}/metadata`` and ``/snapshots/{id}/metadata``: free pairs of key and value."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from moorage import errors
from moorage.api.volumes.fields import Metadata, texts
from moorage.api.volumes.query import owner_of
from moorage.api.wire import Call, Reply, Route
from moorage.store import Tx
from moorage.volumes.service import snapshots, volumes

_BUSY = ("maintenance", "uploading")


class Body(msgspec.Struct, forbid_unknown_fields=True):
    metadata: Metadata


class MetaBody(msgspec.Struct, forbid_unknown_fields=True):
    meta: Metadata


class _Noun(msgspec.Struct, frozen=True):
    """Where the pairs of a kind of resource are."""

    name: str
    read: Callable[[Call, Tx, str], dict[str, str]]
    write: Callable[[Tx, str, dict[str, str]], None]


def _volume_pairs(call: Call, tx: Tx, volume_id: str) -> dict[str, str]:
    return volumes.get(tx, volume_id, owner_of(call)).metadata


def _set_volume_pairs(tx: Tx, volume_id: str, pairs: dict[str, str]) -> None:
    status = volumes.get(tx, volume_id).status
    if status in _BUSY:
        raise errors.BadRequest(
            f"Invalid volume: Updating volume metadata is not allowed for volumes in {status} status."
        )
    volumes.update(tx, volume_id, metadata=pairs)


def _snapshot_pairs(call: Call, tx: Tx, snapshot_id: str) -> dict[str, str]:
    return snapshots.get(tx, snapshot_id, owner_of(call)).metadata


def _set_snapshot_pairs(tx: Tx, snapshot_id: str, pairs: dict[str, str]) -> None:
    snapshots.update(tx, snapshot_id, metadata=pairs)


_VOLUME = _Noun("Volume", _volume_pairs, _set_volume_pairs)
_SNAPSHOT = _Noun("Snapshot", _snapshot_pairs, _set_snapshot_pairs)


def _missing(noun: _Noun, owner_id: str, key: str) -> errors.NotFound:
    return errors.NotFound(f"{noun.name} {owner_id} has no metadata with key {key}.")


def _handlers(noun: _Noun) -> dict[str, Callable[[Call], Reply]]:
    def index(call: Call) -> Reply:
        with call.services.store.read() as tx:
            return Reply(body={"metadata": noun.read(call, tx, call.params["id"])})

    def merge(call: Call) -> Reply:
        return change(call, replace=False)

    def replace(call: Call) -> Reply:
        return change(call, replace=True)

    def change(call: Call, *, replace: bool) -> Reply:
        given = texts(call.body(Body).metadata)
        with call.services.store.write() as tx:
            known = noun.read(call, tx, call.params["id"])
            pairs = given if replace else {**known, **given}
            noun.write(tx, call.params["id"], pairs)
        return Reply(body={"metadata": pairs})

    def show(call: Call) -> Reply:
        key = call.params["key"]
        with call.services.store.read() as tx:
            pairs = noun.read(call, tx, call.params["id"])
        if key not in pairs:
            raise _missing(noun, call.params["id"], key)
        return Reply(body={"meta": {key: pairs[key]}})

    def put(call: Call) -> Reply:
        given, key = texts(call.body(MetaBody).meta), call.params["key"]
        if key not in given:
            raise errors.BadRequest("Request body and URI mismatch")
        if len(given) > 1:
            raise errors.BadRequest("Request body contains too many items")
        with call.services.store.write() as tx:
            noun.write(tx, call.params["id"], {**noun.read(call, tx, call.params["id"]), **given})
        return Reply(body={"meta": given})

    def remove(call: Call) -> Reply:
        key = call.params["key"]
        with call.services.store.write() as tx:
            pairs = noun.read(call, tx, call.params["id"])
            if key not in pairs:
                raise _missing(noun, call.params["id"], key)
            noun.write(tx, call.params["id"], {name: value for name, value in pairs.items() if name != key})
        return Reply()

    return {"index": index, "merge": merge, "replace": replace, "show": show, "put": put, "remove": remove}


def _routes(path: str, noun: _Noun, read: str, create: str, update: str, delete: str) -> list[Route]:
    run, what = _handlers(noun), noun.name.lower()
    rows = [
        ("GET", "", "index", read, "reader", None, f"Show the metadata of a {what}"),
        ("POST", "", "merge", create, "member", Body, f"Add metadata to a {what}"),
        ("PUT", "", "replace", update, "member", Body, f"Replace the metadata of a {what}"),
        ("GET", "/{key}", "show", read, "reader", None, f"Show one item of a {what}'s metadata"),
        ("PUT", "/{key}", "put", update, "member", MetaBody, f"Set one item of a {what}'s metadata"),
        ("DELETE", "/{key}", "remove", delete, "member", None, f"Remove one item of a {what}'s metadata"),
    ]
    return [
        Route(method=method, path=path + rest, handler=run[name], policy=policy, default=default, body=body,
              summary=summary)
        for method, rest, name, policy, default, body, summary in rows
    ]  # fmt: skip


ROUTES = [
    *_routes(
        "/volumes/{id}/metadata", _VOLUME, "volume:get_volume_metadata", "volume:create_volume_metadata",
        "volume:update_volume_metadata", "volume:delete_volume_metadata",
    ),
    *_routes(
        "/snapshots/{id}/metadata", _SNAPSHOT, "volume:get_snapshot_metadata", "volume:update_snapshot_metadata",
        "volume:update_snapshot_metadata", "volume:delete_snapshot_metadata",
    ),
]  # fmt: skip
