"""``/volumes``: list, show, change, delete."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors
from moorage.api.volumes import answers, views
from moorage.api.volumes.fields import Description, Metadata, Name, first_given, stripped, texts
from moorage.api.volumes.query import filters_of, is_set, page_of, scope_of
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import INTEGER, NULL, TAGS, closed, each, mapping, one, page
from moorage.api.wire.paging import next_link
from moorage.api.wire.route import Rule
from moorage.attachments import service as attachments
from moorage.store import Tx
from moorage.store.tables.volumes import volumes as table
from moorage.volumes.model import Volume
from moorage.volumes.service import listing, paging, types, volumes
from moorage.workflows import delete_volume

_FILTERS = ("name", "status", "metadata", "bootable", "migration_status", "availability_zone", "group_id", "size")
_SINCE = {"glance_metadata": (3, 4), "created_at": (3, 60), "updated_at": (3, 60), "consumes_quota": (3, 65)}
_FORCE_DELETE = "volume:force_delete"


class Change(msgspec.Struct, forbid_unknown_fields=True):
    """What PUT may change; the ``display_`` names are older spellings."""

    name: Name | msgspec.UnsetType | None = msgspec.UNSET
    description: Description | msgspec.UnsetType | None = msgspec.UNSET
    display_name: Name | msgspec.UnsetType | None = msgspec.UNSET
    display_description: Description | msgspec.UnsetType | None = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET


class ChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    volume: Change


def find(call: Call, tx: Tx, volume_id: str) -> Volume:
    """The volume, if the caller may reach it; 404 otherwise."""
    return volumes.get(tx, volume_id, call.context.reach)


def index(call: Call) -> Reply:
    return _listed(call, detailed=False)


def detail(call: Call) -> Reply:
    return _listed(call, detailed=True)


def _listed(call: Call, *, detailed: bool) -> Reply:
    page, wants_count = page_of(call, table), call.at_least(3, 45) and is_set(call, "with_count")
    query = listing.volume_query(scope_of(call), _filters(call))
    with call.services.store.read() as tx:
        found = listing.volume_page(tx, query, page)
        shown = _details(call, tx, found) if detailed else [views.volume_summary(call, row) for row in found]
        count = {"count": paging.count(tx, query)} if wants_count else {}
    marker = found[-1].id if found else None
    return Reply(body={"volumes": shown, **next_link(call, "volumes", found, page.limit, marker), **count})


def _filters(call: Call) -> dict[str, str]:
    later = tuple(name for name, version in _SINCE.items() if call.version >= version)
    found = filters_of(call, _FILTERS + later)
    return {key: value for key, value in found.items() if key not in _SINCE or key in later}


def _details(call: Call, tx: Tx, found: list[Volume]) -> list[dict[str, Any]]:
    names = types.names_by_id(tx)
    attached = attachments.of_volumes(tx, [volume.id for volume in found])
    return [views.volume_detail(call, volume, names, attached[volume.id]) for volume in found]


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        volume = find(call, tx, call.params["volume_id"])
        return Reply(body={"volume": _details(call, tx, [volume])[0]})


def rendered(call: Call, tx: Tx, volume: Volume) -> dict[str, Any]:
    """The body of create and update."""
    attached = attachments.of_volume(tx, volume.id)
    return {"volume": views.volume(call, volume, types.names_by_id(tx), attached)}


def update(call: Call) -> Reply:
    body = call.body(ChangeBody).volume
    changes = {
        "name": stripped(first_given(body.name, body.display_name)),
        "description": stripped(first_given(body.description, body.display_description)),
        "metadata": texts(body.metadata) if isinstance(body.metadata, dict) else msgspec.UNSET,
    }
    given = {key: value for key, value in changes.items() if value is not msgspec.UNSET}
    if not given and call.at_least(3, 53):
        raise errors.BadRequest(
            "Invalid input for field/attribute volume. Value: {}. name, description or metadata is required"
        )
    with call.services.store.write() as tx:
        volume = find(call, tx, call.params["volume_id"])
        if given:
            volumes.update(tx, volume.id, **given)
        return Reply(body=rendered(call, tx, volumes.get(tx, volume.id)))


def delete(call: Call) -> Reply:
    cascade, force = is_set(call, "cascade"), call.at_least(3, 23) and is_set(call, "force")
    with call.services.store.write() as tx:
        volume = find(call, tx, call.params["volume_id"])
        if force:
            call.enforce(_FORCE_DELETE, volume.project_id)
        delete_volume.request(tx, call.context, volume, cascade=cascade, force=force)
    return Reply(status=202)


def summary(call: Call) -> Reply:
    with call.services.store.read() as tx:
        count, size, metadata = listing.summary(tx, scope_of(call))
    shown: dict[str, Any] = {"total_count": count, "total_size": size}
    return Reply(body={"volume-summary": shown | ({"metadata": metadata} if call.at_least(3, 36) else {})})


def encryption(call: Call) -> Reply:
    """No volume is encrypted by the control plane."""
    with call.services.store.read() as tx:
        find(call, tx, call.params["volume_id"])
    return Reply(body={"encryption_key_id": None})


_SUMMARY = closed(each(INTEGER, "total_count", "total_size"), {"metadata": mapping(TAGS)})
ROUTES = [
    Route(method="GET", path="/volumes", handler=index, policy="volume:get_all", default="reader",
          summary="List volumes", answer=page("volumes", answers.VOLUME_SUMMARY, count=INTEGER)),
    Route(method="GET", path="/volumes/detail", handler=detail, policy="volume:get_all", default="reader",
          summary="List volumes with details", answer=page("volumes", answers.VOLUME_DETAIL, count=INTEGER)),
    Route(method="GET", path="/volumes/summary", handler=summary, policy="volume:get_all", default="reader",
          min=(3, 12), summary="Count volumes and their size", answer=one("volume-summary", _SUMMARY)),
    Route(method="GET", path="/volumes/{volume_id}", handler=show, policy="volume:get", default="reader",
          summary="Show a volume", prompt=True, answer=one("volume", answers.VOLUME_DETAIL)),
    Route(method="PUT", path="/volumes/{volume_id}", handler=update, policy="volume:update", body=ChangeBody,
          summary="Change name, description or metadata of a volume", answer=one("volume", answers.VOLUME)),
    Route(method="DELETE", path="/volumes/{volume_id}", handler=delete, policy="volume:delete",
          summary="Delete a volume"),
    Route(method="GET", path="/volumes/{volume_id}/encryption", handler=encryption,
          policy="volume_extension:volume_encryption_metadata", default="reader",
          summary="Show a volume's encryption, of which there is none", answer=one("encryption_key_id", NULL)),
]  # fmt: skip
RULES = [Rule(name=_FORCE_DELETE, default="admin", summary="Delete a volume whatever its state")]
