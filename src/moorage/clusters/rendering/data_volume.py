"""What is a data volume of a node? A volume and its attachment, in a nested template of each node group."""

from __future__ import annotations

from typing import Any

from moorage.clusters.model import NodeGroup

VERSION = "2016-04-08"
GROUP = "data_volumes"
INDEX = "%volume%"


def file_name(group: NodeGroup) -> str:
    return f"file://data-volume-{group.name}.yaml"


def volumes(group: NodeGroup, name: dict[str, Any], server: str) -> dict[str, Any]:
    """The resource group inside a node. ``name`` is the volumes' name with ``INDEX`` for the volume's number."""
    return {
        "type": "OS::Heat::ResourceGroup",
        "properties": {
            "count": group.volumes_per_node,
            "index_var": INDEX,
            "resource_def": {
                "type": file_name(group),
                "properties": {"name": name, "server": {"get_resource": server}},
            },
        },
    }


def template(group: NodeGroup) -> dict[str, Any]:
    """One volume of a group's nodes."""
    optional = {"volume_type": group.volume_type, "availability_zone": group.volumes_availability_zone}
    volume = {
        "name": {"get_param": "name"},
        "size": group.volumes_size,
        **{key: value for key, value in optional.items() if value},
    }
    attachment = {"instance_uuid": {"get_param": "server"}, "volume_id": {"get_resource": "volume"}}
    return {
        "heat_template_version": VERSION,
        "parameters": {"name": {"type": "string"}, "server": {"type": "string"}},
        "resources": {
            "volume": {"type": "OS::Cinder::Volume", "properties": volume},
            "attachment": {"type": "OS::Cinder::VolumeAttachment", "properties": attachment},
        },
    }
