"""``/volumes/{id}/metadata`` and ``/snapshots/{id}/metadata``: free pairs of key and value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from moorage import errors
from moorage.api.volumes.fields import Metadata, texts
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import TEXTS, one
from moorage.store import Tx
from moorage.volumes.service import snapshots, volumes

_BUSY = ("maintenance", "uploading")


class Body(msgspec.Struct, forbid_unknown_fields=True):
    metadata: Metadata


class MetaBody(msgspec.Struct, forbid_unknown_fields=True):
    meta: Metadata


class _Pairs(msgspec.Struct, frozen=True):
    """The calls on the pairs of one kind of resource."""

    noun: str
    read: Callable[[Call, Tx, str], dict[str, str]]
    write: Callable[[Tx, str, dict[str, str]], None]

    def index(self, call: Call) -> Reply:
        with call.services.store.read() as tx:
            return Reply(body={"metadata": self.read(call, tx, call.params["id"])})

    def merge(self, call: Call) -> Reply:
        given = texts(call.body(Body).metadata)
        with call.services.store.write() as tx:
            pairs = {**self.read(call, tx, call.params["id"]), **given}
            self.write(tx, call.params["id"], pairs)
        return Reply(body={"metadata": pairs})

    def replace(self, call: Call) -> Reply:
        given = texts(call.body(Body).metadata)
        with call.services.store.write() as tx:
            self.read(call, tx, call.params["id"])
            self.write(tx, call.params["id"], given)
        return Reply(body={"metadata": given})

    def show(self, call: Call) -> Reply:
        with call.services.store.read() as tx:
            pairs = self._having_key(call, tx)
        return Reply(body={"meta": {call.params["key"]: pairs[call.params["key"]]}})

    def put(self, call: Call) -> Reply:
        given = texts(call.body(MetaBody).meta)
        if call.params["key"] not in given:
            raise errors.BadRequest("Request body and URI mismatch")
        if len(given) > 1:
            raise errors.BadRequest("Request body contains too many items")
        with call.services.store.write() as tx:
            self.write(tx, call.params["id"], {**self.read(call, tx, call.params["id"]), **given})
        return Reply(body={"meta": given})

    def remove(self, call: Call) -> Reply:
        with call.services.store.write() as tx:
            pairs = self._having_key(call, tx)
            self.write(tx, call.params["id"], {k: v for k, v in pairs.items() if k != call.params["key"]})
        return Reply()

    def _having_key(self, call: Call, tx: Tx) -> dict[str, str]:
        pairs = self.read(call, tx, call.params["id"])
        if call.params["key"] not in pairs:
            owner_id, key = call.params["id"], call.params["key"]
            raise errors.NotFound(f"{self.noun} {owner_id} has no metadata with key {key}.")
        return pairs


def _volume_pairs(call: Call, tx: Tx, volume_id: str) -> dict[str, str]:
    return volumes.get(tx, volume_id, call.context.reach).metadata


def _set_volume_pairs(tx: Tx, volume_id: str, pairs: dict[str, str]) -> None:
    status = volumes.get(tx, volume_id).status
    if status in _BUSY:
        raise errors.BadRequest(
            f"Invalid volume: Updating volume metadata is not allowed for volumes in {status} status."
        )
    volumes.update(tx, volume_id, metadata=pairs)


def _snapshot_pairs(call: Call, tx: Tx, snapshot_id: str) -> dict[str, str]:
    return snapshots.get(tx, snapshot_id, call.context.reach).metadata


def _set_snapshot_pairs(tx: Tx, snapshot_id: str, pairs: dict[str, str]) -> None:
    snapshots.update(tx, snapshot_id, metadata=pairs)


_VOLUME = _Pairs("Volume", _volume_pairs, _set_volume_pairs)
_SNAPSHOT = _Pairs("Snapshot", _snapshot_pairs, _set_snapshot_pairs)


def _routes(path: str, pairs: _Pairs, read: str, create: str, update: str, delete: str) -> list[Route]:
    what = pairs.noun.lower()
    rows: list[tuple[str, str, Any, str, str, Any, str]] = [
        ("GET", "", pairs.index, read, "reader", None, f"Show the metadata of a {what}"),
        ("POST", "", pairs.merge, create, "member", Body, f"Add metadata to a {what}"),
        ("PUT", "", pairs.replace, update, "member", Body, f"Replace the metadata of a {what}"),
        ("GET", "/{key}", pairs.show, read, "reader", None, f"Show one item of a {what}'s metadata"),
        ("PUT", "/{key}", pairs.put, update, "member", MetaBody, f"Set one item of a {what}'s metadata"),
        ("DELETE", "/{key}", pairs.remove, delete, "member", None, f"Remove one item of a {what}'s metadata"),
    ]
    return [
        Route(method=method, path=path + rest, handler=handler, policy=policy, default=default, body=body,
              summary=summary, answer=one("meta" if rest else "metadata", TEXTS) if method != "DELETE" else None)
        for method, rest, handler, policy, default, body, summary in rows
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
