"""Actions that put another system on a server: rebuild, rescue, unrescue."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from moorage import errors
from moorage.api.compute import server_fields as fields
from moorage.api.compute import server_views as views
from moorage.api.compute.action import Action, form
from moorage.api.compute.server_create import check_hostname
from moorage.api.compute.servers import short, shown
from moorage.api.wire import Call, Reply
from moorage.api.wire.body import between, since
from moorage.compute.model.server import Server
from moorage.compute.service import keypairs, servers
from moorage.store import Tx
from moorage.workflows import rebuild, rescue


class Rebuild(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``rebuild``."""

    imageRef: fields.Uuid  # noqa: N815
    adminPass: str | UnsetType = UNSET  # noqa: N815
    name: fields.Name | UnsetType = UNSET
    metadata: fields.Metadata | UnsetType = UNSET
    preserve_ephemeral: fields.Truth = False
    OS_DCF_diskConfig: fields.DiskConfig | UnsetType = msgspec.field(default=UNSET, name="OS-DCF:diskConfig")
    accessIPv4: fields.IPv4 | UnsetType = UNSET  # noqa: N815
    accessIPv6: fields.IPv6 | UnsetType = UNSET  # noqa: N815
    personality: Annotated[list[Any], between(((2, 1), (2, 56)))] = []
    description: Annotated[fields.Description | UnsetType, since(2, 19)] = UNSET
    key_name: Annotated[fields.Name | UnsetType | None, since(2, 54)] = UNSET
    user_data: Annotated[fields.UserData | UnsetType | None, since(2, 57)] = UNSET
    trusted_image_certificates: Annotated[fields.Certificates, since(2, 63)] = None
    hostname: Annotated[fields.Fqdn | UnsetType, since(2, 90)] = UNSET


class Rescue(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``rescue``."""

    adminPass: str | UnsetType = UNSET  # noqa: N815
    rescue_image_ref: fields.Uuid | UnsetType = UNSET


_rebuild_form = form("rebuild", Rebuild)
_rescue_form = form("rescue", Rescue | None)


def _check_rebuild(call: Call, value: Any) -> None:
    check_hostname(call, _rebuild_form(call, value).hostname)


def _rebuild(call: Call, tx: Tx, server: Server, value: Any) -> Reply:
    wanted = _rebuild_form(call, value)
    order = rebuild.Order(
        image_ref=wanted.imageRef, writes_root=call.at_least(2, 93),
        columns=_columns(call, tx, wanted),
    )  # fmt: skip
    rebuild.request(tx, call.context, server, order)
    entry = shown(tx, servers.get(tx, server.id))
    view = views.detail(call, entry) if call.at_least(2, 75) else short(call, entry)
    if call.at_least(2, 54):
        view["key_name"] = entry.server.key_name
    if call.at_least(2, 57):
        view["user_data"] = entry.server.user_data
    view["adminPass"] = wanted.adminPass or secrets.token_urlsafe(9)
    return Reply(status=202, body={"server": view}, headers={"Location": view["links"][0]["href"]})


def _columns(call: Call, tx: Tx, wanted: Rebuild) -> dict[str, Any]:
    given: dict[str, Any] = {
        "name": wanted.name, "metadata": wanted.metadata, "description": wanted.description,
        "user_data": wanted.user_data, "hostname": wanted.hostname, "key_name": _key(call, tx, wanted.key_name),
        "access_ip_v4": wanted.accessIPv4, "access_ip_v6": wanted.accessIPv6, "disk_config": wanted.OS_DCF_diskConfig,
    }  # fmt: skip
    return {column: value for column, value in given.items() if value is not UNSET}


def _key(call: Call, tx: Tx, name: str | UnsetType | None) -> str | UnsetType | None:
    if isinstance(name, str):
        try:
            keypairs.get(tx, call.context.user_id, name)
        except errors.NotFound:
            raise errors.BadRequest("Invalid key_name provided.") from None
    return name


def _rescue(call: Call, tx: Tx, server: Server, value: Any) -> Reply:
    wanted = _rescue_form(call, value) or Rescue()
    image = wanted.rescue_image_ref if call.at_least(2, 87) else UNSET
    rescue.request(tx, call.context, server, call.services.site, None if image is UNSET else str(image))
    return Reply(body={"adminPass": wanted.adminPass or secrets.token_urlsafe(9)})


def _unrescue(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    rescue.request_end(tx, call.context, server)


ACTIONS = {
    "rebuild": Action(
        run=_rebuild, check=_check_rebuild, takes=Rebuild, policy="os_compute_api:servers:rebuild",
        summary="Boot a server anew; from 2.93 a root volume is written anew from the image.",
    ),
    "rescue": Action(
        run=_rescue, check=_rescue_form, takes=Rescue | None, policy="os_compute_api:os-rescue",
        summary="Run a server from another system to repair it."
    ),
    "unrescue": Action(run=_unrescue, policy="os_compute_api:os-unrescue", summary="End a rescue."),
}  # fmt: skip
