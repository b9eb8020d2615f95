"""POST /servers/{id}/os-volume_attachments."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from moorage import errors
from moorage.api.compute.input import truth
from moorage.api.compute.server_fields import Tag, Truth, Uuid
from moorage.api.compute.servers import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, NULLABLE_TEXT, TEXT, closed, each, one
from moorage.api.wire.body import since
from moorage.attachments.model import Attachment
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.volumes.service import volumes
from moorage.workflows import attach_volume

_DEVICE = r"(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$"
Device = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_DEVICE)]


class Wanted(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    volumeId: Uuid  # noqa: N815 - as on the wire
    device: Device | None = None
    tag: Annotated[Tag | None, since(2, 49)] = None
    delete_on_termination: Annotated[Truth, since(2, 79)] = False


class Body(msgspec.Struct, forbid_unknown_fields=True):
    volumeAttachment: Wanted  # noqa: N815


def attach(call: Call) -> Reply:
    """Reserve the volume and answer; the guest gets it afterwards."""
    wanted = call.body(Body).volumeAttachment
    delete_on_termination = truth("delete_on_termination", wanted.delete_on_termination)
    with call.services.store.write() as tx:
        server = find(call, tx)
        require_shelved_version(call, server, attach_volume.ACTION)
        states.check_lock(server, call.context)
        states.check(server, attach_volume.ACTION)
        order = attach_volume.Order(
            volume=find_volume(call, tx, wanted.volumeId), device=wanted.device, tag=wanted.tag,
            delete_on_termination=delete_on_termination, is_multiattach_known=call.at_least(2, 60),
        )  # fmt: skip
        row = attach_volume.request(tx, call.context, server, order, call.services.site)
    return Reply(body={"volumeAttachment": _answer(call, row)})


def _answer(call: Call, row: Attachment) -> dict[str, Any]:
    """Unlike in lists the device is null while nobody has chosen it, and the id stays at every version."""
    shown: dict[str, Any] = {
        "id": row.volume_id, "volumeId": row.volume_id, "serverId": row.server_id, "device": row.device_name,
    }  # fmt: skip
    if call.at_least(2, 70):
        shown["tag"] = row.tag
    if call.at_least(2, 79):
        shown["delete_on_termination"] = row.delete_on_termination
    return shown


_ATTACHMENT = closed(
    each(TEXT, "id", "volumeId", "serverId") | {"device": NULLABLE_TEXT},
    {"tag": NULLABLE_TEXT, "delete_on_termination": BOOLEAN},
)


def find_volume(call: Call, tx: Tx, volume_id: str) -> Volume:
    """404 if it is unknown or another project's."""
    return volumes.get(tx, volume_id, call.context.reach)


def require_shelved_version(call: Call, server: Server, action: str) -> None:
    """Before 2.20 the volumes of a shelved server could not be changed."""
    if server.vm_state in (states.SHELVED, states.SHELVED_OFFLOADED) and not call.at_least(2, 20):
        raise errors.Conflict(f"Cannot '{action}' instance {server.id} while it is in vm_state {server.vm_state}")


ROUTES = [
    Route(method="POST", path="/servers/{server_id}/os-volume_attachments", handler=attach, body=Body,
          policy="os_compute_api:os-volumes-attachments:create", summary="Attach a volume to a server.",
          answer=one("volumeAttachment", _ATTACHMENT)),
]  # fmt: skip
