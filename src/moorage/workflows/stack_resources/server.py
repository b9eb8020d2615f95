"""``OS::Nova::Server``: made in the owner's name, as a request to the compute API would."""

from __future__ import annotations

import base64
import json
from typing import Any

from moorage import errors
from moorage.compute import block_devices, states
from moorage.compute.block_devices import DiskSpec
from moorage.compute.model.server import Server
from moorage.compute.service import flavors, servers
from moorage.networks.service import ports
from moorage.stacks import signals
from moorage.stacks.model import Resource
from moorage.workflows import create_server, destroy, volume_images
from moorage.workflows.create_server import Order
from moorage.workflows.server_networks import WantedNic
from moorage.workflows.stack_resources.port import named_network
from moorage.workflows.stack_resources.ports import Begun, Job, Look

_MAX_USER_DATA = 65535


def create(job: Job, path: str, properties: dict[str, Any]) -> Begun:
    image = properties.get("image")
    order = Order(
        name=_name(job, path, properties), flavor_ref=_flavor(job, properties["flavor"]),
        image_ref=volume_images.named(job.tx, job.context, image).id if image else None,
        disks=[_disk(job, mapping) for mapping in properties.get("block_device_mapping_v2") or []],
        metadata=_texts(properties.get("metadata") or {}), key_name=properties.get("key_name"),
        availability_zone=properties.get("availability_zone"), columns=_columns(job, properties),
        nics=_nics(job, properties.get("networks") or []),
    )  # fmt: skip
    assert job.world.site is not None
    made, _ = create_server.request(job.tx, job.context, order, job.world.site)
    return Begun(physical_id=made[0], subject=f"server/{made[0]}")


def _name(job: Job, path: str, properties: dict[str, Any]) -> str:
    return str(properties.get("name") or job.name_for(path))[:255]


def _texts(given: dict[str, Any]) -> dict[str, str]:
    """Maps and lists as JSON, as Heat does."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}


def _flavor(job: Job, reference: str) -> str:
    """The id of a flavor given by id or name."""
    try:
        return flavors.get(job.tx, job.context, reference).id
    except errors.NotFound:
        return flavors.named(job.tx, job.context, reference).id


def _disk(job: Job, mapping: dict[str, Any]) -> DiskSpec:
    """One entry with Heat's defaults: a source without boot_index boots, and nothing is deleted with the server."""
    if mapping.get("swap_size") is not None:
        return block_devices.blank(mapping["swap_size"], is_swap=True)
    if mapping.get("ephemeral_size") or mapping.get("ephemeral_format"):
        spec = block_devices.blank(mapping.get("ephemeral_size") or 1)
        spec.guest_format = mapping.get("ephemeral_format")
        return spec
    source = next(name for name in ("volume", "snapshot", "image") if mapping.get(_KEYS[name]) is not None)
    uuid = mapping[_KEYS[source]]
    return block_devices.disk(
        source_type=source, uuid=volume_images.named(job.tx, job.context, uuid).id if source == "image" else uuid,
        destination_type="volume", boot_index=mapping.get("boot_index", 0), volume_size=mapping.get("volume_size"),
        has_image=False, device_name=mapping.get("device_name"), disk_bus=mapping.get("disk_bus"),
        device_type=mapping.get("device_type"), volume_type=mapping.get("volume_type"),
        delete_on_termination=mapping.get("delete_on_termination", False),
    )  # fmt: skip


def _nics(job: Job, networks: list[dict[str, Any]]) -> list[WantedNic] | None:
    """None is ``auto``, as if nothing was said."""
    allocated = [network["allocate_network"] for network in networks if network.get("allocate_network")]
    if allocated and len(networks) > 1:
        raise errors.BadRequest(
            'Property "allocate_network" can not be specified if multiple network interfaces set for server.'
        )
    if not networks or allocated:
        return [] if allocated == ["none"] else None
    return [_nic(job, network) for network in networks]


def _nic(job: Job, network: dict[str, Any]) -> WantedNic:
    if network.get("port"):
        return WantedNic(port_id=network["port"])
    if not network.get("network"):
        raise errors.BadRequest('One of the properties "network", "port" should be set for the server.')
    return WantedNic(network_id=named_network(job, network["network"]).id, address=network.get("fixed_ip"))


_KEYS = {"volume": "volume_id", "snapshot": "snapshot_id", "image": "image"}


def _columns(job: Job, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "tags": list(dict.fromkeys(properties.get("tags") or [])),
        "config_drive": properties.get("config_drive", False),
        "scheduler_hints": properties.get("scheduler_hints") or {},
        "user_data": _user_data(signals.with_tokens(job.tx, properties.get("user_data") or "")),
    }  # fmt: skip


def _user_data(text: str) -> str | None:
    encoded = base64.b64encode(text.encode()).decode()
    if len(encoded) > _MAX_USER_DATA:
        raise errors.BadRequest(f"User data is larger than {_MAX_USER_DATA} characters in base64: {len(encoded)}.")
    return encoded or None


def look(job: Job, row: Resource) -> Look:
    server = servers.find(job.tx, str(row.physical_id))
    if server is None or server.deleted_at is not None:
        return Look(reason=f"Server {row.physical_id} was deleted.")
    if server.launched_at is not None and server.vm_state != states.ERROR:
        return Look(is_there=True)
    fault = (server.fault or {}).get("message") or "no reason given"
    return Look(reason=f"Went to status ERROR due to: {fault}")


def change(job: Job, row: Resource, properties: dict[str, Any]) -> None:
    servers.update(
        job.tx, str(row.physical_id), name=_name(job, row.path, properties),
        metadata=_texts(properties.get("metadata") or {}), tags=list(dict.fromkeys(properties.get("tags") or [])),
    )  # fmt: skip


def delete(job: Job, row: Resource) -> None:
    server = _living(job, row)
    if server is not None:
        states.check_lock(server, job.context)
        destroy.request(job.tx, job.context, server)


def _living(job: Job, row: Resource) -> Server | None:
    server = servers.find(job.tx, str(row.physical_id))
    return None if server is None or server.deleted_at is not None else server


def is_gone(job: Job, row: Resource) -> bool:
    return row.physical_id is None or _living(job, row) is None


def attribute(job: Job, row: Resource, name: str) -> Any:
    server = servers.get(job.tx, str(row.physical_id))
    if name == "name":
        return server.name
    found = ports.ports_of(job.tx, server.id)
    if name == "first_address":
        return found[0].ip_address if found else ""
    by_network: dict[str, list[Any]] = {}
    for port in found:
        network = job.world.networks.find(port.network_id)
        detail = {"addr": port.ip_address, "OS-EXT-IPS-MAC:mac_addr": port.mac_address, "port": port.id}
        for key in [port.network_id] if network is None else [network.name, network.id]:
            by_network.setdefault(key, []).append(detail if name == "addresses" else port.ip_address)
    return by_network
