"""PUT /servers/{id}/os-volume_attachments/{volume_id}: keep or delete the volume with the server, or exchange it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from moorage import errors
from moorage.api.compute.attach_volume import Device, find_volume
from moorage.api.compute.input import truth
from moorage.api.compute.server_fields import Tag, Truth, Uuid
from moorage.api.compute.servers import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.body import since
from moorage.api.wire.route import Rule
from moorage.attachments import service as attachments
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.store import Tx
from moorage.workflows import detach_volume, swap_volume

_PREFIX = "os_compute_api:os-volumes-attachments:"
_SHELVED = (states.SHELVED, states.SHELVED_OFFLOADED)


class Wanted(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    volumeId: Uuid  # noqa: N815 - as on the wire
    id: Annotated[Uuid | UnsetType, since(2, 85)] = UNSET
    serverId: Annotated[Uuid | UnsetType, since(2, 85)] = UNSET  # noqa: N815
    device: Annotated[Device | UnsetType | None, since(2, 85)] = UNSET
    tag: Annotated[Tag | UnsetType, since(2, 85)] = UNSET
    delete_on_termination: Annotated[Truth | UnsetType, since(2, 85)] = UNSET


class Body(msgspec.Struct, forbid_unknown_fields=True):
    volumeAttachment: Wanted  # noqa: N815


def change(call: Call) -> Reply:
    """From 2.85 the properties are changed first, and stay changed if a swap is then refused, as in Nova."""
    wanted = call.body(Body).volumeAttachment
    old_id = call.params["volume_id"]
    swaps = not call.at_least(2, 85) or wanted.volumeId != old_id
    with call.services.store.write() as tx:
        server = find(call, tx)
        _authorise(call, server, swaps=swaps)
        if call.at_least(2, 85):
            _update(tx, server, old_id, wanted)
    if swaps:
        with call.services.store.write() as tx:
            _swap(call, tx, find(call, tx), old_id, wanted.volumeId)
    return Reply(status=202)


def _authorise(call: Call, server: Server, *, swaps: bool) -> None:
    if not swaps:
        call.enforce(_PREFIX + "update")
    elif not (_is_shelved_swap(call, server) and call.allowed(_PREFIX + "swap_shelved")):
        call.enforce(_PREFIX + "swap")


def _is_shelved_swap(call: Call, server: Server) -> bool:
    return server.vm_state in _SHELVED and call.at_least(2, 20)


def _update(tx: Tx, server: Server, volume_id: str, wanted: Wanted) -> None:
    """Only ``delete_on_termination`` can change; the other properties must be what they are."""
    row = detach_volume.disk_with(tx, server, volume_id)
    if row is None:
        raise errors.NotFound(f"No volume Block Device Mapping with id {volume_id}.")
    fixed: list[tuple[str, Any, Any]] = [
        ("id", wanted.id, volume_id), ("serverId", wanted.serverId, server.id),
        ("device", wanted.device, row.device_name), ("tag", wanted.tag, row.tag),
    ]  # fmt: skip
    for name, given, present in fixed:
        if given is not UNSET and given != present:
            raise errors.BadRequest(f"The {name} property is not mutable")
    if not isinstance(wanted.delete_on_termination, UnsetType):
        value = truth("delete_on_termination", wanted.delete_on_termination)
        attachments.set_delete_on_termination(tx, row.id, value)


def _swap(call: Call, tx: Tx, server: Server, old_id: str, new_id: str) -> None:
    old = find_volume(call, tx, old_id)
    is_shelved = _is_shelved_swap(call, server)
    if not is_shelved and not old.migration_status and not call.services.site.is_direct_swap_allowed:
        raise errors.Conflict(f"volume {old_id} is not migrating; this API should only be called by Cinder")
    try:
        new = find_volume(call, tx, new_id)
    except errors.NotFound as missing:
        raise errors.BadRequest(missing.message) from None
    request = swap_volume.request_shelved if is_shelved else swap_volume.request
    request(tx, call.context, server, old, new, call.services.site)


ROUTES = [
    Route(method="PUT", path="/servers/{server_id}/os-volume_attachments/{volume_id}", handler=change, body=Body,
          policy=_PREFIX + "change", default="any",
          summary="Change or exchange a volume of a server; update, swap and swap_shelved have rules of their own."),
]  # fmt: skip
RULES = [
    Rule(name=_PREFIX + "update", default="member", summary="Keep or delete a volume with its server."),
    Rule(name=_PREFIX + "swap", default="service_or_admin", summary="Exchange a volume of a server."),
    Rule(name=_PREFIX + "swap_shelved", default="member", summary="Exchange a volume of a shelved server."),
]
