"""The older calls around attaching: reserve, attach, detach, and the connection to storage."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from moorage import errors
from moorage.api.volumes.action import Action, Done, parsed
from moorage.api.volumes.fields import Name, Uuid
from moorage.api.volumes.guard import check_release
from moorage.api.wire import Call
from moorage.attachments import mappings
from moorage.attachments import service as attachments
from moorage.attachments.model import Attachment
from moorage.store import Tx
from moorage.volumes import states
from moorage.volumes.model import Volume
from moorage.volumes.service import lifecycle, volumes
from moorage.workflows import disconnect_attachment, map_volume, unmap_volume

_PREFIX = "volume_extension:volume_actions:"


class Attach(msgspec.Struct, forbid_unknown_fields=True):
    mountpoint: Name
    instance_uuid: Uuid | None = None
    host_name: Name | None = None
    mode: Literal["rw", "ro"] = "rw"


class Detach(msgspec.Struct, forbid_unknown_fields=True):
    attachment_id: Uuid | None = None


class Connect(msgspec.Struct, forbid_unknown_fields=True):
    connector: dict[str, Any]


class Disconnect(msgspec.Struct, forbid_unknown_fields=True):
    connector: dict[str, Any] | str | None


class ForceDetach(msgspec.Struct, forbid_unknown_fields=True):
    attachment_id: Uuid | None = None
    connector: dict[str, Any] | str | None = None


def _reserve(_call: Call, tx: Tx, volume: Volume, _value: Any) -> None:
    lifecycle.reserve(tx, volume)


def _unreserve(_call: Call, tx: Tx, volume: Volume, _value: Any) -> None:
    if volume.status == "attaching":
        attachments.recompute(tx, volume.id)


def _attach(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = parsed(call, "os-attach", value, Attach)
    if not wanted.instance_uuid and not wanted.host_name:
        raise errors.BadRequest("Invalid input for field/attribute os-attach. instance_uuid or host_name is required")
    if volume.readonly and wanted.mode != "ro":
        raise errors.BadRequest(f"Invalid attaching mode '{wanted.mode}' for volume {volume.id}.")
    if _is_attached(tx, volume, wanted):
        return
    if volume.status == "attaching" and volume.attach_status == "detached":
        attachments.recompute(tx, volume.id)  # what os-reserve set makes way for the attachment itself
    owner = volume.project_id
    attachment_id = attachments.reserve(
        tx, volume.id, project_id=owner, server_id=wanted.instance_uuid, mode=wanted.mode
    )
    attachments.complete(tx, attachments.get(tx, attachment_id).id, wanted.mountpoint)
    if volume.readonly is None:
        volumes.update(tx, volume.id, readonly=False)


def _is_attached(tx: Tx, volume: Volume, wanted: Attach) -> bool:
    """Asked again, the call finds what it did before."""
    known = attachments.of_volume(tx, volume.id)
    return any(a.attach_status == "attached" and a.server_id == wanted.instance_uuid for a in known)


def _detach(call: Call, tx: Tx, volume: Volume, value: Any) -> Done | None:
    wanted = Detach() if value is None else parsed(call, "os-detach", value, Detach)
    return _release(call, tx, volume, wanted.attachment_id)


def _release(call: Call, tx: Tx, volume: Volume, attachment_id: str | None) -> Done | None:
    found = check_release(call.context, tx, volume, attachment_id)
    if found is None:
        attachments.recompute(tx, volume.id)
        return None
    return Done(operation_id=disconnect_attachment.request(tx, call.context, found))


def _begin_detaching(_call: Call, tx: Tx, volume: Volume, _value: Any) -> None:
    is_migrating = volume.migration_status not in states.NOT_MIGRATING
    if is_migrating:
        return
    if volume.status != states.IN_USE or volume.attach_status != "attached":
        raise errors.BadRequest(
            "Invalid volume: Unable to detach volume. Volume status must be 'in-use' and attach_status must be "
            "'attached' to detach."
        )
    volumes.update(tx, volume.id, status="detaching")


def _roll_detaching(_call: Call, tx: Tx, volume: Volume, _value: Any) -> None:
    volumes.move(tx, volume.id, ("detaching",), states.IN_USE)


def _initialize(call: Call, tx: Tx, volume: Volume, value: Any) -> Done:
    connector = parsed(call, "os-initialize_connection", value, Connect).connector
    operation_id, row_id = map_volume.request(tx, call.context, volume, connector)

    def answer(call: Call) -> dict[str, Any]:
        with call.services.store.read() as later:
            return {"connection_info": _connection_info(attachments.by_row(later, row_id), volume, connector)}

    return Done(status=200, operation_id=operation_id, answer=answer)


def _connection_info(row: Attachment | None, volume: Volume, connector: dict[str, Any]) -> dict[str, Any]:
    if row is None or row.connection_info is None:
        raise errors.Unknown("The storage has not answered yet; the operation goes on. Ask again later.")
    more = {"access_mode": "ro" if volume.readonly else "rw", "encrypted": False, "qos_specs": None}
    data = {**row.connection_info.get("data", {}), **more}
    return {**row.connection_info, "data": data, "enforce_multipath": connector.get("enforce_multipath", False)}


def _terminate(call: Call, tx: Tx, volume: Volume, value: Any) -> Done | None:
    connector = parsed(call, "os-terminate_connection", value, Disconnect).connector
    check_release(call.context, tx, volume, None)
    return _unmap(call, tx, volume, connector)


def _unmap(call: Call, tx: Tx, volume: Volume, connector: Any) -> Done | None:
    named = connector if isinstance(connector, dict) else {}
    rows = [mapping.id for mapping in mappings.matching(tx, volume.id, named)]
    if volume.status == "attaching":
        attachments.recompute(tx, volume.id)
    if not rows:
        return None
    return Done(operation_id=unmap_volume.request(tx, call.context, volume, rows))


def _force_detach(call: Call, tx: Tx, volume: Volume, value: Any) -> Done | None:
    wanted = ForceDetach() if value is None else parsed(call, "os-force_detach", value, ForceDetach)
    done = _release(call, tx, volume, wanted.attachment_id)
    return _unmap(call, tx, volume, wanted.connector) or done


ACTIONS: dict[str, Action] = {
    "os-reserve": Action(run=_reserve, policy=_PREFIX + "reserve", summary="Mark a volume as reserved"),
    "os-unreserve": Action(run=_unreserve, policy=_PREFIX + "unreserve", summary="Take a reservation back"),
    "os-attach": Action(
        run=_attach, takes=Attach, policy=_PREFIX + "attach",
        summary="Record that a volume is attached"
    ),
    "os-detach": Action(
        run=_detach, takes=Detach | None, policy=_PREFIX + "detach",
        summary="Record that a volume is detached"
    ),
    "os-begin_detaching": Action(
        run=_begin_detaching, policy=_PREFIX + "begin_detaching", summary="Mark a volume as being detached"
    ),
    "os-roll_detaching": Action(
        run=_roll_detaching, policy=_PREFIX + "roll_detaching", summary="Take back that a volume is being detached"
    ),
    "os-initialize_connection": Action(
        run=_initialize, takes=Connect, policy=_PREFIX + "initialize_connection",
        summary="Let a connector reach a volume"
    ),
    "os-terminate_connection": Action(
        run=_terminate, takes=Disconnect, policy=_PREFIX + "terminate_connection",
        summary="Take a connector's access back"
    ),
    "os-force_detach": Action(
        run=_force_detach, takes=ForceDetach | None,
        policy="volume_extension:volume_admin_actions:force_detach", default="admin",
        summary="Detach a volume whatever its state",
    ),
}  # fmt: skip
