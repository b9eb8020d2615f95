"""What stack is a cluster? A pure function of the cluster's rows: the same rows give the same document.

Each node group is a resource group of a nested template. Resource names at the top carry a prefix and those inside are
fixed, so whatever users call their node groups, no two resources have one name.
"""

from __future__ import annotations

from typing import Any

import msgspec

from moorage.clusters.model import Cluster, NodeGroup
from moorage.clusters.plugins import common_configs
from moorage.clusters.plugins.port import Plugin, UserData
from moorage.clusters.rendering import data_volume, node

VERSION = "2016-04-08"
AA_GROUP = "anti_affinity"
GROUP_PREFIX = "nodes-"
"""``nodes-<node group>/<index>/inst`` is the path of a server among the stack's resources."""

_MAKING_S = 3600
"""For volumes and servers, beside what the nodes have to report."""
_TURNS = 2
"""Nodes that wait for others' addresses begin when those have reported."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A HOT document and the files that travel with it."""

    template: dict[str, Any]
    files: dict[str, dict[str, Any]]
    """Nested templates by the name they are referred to."""
    timeout_s: int


def render(cluster: Cluster, plugin: Plugin) -> Rendered:
    """The stack with as many nodes as the node groups say; a group without nodes is no part of it."""
    groups = [group for group in cluster.node_groups if group.count]
    resources: dict[str, Any] = {}
    files: dict[str, dict[str, Any]] = {}
    if any(_is_apart(cluster, group) for group in groups):
        resources[AA_GROUP] = _server_group(cluster)
    for group in groups:
        user_data = plugin.user_data(cluster, group)
        if group.auto_security_group:
            resources[_security_group_of(group)] = _security_group(cluster, group)
        resources[GROUP_PREFIX + group.name] = _nodes(cluster, group, user_data)
        files[node.file_name(group)] = node.template(cluster, group, user_data)
        if group.volumes_per_node:
            files[data_volume.file_name(group)] = data_volume.template(group)
    template = {
        "heat_template_version": VERSION,
        "description": f"Data-processing cluster {cluster.node_name}",
        "resources": resources,
        "outputs": {f"{g.name}-instances": _instances(g) for g in groups},
    }
    timeout_s = common_configs.value(common_configs.WAIT_TIMEOUT, cluster)
    return Rendered(template=template, files=files, timeout_s=_MAKING_S + _TURNS * timeout_s)


def _nodes(cluster: Cluster, group: NodeGroup, user_data: UserData) -> dict[str, Any]:
    properties: dict[str, Any] = {node.INDEX_PARAMETER: "%index%"}
    if _is_apart(cluster, group):
        properties[node.AA_PARAMETER] = {"get_resource": AA_GROUP}
    if group.auto_security_group:
        properties[node.SECURITY_PARAMETER] = {"get_resource": _security_group_of(group)}
    for parameter, groups in zip(node.address_parameters(user_data), user_data.addresses.values(), strict=True):
        properties[parameter] = {"list_join": [",", *({"get_attr": [GROUP_PREFIX + g, "address"]} for g in groups)]}
    return {
        "type": "OS::Heat::ResourceGroup",
        "properties": {
            "count": group.count,
            "removal_policies": [{"resource_list": [str(index) for index in group.removed]}],
            "resource_def": {"type": node.file_name(group), "properties": properties},
        },
    }


def _is_apart(cluster: Cluster, group: NodeGroup) -> bool:
    return bool(set(cluster.anti_affinity) & set(group.node_processes))


def _server_group(cluster: Cluster) -> dict[str, Any]:
    properties = {"name": f"{cluster.node_name.lower()}-aa-group", "policies": ["anti-affinity"]}
    return {"type": "OS::Nova::ServerGroup", "properties": properties}


def _security_group_of(group: NodeGroup) -> str:
    return f"security_group-{group.name}"


def _security_group(cluster: Cluster, group: NodeGroup) -> dict[str, Any]:
    """The nodes of a cluster may reach one another; outside they answer to remote logins."""
    rules = [
        {"remote_mode": "remote_group_id"},
        {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22},
        {"protocol": "icmp"},
    ]
    return {
        "type": "OS::Neutron::SecurityGroup",
        "properties": {"name": f"{cluster.node_name}-{group.name}".lower(), "rules": rules},
    }


def _instances(group: NodeGroup) -> dict[str, Any]:
    return {"value": {"get_attr": [GROUP_PREFIX + group.name, "instance"]}}
