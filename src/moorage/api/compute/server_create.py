"""POST /servers: from the request's words to an order."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import secrets
from typing import Any

from msgspec import UNSET

from moorage import errors
from moorage.api.compute import server_views as views
from moorage.api.compute.server_bodies import BlockDevice, CreateServer, LegacyBlockDevice, NewServer
from moorage.api.wire import Call, Reply
from moorage.compute import block_devices
from moorage.compute.block_devices import DiskSpec
from moorage.workflows import create_server
from moorage.workflows.create_server import Order

_DISK_CONFIG = ("AUTO", "MANUAL")
_MAX_TAGS = 50


def create(call: Call) -> Reply:
    """Accept one server or several; 202 as soon as the intent is durable."""
    body = call.body(CreateServer)
    wanted = body.server
    order = _order(call, body)
    if order.disks:
        call.enforce("os_compute_api:servers:create:attach_volume")
    with call.services.store.write() as tx:
        made, reservation = create_server.request(tx, call.context, order, call.services.site)
    if wanted.return_reservation_id:
        return Reply(status=202, body={"reservation_id": reservation})
    answer = {
        "id": made[0], "links": views.links(call, made[0]), "OS-DCF:diskConfig": wanted.OS_DCF_diskConfig,
        "security_groups": [{"name": group.get("name")} for group in wanted.security_groups] or [{"name": "default"}],
        "adminPass": wanted.adminPass or secrets.token_urlsafe(9),
    }  # fmt: skip
    return Reply(status=202, body={"server": answer}, headers={"Location": views.links(call, made[0])[0]["href"]})


def _order(call: Call, body: CreateServer) -> Order:
    wanted = body.server
    _check_networks(call, wanted)
    if wanted.block_device_mapping and wanted.block_device_mapping_v2:
        raise errors.BadRequest("Using different block_device_mapping syntaxes is not allowed in the same request.")
    if wanted.host or wanted.hypervisor_hostname:
        call.enforce("os_compute_api:servers:create:forced_host")
    low, high = _counts(wanted)
    disks = [_disk(d) for d in wanted.block_device_mapping_v2 if d.no_device is None]
    disks += [_legacy(d) for d in wanted.block_device_mapping if d.no_device is None]
    return Order(
        name=wanted.name, flavor_ref=wanted.flavorRef, image_ref=_image_ref(wanted.imageRef), disks=disks,
        is_v2=not wanted.block_device_mapping, min_count=low, max_count=high, metadata=wanted.metadata,
        key_name=wanted.key_name, columns=_columns(call, body),
    )  # fmt: skip


def _columns(call: Call, body: CreateServer) -> dict[str, Any]:
    wanted = body.server
    zone = (wanted.availability_zone or "").split(":")[0] or None
    known = call.services.availability_zone
    if zone is not None and zone != known:
        raise errors.BadRequest(f"The requested availability zone is not available: {zone}")
    columns: dict[str, Any] = {
        "description": wanted.description if call.at_least(2, 19) else wanted.name,
        "tags": [] if wanted.tags is UNSET else _tags(wanted.tags),
        "user_data": _user_data(wanted.user_data),
        "config_drive": bool(wanted.config_drive),
        "access_ip_v4": address("accessIPv4", wanted.accessIPv4, 4),
        "access_ip_v6": address("accessIPv6", wanted.accessIPv6, 6),
        "disk_config": disk_config(wanted.OS_DCF_diskConfig),
        "scheduler_hints": body.hints or body.more_hints,
        "pinned_availability_zone": zone,
    }
    if wanted.hostname:
        columns["hostname"] = wanted.hostname
    return columns


def _tags(tags: Any) -> list[str]:
    if len(tags) > _MAX_TAGS:
        raise errors.BadRequest(f"Invalid input for field/attribute tags. A server has at most {_MAX_TAGS} tags.")
    return list(dict.fromkeys(tags))


def _image_ref(image_ref: str | None) -> str | None:
    return image_ref.rstrip("/").rsplit("/", 1)[-1] if image_ref else None


def _counts(wanted: NewServer) -> tuple[int, int]:
    low = wanted.min_count or 1
    high = wanted.max_count or low
    if low > high:
        raise errors.BadRequest("min_count must be <= max_count")
    return low, high


def _check_networks(call: Call, wanted: NewServer) -> None:
    """Servers have no networks here yet: ``none`` and ``auto`` mean the same, and naming one is refused."""
    networks = wanted.networks
    if networks is None:
        if call.at_least(2, 37):
            raise errors.BadRequest("Invalid input for field/attribute server. 'networks' is a required property")
        return
    if isinstance(networks, str):
        if networks not in ("none", "auto") or not call.at_least(2, 37):
            raise errors.BadRequest(f"Invalid input for field/attribute networks. Value: {networks}.")
        return
    if not isinstance(networks, list):
        raise errors.BadRequest(f"Invalid input for field/attribute networks. Value: {networks}. It is no list.")
    if networks:
        raise errors.BadRequest(f"Network {_network_name(networks[0])} could not be found.")


def _network_name(network: Any) -> Any:
    return network.get("uuid") or network.get("port") if isinstance(network, dict) else network


def _disk(wanted: BlockDevice) -> DiskSpec:
    return block_devices.disk(
        source_type=_one_of("source_type", wanted.source_type, ("volume", "image", "snapshot", "blank")),
        destination_type=_one_of("destination_type", wanted.destination_type, ("volume", "local")),
        uuid=wanted.uuid, boot_index=wanted.boot_index, volume_size=wanted.volume_size, tag=wanted.tag,
        volume_type=wanted.volume_type or None, delete_on_termination=wanted.delete_on_termination,
        device_name=wanted.device_name, disk_bus=wanted.disk_bus, device_type=wanted.device_type,
        guest_format=wanted.guest_format,
    )  # fmt: skip


def _legacy(wanted: LegacyBlockDevice) -> DiskSpec:
    fields = {name: getattr(wanted, name) for name in ("volume_id", "snapshot_id", "virtual_name", "device_name")}
    return block_devices.legacy_disk(
        **fields, volume_size=wanted.volume_size, delete_on_termination=wanted.delete_on_termination
    )


def _one_of(field: str, value: str | None, allowed: tuple[str, ...]) -> str | None:
    if value is not None and value not in allowed:
        raise errors.BadRequest(
            f"Invalid input for field/attribute {field}. Value: {value}. '{value}' is not one of {list(allowed)}"
        )
    return value


def _user_data(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise errors.BadRequest("Invalid input for field/attribute user_data. It is not valid base64.") from None
    return text


def address(field: str, value: str, version: int) -> str | None:
    """An access address, None if empty; 400 if it is none of that version."""
    if not value:
        return None
    try:
        parsed = ipaddress.ip_address(value)
    except ValueError:
        parsed = None
    if parsed is None or parsed.version != version:
        raise errors.BadRequest(
            f"Invalid input for field/attribute {field}. Value: {value}. '{value}' is not a 'ipv{version}'"
        )
    return value


def disk_config(value: str) -> str:
    """``AUTO`` or ``MANUAL``, which change nothing here; 400 for anything else."""
    if value not in _DISK_CONFIG:
        raise errors.BadRequest(
            f"Invalid input for field/attribute OS-DCF:diskConfig. Value: {value}. "
            f"'{value}' is not one of {list(_DISK_CONFIG)}"
        )
    return value
