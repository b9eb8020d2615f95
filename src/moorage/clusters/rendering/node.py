"""What is one node? A nested template: port, boot volume, server, data volumes, and the wait for its report.

The stack owns the boot volume: made from the image before the server and kept when the server is replaced, so the
server is told not to delete it.
"""

from __future__ import annotations

from typing import Any

from moorage.clusters.model import Cluster, NodeGroup
from moorage.clusters.plugins import common_configs
from moorage.clusters.plugins.port import INDEX, SIGNAL, UserData
from moorage.clusters.rendering import data_volume

VERSION = "2016-04-08"
INDEX_PARAMETER = "index"
AA_PARAMETER = "server_group"
SECURITY_PARAMETER = "security_group"
BOOT_VOLUME, SERVER, PORT, WAIT = "boot_volume", "inst", "port", "wait_condition"
FLOATING_IP = "floating_ip"
_HANDLE = "wait_handle"


def file_name(group: NodeGroup) -> str:
    return f"file://node-{group.name}.yaml"


def address_parameters(user_data: UserData) -> list[str]:
    """Names of the parameters that bring the addresses of other groups' nodes, in the order of the placeholders."""
    return [f"addresses_{position}" for position in range(len(user_data.addresses))]


def template(cluster: Cluster, group: NodeGroup, user_data: UserData) -> dict[str, Any]:
    """The nested template of a group's nodes."""
    resources: dict[str, Any] = {
        PORT: _port(cluster, group),
        _HANDLE: {"type": "OS::Heat::WaitConditionHandle"},
        SERVER: _server(cluster, group, user_data),
        WAIT: _wait(cluster),
    }
    if group.floating_ip_pool:
        resources[FLOATING_IP] = _floating_ip(group)
    if group.boot_from_volume:
        resources[BOOT_VOLUME] = _boot_volume(cluster, group)
    if group.volumes_per_node:
        resources[data_volume.GROUP] = data_volume.volumes(
            group, _name(cluster, group, f"-volume-{data_volume.INDEX}"), SERVER
        )
    return {
        "heat_template_version": VERSION,
        "parameters": _parameters(user_data),
        "resources": resources,
        "outputs": _outputs(),
    }


def _parameters(user_data: UserData) -> dict[str, Any]:
    optional = [AA_PARAMETER, SECURITY_PARAMETER, *address_parameters(user_data)]
    return {INDEX_PARAMETER: {"type": "string"}, **{name: {"type": "string", "default": ""} for name in optional}}


def _outputs() -> dict[str, Any]:
    address = {"get_attr": [PORT, "fixed_ips", 0, "ip_address"]}
    instance = {"physical_id": {"get_resource": SERVER}, "name": {"get_attr": [SERVER, "name"]}, "address": address}
    return {"instance": {"value": instance}, "address": {"value": address}}


def _name(cluster: Cluster, group: NodeGroup, suffix: str = "") -> dict[str, Any]:
    text = f"{cluster.node_name}-{group.name}-".lower() + INDEX + suffix
    return {"str_replace": {"template": text, "params": {INDEX: {"get_param": INDEX_PARAMETER}}}}


def _port(cluster: Cluster, group: NodeGroup) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "name": _name(cluster, group, "-port"),
        "network": cluster.neutron_management_network,
    }
    own = [{"get_param": SECURITY_PARAMETER}] if group.auto_security_group else []
    if groups := [*(group.security_groups or []), *own]:
        properties["security_groups"] = groups
    return {"type": "OS::Neutron::Port", "properties": properties}


def _floating_ip(group: NodeGroup) -> dict[str, Any]:
    return {
        "type": "OS::Neutron::FloatingIP",
        "properties": {"floating_network": group.floating_ip_pool, "port_id": {"get_resource": PORT}},
    }


def _boot_volume(cluster: Cluster, group: NodeGroup) -> dict[str, Any]:
    optional = {"volume_type": group.boot_volume_type, "availability_zone": group.boot_volume_availability_zone}
    properties = {
        "name": _name(cluster, group, "-boot"),
        "image": cluster.image_of(group),
        "size": group.root_gib,
        **{name: value for name, value in optional.items() if value},
    }
    keeps = {"deletion_policy": "Retain"} if cluster.keeps_boot_volumes else {}
    return {"type": "OS::Cinder::Volume", **keeps, "properties": properties}


def _server(cluster: Cluster, group: NodeGroup, user_data: UserData) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "name": _name(cluster, group),
        "flavor": group.flavor_id,
        "networks": [{"port": {"get_resource": PORT}}],
        "config_drive": True,
        "user_data_format": "RAW",
        "user_data": _user_data(user_data),
        "user_data_update_policy": "IGNORE",  # it is for the first boot: later addresses of others replace no server
        **_root(cluster, group),
    }
    if cluster.user_keypair_id:
        properties["key_name"] = cluster.user_keypair_id
    if group.availability_zone:
        properties["availability_zone"] = group.availability_zone
    if set(cluster.anti_affinity) & set(group.node_processes):
        properties["scheduler_hints"] = {"group": {"get_param": AA_PARAMETER}}
    return {"type": "OS::Nova::Server", "properties": properties}


def _root(cluster: Cluster, group: NodeGroup) -> dict[str, Any]:
    """A server that boots from a volume is not given the image as well."""
    if not group.boot_from_volume:
        return {"image": cluster.image_of(group)}
    disk = {"volume_id": {"get_resource": BOOT_VOLUME}, "boot_index": 0, "delete_on_termination": False}
    return {"block_device_mapping_v2": [disk]}


def _user_data(user_data: UserData) -> dict[str, Any]:
    known: dict[str, Any] = {
        SIGNAL: {"get_attr": [_HANDLE, "curl_cli"]},
        INDEX: {"get_param": INDEX_PARAMETER},
        **{
            placeholder: {"get_param": parameter}
            for placeholder, parameter in zip(user_data.addresses, address_parameters(user_data), strict=True)
        },
    }
    return {"str_replace": {"template": user_data.text, "params": known}}


def _wait(cluster: Cluster) -> dict[str, Any]:
    properties = {
        "handle": {"get_resource": _HANDLE},
        "timeout": common_configs.value(common_configs.WAIT_TIMEOUT, cluster),
    }
    return {"type": "OS::Heat::WaitCondition", "depends_on": SERVER, "properties": properties}
