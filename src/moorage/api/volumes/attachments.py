"""``/attachments`` (3.27): reserve a volume for a server, connect it, complete, release."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from moorage import errors
from moorage.api.volumes import answers, guard, views
from moorage.api.volumes.fields import Uuid, no_such_action, only_action
from moorage.api.volumes.query import filters_of, page_of
from moorage.api.volumes.volumes import find as find_volume
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import one, page, several
from moorage.api.wire.body import since
from moorage.api.wire.paging import next_link
from moorage.api.wire.route import Rule
from moorage.attachments import listing
from moorage.attachments import service as attachments
from moorage.attachments.model import Attachment
from moorage.store import Tx
from moorage.store.tables.volumes import volumes as sortable
from moorage.volumes.model import Volume
from moorage.workflows import connect_attachment, disconnect_attachment, waiting

_FILTERS = ("volume_id", "status", "instance_id", "attach_status")
_BOOTABLE_TWICE = "volume:multiattach_bootable_volume"
_COMPLETE = "volume:attachment_complete"
_NEW = (3, 27)
Mode = Literal["rw", "ro"]


class New(msgspec.Struct, forbid_unknown_fields=True):
    volume_uuid: Uuid
    instance_uuid: Uuid | None = None
    connector: dict[str, Any] | str | None = None
    mode: Annotated[Mode | None, since(3, 54)] = None


class NewBody(msgspec.Struct, forbid_unknown_fields=True):
    attachment: New


class Change(msgspec.Struct, forbid_unknown_fields=True):
    connector: Annotated[dict[str, Any], msgspec.Meta(min_length=1)]


class ChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    attachment: Change


def _find(call: Call, tx: Tx) -> Attachment:
    return attachments.get(tx, call.params["attachment_id"], call.context.reach)


def index(call: Call) -> Reply:
    return _listed(call, detailed=False)


def detail(call: Call) -> Reply:
    return _listed(call, detailed=True)


def _listed(call: Call, *, detailed: bool) -> Reply:
    page = page_of(call, sortable)
    sees_all = call.context.is_admin and "all_tenants" in call.query
    with call.services.store.read() as tx:
        found = listing.page(
            tx, None if sees_all else call.context.project_id, filters_of(call, _FILTERS), marker=page.marker,
            offset=page.offset, limit=page.limit,
        )  # fmt: skip
    view = views.attachment_detail if detailed else views.attachment
    marker = found[-1].attachment_id if found else None
    links = next_link(call, "attachments", found, page.limit, marker)
    return Reply(body={"attachments": [view(row) for row in found], **links})


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body={"attachment": views.attachment_detail(_find(call, tx))})


def create(call: Call) -> Reply:
    new = call.body(NewBody).attachment
    connector = new.connector if isinstance(new.connector, dict) and new.connector else None
    with call.services.store.write() as tx:
        volume = find_volume(call, tx, new.volume_uuid)
        _check_new(call, volume)
        mode = "ro" if volume.readonly else new.mode or "rw"
        attachment_id = attachments.reserve(
            tx, volume.id, project_id=volume.project_id, server_id=new.instance_uuid, mode=mode
        )
        operation_id = None
        if connector is not None:
            row = attachments.get(tx, attachment_id)
            operation_id = connect_attachment.submit(tx, call.context, row, connector)
    return _connected(call, attachment_id, operation_id)


def _check_new(call: Call, volume: Volume) -> None:
    if "error" in volume.status:
        raise errors.BadRequest(
            "Invalid volume: Volume attachments can not be created if the volume is in an error state. "
            f"The Volume {volume.id} currently has a status of: {volume.status} "
        )
    if volume.multiattach and volume.status == "in-use" and volume.bootable:
        call.enforce(_BOOTABLE_TWICE, volume.project_id)


def _connected(call: Call, attachment_id: str, operation_id: str | None) -> Reply:
    if operation_id is not None:
        waiting.wait(call.services.store, operation_id)
    with call.services.store.read() as tx:
        return Reply(body={"attachment": views.attachment_detail(attachments.get(tx, attachment_id))})


def update(call: Call) -> Reply:
    connector = call.body(ChangeBody).attachment.connector
    with call.services.store.write() as tx:
        row = _find(call, tx)
        operation_id = connect_attachment.request(tx, call.context, row, connector)
    return _connected(call, call.params["attachment_id"], operation_id)


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        row = _find(call, tx)
        guard.check(call.context, row)
        operation_id = disconnect_attachment.request(tx, call.context, row)
    if operation_id is not None:
        waiting.wait(call.services.store, operation_id)
    with call.services.store.read() as tx:
        left = attachments.of_volume(tx, str(row.volume_id))
    return Reply(body={"attachments": [views.attachment(other) for other in left]})


def act(call: Call) -> Reply:
    name, _ = only_action(call.json())
    if name != "os-complete" or not call.at_least(3, 44):
        raise no_such_action(name)
    with call.services.store.write() as tx:
        row = _find(call, tx)
        attachments.complete(tx, row.id, (row.connector or {}).get("mountpoint"))
    return Reply(status=204)


ROUTES = [
    Route(method="GET", path="/attachments", handler=index, policy="volume:get_all_attachments", default="reader",
          min=_NEW, summary="List attachments", answer=page("attachments", answers.ATTACHMENT)),
    Route(method="GET", path="/attachments/detail", handler=detail, policy="volume:get_all_attachments",
          default="reader", min=_NEW, summary="List attachments with details",
          answer=page("attachments", answers.ATTACHMENT_DETAIL)),
    Route(method="GET", path="/attachments/{attachment_id}", handler=show, policy="volume:get_attachment",
          default="reader", min=_NEW, summary="Show an attachment",
          answer=one("attachment", answers.ATTACHMENT_DETAIL)),
    Route(method="POST", path="/attachments", handler=create, policy="volume:attachment_create", min=_NEW,
          body=NewBody, summary="Reserve a volume for a server, and connect it if a connector is given",
          answer=one("attachment", answers.ATTACHMENT_DETAIL)),
    Route(method="PUT", path="/attachments/{attachment_id}", handler=update, policy="volume:attachment_update",
          min=_NEW, body=ChangeBody, summary="Connect a reserved volume",
          answer=one("attachment", answers.ATTACHMENT_DETAIL)),
    Route(method="DELETE", path="/attachments/{attachment_id}", handler=delete, policy="volume:attachment_delete",
          min=_NEW, summary="End an attachment", answer=several("attachments", answers.ATTACHMENT)),
    Route(method="POST", path="/attachments/{attachment_id}/action", handler=act, policy=_COMPLETE, min=_NEW,
          summary="Complete an attachment", actions={"os-complete": Any}),
]  # fmt: skip
RULES = [Rule(name=_BOOTABLE_TWICE, default="member", summary="Attach a bootable volume to several servers")]
