"""``/snapshots``: list, show, create, change, delete."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors, ids
from moorage.api.volumes import answers, views
from moorage.api.volumes.fields import Description, Metadata, Name, Truth, Uuid, first_given, stripped, texts, truth
from moorage.api.volumes.query import filters_of, is_set, page_of, scope_of
from moorage.api.volumes.volumes import find as find_volume
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import INTEGER, one, page
from moorage.api.wire.paging import next_link
from moorage.store import Tx
from moorage.store.tables.volumes import snapshots as table
from moorage.volumes.model import Snapshot
from moorage.volumes.service import listing, paging, snapshots
from moorage.workflows import create_snapshot, delete_snapshot

_FILTERS = ("name", "status", "volume_id", "metadata", "availability_zone")
_FORCED = (3, 66)
"""From here on attached volumes need no ``force``."""


class New(msgspec.Struct, forbid_unknown_fields=True):
    volume_id: Uuid
    name: Name | msgspec.UnsetType | None = msgspec.UNSET
    description: Description | msgspec.UnsetType | None = msgspec.UNSET
    display_name: Name | msgspec.UnsetType | None = msgspec.UNSET
    display_description: Description | msgspec.UnsetType | None = msgspec.UNSET
    force: Truth | None = None
    metadata: Metadata | None = None


class NewBody(msgspec.Struct, forbid_unknown_fields=True):
    snapshot: New


class Change(msgspec.Struct, forbid_unknown_fields=True):
    name: Name | msgspec.UnsetType | None = msgspec.UNSET
    description: Description | msgspec.UnsetType | None = msgspec.UNSET
    display_name: Name | msgspec.UnsetType | None = msgspec.UNSET
    display_description: Description | msgspec.UnsetType | None = msgspec.UNSET


class ChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    snapshot: Change


def find(call: Call, tx: Tx, snapshot_id: str) -> Snapshot:
    """The snapshot, if the caller may reach it; 404 otherwise."""
    return snapshots.get(tx, snapshot_id, call.context.reach)


def index(call: Call) -> Reply:
    return _listed(call, detailed=False)


def detail(call: Call) -> Reply:
    return _listed(call, detailed=True)


def _listed(call: Call, *, detailed: bool) -> Reply:
    page, wants_count = page_of(call, table), call.at_least(3, 45) and is_set(call, "with_count")
    known = (*_FILTERS, "consumes_quota") if call.at_least(3, 65) else _FILTERS
    query = listing.snapshot_query(scope_of(call), filters_of(call, known))
    with call.services.store.read() as tx:
        found = listing.snapshot_page(tx, query, page)
        count = {"count": paging.count(tx, query)} if wants_count else {}
    shown = [views.snapshot(call, row, extended=detailed) for row in found]
    marker = found[-1].id if found else None
    return Reply(body={"snapshots": shown, **next_link(call, "snapshots", found, page.limit, marker), **count})


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = find(call, tx, call.params["snapshot_id"])
    return Reply(body={"snapshot": views.snapshot(call, found, extended=True)})


def create(call: Call) -> Reply:
    new = call.body(NewBody).snapshot
    in_use = _allows_in_use(call, new)
    with call.services.store.write() as tx:
        volume = find_volume(call, tx, new.volume_id)
        snapshot = create_snapshot.request(
            tx, call.context, volume, ids.new(), in_use=in_use, name=_text(new.name, new.display_name),
            description=_text(new.description, new.display_description), metadata=texts(new.metadata),
        )  # fmt: skip
    return Reply(status=202, body={"snapshot": _versioned(call, snapshot)})


def _allows_in_use(call: Call, new: New) -> bool:
    force = None if new.force is None else truth("force", new.force)
    if call.version < _FORCED:
        return bool(force)
    if force is False:
        raise errors.BadRequest(
            "Since microversion 3.66 the 'force' flag is invalid for this request. For backward compatibility, "
            "however, when the 'force' flag is passed with a value evaluating to True, it is silently ignored."
        )
    return True


def _text(*spellings: Any) -> str | None:
    found = first_given(*spellings)
    return None if found is msgspec.UNSET else stripped(found)


def _versioned(call: Call, snapshot: Snapshot) -> dict[str, Any]:
    return views.snapshot(call, snapshot) | views.snapshot_versions(call, snapshot)


def update(call: Call) -> Reply:
    body = call.body(ChangeBody).snapshot
    changes = {
        "name": stripped(first_given(body.name, body.display_name)),
        "description": stripped(first_given(body.description, body.display_description)),
    }
    given = {key: value for key, value in changes.items() if value is not msgspec.UNSET}
    if not given:
        raise errors.BadRequest(
            "Invalid input for field/attribute snapshot. Value: {}. name or description is required"
        )
    with call.services.store.write() as tx:
        snapshot_id = find(call, tx, call.params["snapshot_id"]).id
        snapshots.update(tx, snapshot_id, **given)
        return Reply(body={"snapshot": _versioned(call, snapshots.get(tx, snapshot_id))})


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        delete_snapshot.request(tx, call.context, find(call, tx, call.params["snapshot_id"]))
    return Reply(status=202)


ROUTES = [
    Route(method="GET", path="/snapshots", handler=index, policy="volume:get_all_snapshots", default="reader",
          summary="List snapshots", answer=page("snapshots", answers.SNAPSHOT, count=INTEGER)),
    Route(method="GET", path="/snapshots/detail", handler=detail, policy="volume:get_all_snapshots", default="reader",
          summary="List snapshots with details", answer=page("snapshots", answers.SNAPSHOT_DETAIL, count=INTEGER)),
    Route(method="POST", path="/snapshots", handler=create, policy="volume:create_snapshot", body=NewBody,
          summary="Create a snapshot of a volume", answer=one("snapshot", answers.SNAPSHOT_CHANGED)),
    Route(method="GET", path="/snapshots/{snapshot_id}", handler=show, policy="volume:get_snapshot", default="reader",
          summary="Show a snapshot", answer=one("snapshot", answers.SNAPSHOT_DETAIL)),
    Route(method="PUT", path="/snapshots/{snapshot_id}", handler=update, policy="volume:update_snapshot",
          body=ChangeBody, summary="Change name or description of a snapshot",
          answer=one("snapshot", answers.SNAPSHOT_CHANGED)),
    Route(method="DELETE", path="/snapshots/{snapshot_id}", handler=delete, policy="volume:delete_snapshot",
          summary="Delete a snapshot"),
]  # fmt: skip
