"""The volumes of a server, as compute shows them."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.compute.servers import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, NULLABLE_TEXT, TEXT, closed, each, one, several
from moorage.api.wire.paging import limit_of, offset_of
from moorage.attachments import service as attachments
from moorage.attachments.model import Attachment

_QUERY = ("limit", "offset")


def index(call: Call) -> Reply:
    if call.at_least(2, 75) and (unknown := [name for name in call.query if name not in _QUERY]):
        raise errors.BadRequest(f"Additional properties are not allowed ('{unknown[0]}' was unexpected)")
    start = offset_of(call)
    with call.services.store.read() as tx:
        server = find(call, tx)
        disks = _volumes(call, attachments.of_server(tx, server.id))
    page = disks[start : start + limit_of(call)]
    return Reply(body={"volumeAttachments": [view(call, disk) for disk in page]})


def show(call: Call) -> Reply:
    volume_id = call.params["volume_id"]
    with call.services.store.read() as tx:
        server = find(call, tx)
        disks = _volumes(call, attachments.of_server(tx, server.id))
    disk = next((disk for disk in disks if disk.volume_id == volume_id), None)
    if disk is None:
        raise errors.NotFound(f"Instance {server.id} is not attached to volume {volume_id}")
    return Reply(body={"volumeAttachment": view(call, disk)})


def _volumes(call: Call, disks: list[Attachment]) -> list[Attachment]:
    """From 2.89 Nova hides what block storage has not been asked for yet."""
    return [
        disk for disk in disks if disk.bdm_uuid and disk.volume_id and (disk.attachment_id or not call.at_least(2, 89))
    ]


def view(call: Call, disk: Attachment) -> dict[str, Any]:
    """One attachment in the microversion's fields; an unset device is left out, not null."""
    shown: dict[str, Any] = {"volumeId": disk.volume_id, "serverId": disk.server_id}
    if disk.device_name:
        shown["device"] = disk.device_name
    if call.at_least(2, 89):
        shown |= {"attachment_id": disk.attachment_id, "bdm_uuid": disk.bdm_uuid}
    else:
        shown["id"] = disk.volume_id
    if call.at_least(2, 70):
        shown["tag"] = disk.tag
    if call.at_least(2, 79):
        shown["delete_on_termination"] = disk.delete_on_termination
    return shown


_ATTACHMENT = closed(
    each(TEXT, "volumeId", "serverId"),
    each(TEXT, "id", "device", "bdm_uuid")
    | {"attachment_id": NULLABLE_TEXT, "tag": NULLABLE_TEXT, "delete_on_termination": BOOLEAN},
)
ROUTES = [
    Route(method="GET", path="/servers/{server_id}/os-volume_attachments", handler=index, default="reader",
          policy="os_compute_api:os-volumes-attachments:index", summary="List the volumes of a server.",
          answer=several("volumeAttachments", _ATTACHMENT)),
    Route(method="GET", path="/servers/{server_id}/os-volume_attachments/{volume_id}", handler=show, default="reader",
          policy="os_compute_api:os-volumes-attachments:show", summary="Show one volume of a server.",
          answer=one("volumeAttachment", _ATTACHMENT)),
]  # fmt: skip
