"""How is a server shown? The field sets follow the microversion; they are closed."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import ipaddress
from typing import Any

import msgspec

from moorage.api.wire import Call
from moorage.attachments.model import AttachedVolume
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.networks.model import Port

_PROGRESS = ("ACTIVE", "BUILD", "DELETED", "REBUILD", "RESIZE", "VERIFY_RESIZE")
_FAULT = ("ERROR", "DELETED")


class Shown(msgspec.Struct, kw_only=True):
    """A server with what stands elsewhere about it."""

    server: Server
    volumes: list[AttachedVolume] = []
    ports: list[Port] = []

    @property
    def groups(self) -> list[str]:
        """Ids of its server groups: the one it was created in."""
        group = self.server.scheduler_hints.get("group")
        return [group] if group else []


def links(call: Call, server_id: str) -> list[dict[str, str]]:
    bookmark = call.service_url.removesuffix("/v2.1")
    return [
        {"rel": "self", "href": f"{call.service_url}/servers/{server_id}"},
        {"rel": "bookmark", "href": f"{bookmark}/servers/{server_id}"},
    ]


def brief(call: Call, server: Server) -> dict[str, Any]:
    """An entry of ``GET /servers``."""
    return {"id": server.id, "name": server.name, "links": links(call, server.id)}


def detail(call: Call, shown: Shown, *, in_list: bool = False) -> dict[str, Any]:
    """The server as show and detail lists give it."""
    view = base(call, shown)
    view |= _extended(call, shown)
    for since, add in _SINCE:
        if call.version >= since:
            add(call, shown, view)
    if call.at_least(2, 71) and not in_list:
        view["server_groups"] = shown.groups
    return view


def base(call: Call, shown: Shown) -> dict[str, Any]:
    """The short set: what an update answers below 2.75."""
    server = shown.server
    status = states.status(server.vm_state, server.task_state)
    view: dict[str, Any] = {
        "id": server.id,
        "name": server.name,
        "status": status,
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "metadata": server.metadata,
        "hostId": host_id(server),
        "image": _image(call, server),
        "flavor": _flavor(call, server),
        "created": seconds(server.created_at),
        "updated": seconds(server.updated_at),
        "addresses": addresses(call, shown.ports, is_detailed=True),
        "accessIPv4": server.access_ip_v4 or "",
        "accessIPv6": server.access_ip_v6 or "",
        "links": links(call, server.id),
        "OS-DCF:diskConfig": server.disk_config,
    }
    if status in _PROGRESS:
        view["progress"] = server.progress
    if status in _FAULT and server.fault:
        view["fault"] = _fault(call, server.fault)
    return view


def addresses(call: Call, ports: list[Port], *, is_detailed: bool) -> dict[str, list[dict[str, Any]]]:
    """Network name → addresses; with MAC and kind where the server itself is shown."""
    found: dict[str, list[dict[str, Any]]] = {}
    for port in ports:
        network = call.services.site.networks.find(port.network_id)
        entry: dict[str, Any] = {"version": ipaddress.ip_address(port.ip_address).version, "addr": port.ip_address}
        if is_detailed:
            entry |= {"OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": port.mac_address}
        found.setdefault(network.name if network else port.network_id, []).append(entry)
    return found


def _extended(call: Call, shown: Shown) -> dict[str, Any]:
    server = shown.server
    view: dict[str, Any] = {
        "OS-EXT-AZ:availability_zone": server.availability_zone or "" if server.host else "",
        "config_drive": "True" if server.config_drive else "",
        "key_name": server.key_name,
        "OS-SRV-USG:launched_at": micros(server.launched_at),
        "OS-SRV-USG:terminated_at": micros(server.terminated_at),
        "OS-EXT-STS:task_state": server.task_state,
        "OS-EXT-STS:vm_state": server.vm_state,
        "OS-EXT-STS:power_state": server.power_state,
        "os-extended-volumes:volumes_attached": _volumes(call, shown.volumes),
    }
    if call.allowed("os_compute_api:os-extended-server-attributes"):
        view["OS-EXT-SRV-ATTR:host"] = server.host
        view["OS-EXT-SRV-ATTR:instance_name"] = f"instance-{server.id[:8]}"
        view["OS-EXT-SRV-ATTR:hypervisor_hostname"] = server.host
    return view


def _volumes(call: Call, volumes: list[AttachedVolume]) -> list[dict[str, Any]]:
    if call.at_least(2, 3):
        return [{"id": v.volume_id, "delete_on_termination": v.delete_on_termination} for v in volumes]
    return [{"id": v.volume_id} for v in volumes]


def _image(call: Call, server: Server) -> Any:
    if not server.image_ref:
        return ""
    bookmark = f"{call.service_url.removesuffix('/v2.1')}/images/{server.image_ref}"
    return {"id": server.image_ref, "links": [{"rel": "bookmark", "href": bookmark}]}


def _flavor(call: Call, server: Server) -> dict[str, Any]:
    flavor = server.flavor
    if call.at_least(2, 47):
        return {
            "original_name": flavor["name"], "ram": flavor["ram"], "disk": flavor["disk"], "vcpus": flavor["vcpus"],
            "swap": flavor["swap"], "ephemeral": flavor["ephemeral"], "extra_specs": flavor["extra_specs"],
        }  # fmt: skip
    bookmark = f"{call.service_url.removesuffix('/v2.1')}/flavors/{flavor['id']}"
    return {"id": flavor["id"], "links": [{"rel": "bookmark", "href": bookmark}]}


def _fault(call: Call, fault: dict[str, Any]) -> dict[str, Any]:
    shown = {key: fault[key] for key in ("code", "created", "message")}
    if call.context.is_admin and fault.get("details"):
        shown["details"] = fault["details"]
    return shown


def _add_attributes(call: Call, shown: Shown, view: dict[str, Any]) -> None:
    if not call.allowed("os_compute_api:os-extended-server-attributes"):
        return
    server = shown.server
    view |= {
        "OS-EXT-SRV-ATTR:reservation_id": server.reservation_id,
        "OS-EXT-SRV-ATTR:launch_index": server.launch_index,
        "OS-EXT-SRV-ATTR:hostname": server.hostname,
        "OS-EXT-SRV-ATTR:root_device_name": server.root_device_name,
        "OS-EXT-SRV-ATTR:kernel_id": "",
        "OS-EXT-SRV-ATTR:ramdisk_id": "",
        "OS-EXT-SRV-ATTR:user_data": server.user_data,
    }


def _add_hostname(_call: Call, shown: Shown, view: dict[str, Any]) -> None:
    view["OS-EXT-SRV-ATTR:hostname"] = shown.server.hostname


def _add_locked(_call: Call, shown: Shown, view: dict[str, Any]) -> None:
    view["locked"] = shown.server.locked


def _add_host_status(call: Call, shown: Shown, view: dict[str, Any]) -> None:
    if call.allowed("os_compute_api:servers:show:host_status"):
        view["host_status"] = "UP" if shown.server.host else ""


def _add_description(_call: Call, shown: Shown, view: dict[str, Any]) -> None:
    view["description"] = shown.server.description


def _add_tags(_call: Call, shown: Shown, view: dict[str, Any]) -> None:
    view["tags"] = shown.server.tags


def _add_certificates(_call: Call, _shown: Shown, view: dict[str, Any]) -> None:
    view["trusted_image_certificates"] = None


def _add_locked_reason(_call: Call, shown: Shown, view: dict[str, Any]) -> None:
    view["locked_reason"] = shown.server.locked_reason


def _add_pinned_zone(_call: Call, shown: Shown, view: dict[str, Any]) -> None:
    view["pinned_availability_zone"] = shown.server.pinned_availability_zone


_SINCE = [
    ((2, 3), _add_attributes),
    ((2, 9), _add_locked),
    ((2, 16), _add_host_status),
    ((2, 19), _add_description),
    ((2, 26), _add_tags),
    ((2, 63), _add_certificates),
    ((2, 73), _add_locked_reason),
    ((2, 90), _add_hostname),
    ((2, 96), _add_pinned_zone),
]
"""What each microversion added to a server."""


def host_id(server: Server) -> str:
    """An opaque name of the host that differs between projects, as Nova makes it; empty without a host."""
    return _digest(server.project_id + server.host) if server.host else ""


@functools.lru_cache(maxsize=1024)
def _digest(text: str) -> str:
    return hashlib.sha224(text.encode()).hexdigest()


def seconds(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds") + "Z"


def micros(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="microseconds")
