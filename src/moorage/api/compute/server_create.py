"""POST /servers: from the request's words to an order."""

from __future__ import annotations

import re
import secrets
from typing import Any

from msgspec import UNSET

from moorage import errors, ids
from moorage.api.compute import server_fields as fields
from moorage.api.compute import server_views as views
from moorage.api.compute.server_bodies import BlockDevice, CreateServer, LegacyBlockDevice, NewServer
from moorage.api.wire import Call, Reply
from moorage.api.wire.body import refusal
from moorage.compute import block_devices
from moorage.compute.block_devices import DiskSpec
from moorage.workflows import create_server
from moorage.workflows.create_server import Order
from moorage.workflows.server_networks import WantedNic

_FORCED_HOST = "os_compute_api:servers:create:forced_host"
_NAMED_HOST = "compute:servers:create:requested_destination"


def create(call: Call) -> Reply:
    """Accept one server or several; 202 as soon as the intent is durable."""
    body = call.body(CreateServer, strict=True)
    wanted = body.server
    _check_form(call, body)
    order = _order(call, body)
    with call.services.store.write() as tx:
        made, reservation = create_server.request(tx, call.context, order, call.services.site)
    if fields.is_true(wanted.return_reservation_id):
        return Reply(status=202, body={"reservation_id": reservation})
    groups = dict.fromkeys(group.name for group in wanted.security_groups if group.name is not UNSET)
    answer = {
        "id": made[0], "links": views.links(call, made[0]), "OS-DCF:diskConfig": wanted.OS_DCF_diskConfig,
        "security_groups": [{"name": name} for name in groups or ["default"]],
        "adminPass": secrets.token_urlsafe(9) if wanted.adminPass is UNSET else wanted.adminPass,
    }  # fmt: skip
    return Reply(status=202, body={"server": answer}, headers={"Location": views.links(call, made[0])[0]["href"]})


def _check_form(call: Call, body: CreateServer) -> None:
    fields.check_hints(body.hints, "os:scheduler_hints")
    fields.check_hints(body.more_hints, "OS-SCH-HNT:scheduler_hints")
    _check_networks(call, body.server.networks)
    check_hostname(call, body.server.hostname)


def check_hostname(call: Call, hostname: Any) -> None:
    """Up to 2.93 a host name is a single label."""
    if hostname is UNSET or call.at_least(2, 94):
        return
    for is_bad, reason in (
        (not re.fullmatch(fields.HOSTNAME[1:-1], hostname), f"does not match '{fields.HOSTNAME}'"),
        (len(hostname) > 63, "is too long"),
    ):
        if is_bad:
            raise refusal("hostname", hostname, f"{hostname!r} {reason}")


def _order(call: Call, body: CreateServer) -> Order:
    wanted = body.server
    low, high = int(wanted.min_count), int(wanted.min_count if wanted.max_count is UNSET else wanted.max_count)
    if low > high:
        raise errors.BadRequest("min_count must be <= max_count")
    zone, destination, is_forced = _place(call, wanted)
    disks = _disks(call, wanted)
    nics = _nics(wanted.networks)
    if high > 1 and wanted.hostname is not UNSET:
        raise errors.BadRequest("Unable to allocate a single hostname to multiple instances")
    return Order(
        name=wanted.name, flavor_ref=str(wanted.flavorRef), image_ref=wanted.imageRef or None, disks=disks,
        is_v2=not wanted.block_device_mapping, min_count=low, max_count=high, nics=nics, metadata=wanted.metadata,
        key_name=_given(wanted.key_name), availability_zone=zone, destination=destination, is_forced=is_forced,
        takes_multiattach=call.at_least(2, 60), columns=_columns(call, body),
    )  # fmt: skip


def _given(value: Any) -> Any:
    return None if value is UNSET else value


def _columns(call: Call, body: CreateServer) -> dict[str, Any]:
    wanted = body.server
    columns: dict[str, Any] = {
        "description": wanted.description if call.at_least(2, 19) else wanted.name,
        "tags": list(dict.fromkeys(wanted.tags)), "user_data": _given(wanted.user_data),
        "config_drive": fields.is_true(wanted.config_drive), "access_ip_v4": _given(wanted.accessIPv4),
        "access_ip_v6": _given(wanted.accessIPv6), "disk_config": wanted.OS_DCF_diskConfig,
        "scheduler_hints": body.hints or body.more_hints,
    }  # fmt: skip
    if wanted.hostname is not UNSET:
        columns["hostname"] = wanted.hostname
    return columns


