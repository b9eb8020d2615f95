"""``OS::Neutron::Port``: an address of a configured network."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.networks.model import Network, NewPort
from moorage.networks.service import ports
from moorage.stacks.model import Resource
from moorage.workflows.stack_resources.ports import Begun, Job, Look


def create(job: Job, path: str, properties: dict[str, Any]) -> Begun:
    network, addresses = named_network(job, properties["network"]), properties.get("fixed_ips") or []
    if len(addresses) > 1:
        raise errors.BadRequest("A port has one address here: fixed_ips may have one entry.")
    wanted = NewPort(
        name=str(properties.get("name") or job.name_for(path))[:255],
        ip_address=addresses[0].get("ip_address") if addresses else None, mac_address=properties.get("mac_address"),
    )  # fmt: skip
    return Begun(physical_id=ports.create_port(job.tx, job.context, network, wanted).id)


def named_network(job: Job, reference: str) -> Network:
    """By id or name; ``errors.BadRequest`` if none is configured."""
    found = job.world.networks.find(reference) or job.world.networks.named(reference)
    if found is None:
        raise errors.BadRequest(f"Network {reference} could not be found.")
    return found


def look(job: Job, row: Resource) -> Look:
    return Look(is_there=True)


def change(job: Job, row: Resource, properties: dict[str, Any]) -> None:
    name = str(properties.get("name") or job.name_for(row.path))[:255]
    ports.update_port(job.tx, str(row.physical_id), name=name)


def delete(job: Job, row: Resource) -> None:
    ports.delete_port(job.tx, str(row.physical_id))


def is_gone(job: Job, row: Resource) -> bool:
    try:
        ports.get(job.tx, str(row.physical_id))
    except errors.NotFound:
        return True
    return False


def attribute(job: Job, row: Resource, name: str) -> Any:
    port = ports.get(job.tx, str(row.physical_id))
    network, status = job.world.networks.get(port.network_id), "ACTIVE" if port.server_id else "DOWN"
    return {
        "fixed_ips": [{"subnet_id": network.subnet_id, "ip_address": port.ip_address}], "name": port.name,
        "mac_address": port.mac_address, "network_id": port.network_id, "status": status,
    }[name]  # fmt: skip