def _place(call: Call, wanted: NewServer) -> tuple[str | None, dict[str, str], bool]:
    """Availability zone, destination, and whether that is forced: by ``zone:host``, ``zone:host:node``, ``zone::node``.

    The other way to name one, ``host`` and ``hypervisor_hostname``, cannot be used at the same time.
    """
    zone, *names = (_given(wanted.availability_zone) or "").split(":")
    if len(names) > 2:
        raise errors.BadRequest("Invalid input received: Unable to parse availability_zone")
    is_forced = bool(names)
    if is_forced:
        call.enforce(_FORCED_HOST)
    if wanted.host is not UNSET or wanted.hypervisor_hostname is not UNSET:
        call.enforce(_NAMED_HOST)
        if is_forced:
            raise errors.BadRequest(
                "One mechanism with host and/or hypervisor_hostname and another mechanism with zone:host:node are "
                "mutually exclusive."
            )
        names = [_given(wanted.host), _given(wanted.hypervisor_hostname)]
    destination = {key: name for key, name in zip(("host", "node"), names, strict=False) if name}
    return zone or None, destination, is_forced


def _check_networks(call: Call, networks: Any) -> None:
    """The form of ``networks``: a list, and from 2.37 also ``none`` or ``auto`` and required."""
    new = call.at_least(2, 37)
    if networks is UNSET:
        if new:
            raise refusal("server", "...", "'networks' is a required property")
        return
    if isinstance(networks, list):
        wrong = [network for network in networks if not _is_network(call, network)]
        if not wrong:
            return
    elif new and networks in ("none", "auto"):
        return
    elif not new:
        raise refusal("networks", networks, f"{networks!r} is not of type 'array'")
    raise refusal("networks", networks, f"{networks!r} is not valid under any of the given schemas")


def _is_network(call: Call, network: Any) -> bool:
    known = {"uuid", "port", "fixed_ip"} | ({"tag"} if call.version == (2, 32) or call.at_least(2, 42) else set())
    if not isinstance(network, dict) or not set(network) <= known:
        return False
    return (
        ("port" not in network or network["port"] is None or ids.is_uuid(network["port"]))
        and ("uuid" not in network or ids.is_uuid(network["uuid"]))
        and ("fixed_ip" not in network or fields.is_ip(network["fixed_ip"]))
    )


def _nics(networks: Any) -> list[WantedNic] | None:
    """None is ``auto``: what Nova also does if nothing is said, where saying nothing is allowed."""
    if networks == "none":
        return []
    if not isinstance(networks, list) or not networks:
        return None
    return [_nic(network) for network in networks]


def _nic(network: dict[str, Any]) -> WantedNic:
    port_id, address = network.get("port"), network.get("fixed_ip")
    if port_id is not None:
        if address is not None:
            raise errors.BadRequest(
                f"Specified Fixed IP '{address}' cannot be used with port '{port_id}': "
                "the two cannot be specified together."
            )
        return WantedNic(port_id=port_id, tag=network.get("tag"))
    if "uuid" not in network:
        raise errors.BadRequest("Bad network format: missing 'uuid'")
    return WantedNic(network_id=network["uuid"], address=address, tag=network.get("tag"))


def _disks(call: Call, wanted: NewServer) -> list[DiskSpec]:
    if wanted.block_device_mapping and wanted.block_device_mapping_v2:
        raise errors.BadRequest("Using different block_device_mapping syntaxes is not allowed in the same request.")
    disks = [_disk(entry, bool(wanted.imageRef)) for entry in wanted.block_device_mapping_v2]
    disks += [_legacy(entry) for entry in wanted.block_device_mapping]
    if disks:
        call.enforce("os_compute_api:servers:create:attach_volume")
    return disks


def _disk(wanted: BlockDevice, has_image: bool) -> DiskSpec:
    if wanted.virtual_name is not UNSET:
        raise block_devices.invalid("Following fields are invalid: virtual_name")
    if wanted.no_device:
        return block_devices.no_disk(_given(wanted.device_name))
    return block_devices.disk(
        source_type=_given(wanted.source_type), destination_type=_given(wanted.destination_type),
        uuid=_given(wanted.uuid), boot_index=None if wanted.boot_index is None else int(wanted.boot_index),
        has_image=has_image, tag=_given(wanted.tag), volume_type=wanted.volume_type or None,
        disk_bus=_given(wanted.disk_bus), device_type=_given(wanted.device_type),
        guest_format=_given(wanted.guest_format), **_common(wanted),
    )  # fmt: skip


def _legacy(wanted: LegacyBlockDevice) -> DiskSpec:
    return block_devices.legacy_disk(
        volume_id=_given(wanted.volume_id), snapshot_id=_given(wanted.snapshot_id),
        virtual_name=_given(wanted.virtual_name), has_no_device=bool(wanted.no_device), **_common(wanted),
    )  # fmt: skip


def _common(wanted: LegacyBlockDevice) -> dict[str, Any]:
    size = _given(wanted.volume_size)
    return {
        "volume_size": None if size is None else int(size), "device_name": _given(wanted.device_name),
        "delete_on_termination": fields.is_true(wanted.delete_on_termination),
    }  # fmt: skip
