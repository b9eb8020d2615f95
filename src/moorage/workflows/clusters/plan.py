"""What will a cluster be, with everything it inherits and names looked up? Nothing is written here."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage.clusters import sizes
from moorage.clusters.inheritance import cluster_values, fields_of, node_values
from moorage.clusters.model import ClusterTemplate, NodeFields, instance_name
from moorage.clusters.plugins import common_configs, registry
from moorage.clusters.plugins.port import Plugin
from moorage.clusters.refusals import InvalidData, InvalidReference, ReferenceNotFound
from moorage.clusters.service import cluster_templates, guard, plugin_labels
from moorage.context import Context
from moorage.images.model import Image
from moorage.store import Tx
from moorage.workflows.clusters import image_registry, references
from moorage.workflows.clusters.demand import Wanted
from moorage.workflows.clusters.template_checks import check_node_group, plugin_of
from moorage.workflows.site import Site

MAX_HOST_NAME = 64
GroupRow = dict[str, Any]
"""Columns of ``node_groups``."""


class Plan(msgspec.Struct, kw_only=True):
    """A cluster that may be made."""

    plugin: Plugin
    values: dict[str, Any]
    """Columns of ``clusters`` but the name."""
    groups: list[GroupRow]
    wanted: list[Wanted]


class Desk(msgspec.Struct, frozen=True):
    """Who asks, and where everything is looked up."""

    tx: Tx
    context: Context
    site: Site


def plan(desk: Desk, given: dict[str, Any]) -> Plan:
    """The cluster a request asks for; 400 in Sahara's words if anything is wrong with it."""
    plugin, version = plugin_of(given, None)
    plugin_labels.check_enabled(desk.tx, desk.context.project_id, plugin, version)
    template = _template(desk, given, plugin)
    values = {"plugin_name": plugin.name, "plugin_version": version, **_cluster(desk, given, template)}
    _check_cluster(desk, plugin, version, values)
    groups = [
        group_row(desk, plugin, version, values["default_image_id"], group) for group in _groups(desk, given, template)
    ]
    wanted = [demand(desk, row) for row in groups]
    return Plan(plugin=plugin, values=values, groups=groups, wanted=wanted)


def _template(desk: Desk, given: dict[str, Any], plugin: Plugin) -> ClusterTemplate | None:
    if given.get("cluster_template_id") is None:
        return None
    template = cluster_templates.referenced(desk.tx, desk.context, given["cluster_template_id"])
    if template.plugin_name != plugin.name:
        raise InvalidReference(f"Cluster template '{template.name}' is not one of plugin '{plugin.name}'")
    return template


def _cluster(desk: Desk, given: dict[str, Any], template: ClusterTemplate | None) -> dict[str, Any]:
    values = cluster_values(given, template)
    values.pop("name", None)
    keypair = given.get("user_keypair_id")
    configs = values["cluster_configs"].get(common_configs.GENERAL, {})
    return {
        **values,
        "cluster_template_id": given.get("cluster_template_id"),
        "user_keypair_id": keypair,
        "public_key": references.keypair(desk.tx, desk.context, keypair) if keypair else None,
        "is_transient": bool(given.get("is_transient")),
        "keeps_boot_volumes": str(configs.get(common_configs.KEEP_BOOT_VOLUMES.name)).lower() == "true",
    }


def _check_cluster(desk: Desk, plugin: Plugin, version: str, values: dict[str, Any]) -> None:
    for name in ("default_image_id", "neutron_management_network"):
        if not values.get(name):
            raise ReferenceNotFound(f"'{name}' field is not found")
    image_registry.check(desk.tx, desk.context, values["default_image_id"], plugin.required_image_tags(version))
    references.network(desk.site, values["neutron_management_network"])
    registry.check_configs(plugin, version, values["cluster_configs"])
    if values.get("anti_affinity"):
        registry.check_processes(plugin, version, values["anti_affinity"])


def _groups(desk: Desk, given: dict[str, Any], template: ClusterTemplate | None) -> list[dict[str, Any]]:
    """The node groups of the request, or those of the template: never both."""
    if given.get("node_groups"):
        guard.check_group_names([group["name"] for group in given["node_groups"]])
        return [inherited(desk, group) for group in given["node_groups"]]
    if template is None or not template.node_groups:
        raise ReferenceNotFound("'node_groups' field is not found")
    return [
        {**fields_of(group), "count": group.count, "node_group_template_id": group.node_group_template_id}
        for group in template.node_groups
    ]


def inherited(desk: Desk, given: dict[str, Any]) -> dict[str, Any]:
    """A node group of a request with what its template adds."""
    template = cluster_templates.node_group_template(desk.tx, desk.context, given)
    own = {"count": given["count"], "node_group_template_id": given.get("node_group_template_id")}
    return {**node_values(given, template), **own}


def group_row(desk: Desk, plugin: Plugin, version: str, default_image: str, group: dict[str, Any]) -> GroupRow:
    """The columns of a node group, checked, and the size of its boot volumes settled."""
    check_node_group(desk.tx, desk.context, desk.site, plugin, version, group, group)
    node = _node(group)
    image = image_registry.check(
        desk.tx, desk.context, node.image_id or default_image, plugin.required_image_tags(version)
    )
    return {**group, "next_index": group["count"], "root_gib": _root_gib(desk, node, image)}


def _node(group: dict[str, Any]) -> NodeFields:
    return NodeFields(**{name: group[name] for name in NodeFields.__struct_fields__})


def _root_gib(desk: Desk, node: NodeFields, image: Image) -> int | None:
    if not node.boot_from_volume:
        if not desk.site.hypervisor.local_disks:
            raise InvalidReference(
                f"Node group '{node.name}' must boot from a volume: servers of the {desk.site.hypervisor_name} driver "
                "have no local disks"
            )
        return None
    _check_protocol(desk, node)
    flavor = references.flavor(desk.tx, desk.context, node.flavor_id)
    source = sizes.RootSource(
        flavor_id=flavor.id, flavor_disk_gib=flavor.disk_gib, image_id=image.id, min_disk_gib=image.min_disk,
        image_bytes=image.virtual_size or image.size or 0,
    )  # fmt: skip
    return sizes.root_gib(node, source, desk.site.default_boot_volume_gib)


def _check_protocol(desk: Desk, node: NodeFields) -> None:
    protocol = desk.site.protocol_of_type(desk.tx, node.boot_volume_type)
    if protocol not in desk.site.hypervisor.volume_protocols:
        raise InvalidReference(
            f"Node group '{node.name}': volumes of type '{node.boot_volume_type or 'default'}' are reached by "
            f"{protocol}; servers of the {desk.site.hypervisor_name} driver need "
            f"{', '.join(sorted(desk.site.hypervisor.volume_protocols))}"
        )


def demand(desk: Desk, row: GroupRow, count: int | None = None) -> Wanted:
    """What the nodes of a group need, all of them unless a count is given."""
    return Wanted(
        count=row["count"] if count is None else count, node=_node(row), root_gib=row["root_gib"],
        flavor=references.flavor(desk.tx, desk.context, row["flavor_id"]),
    )  # fmt: skip


def check_host_names(site: Site, cluster: str, groups: list[tuple[str, int]]) -> None:
    """``groups``: names and the numbers of their last nodes."""
    for group, last in groups:
        longest = f"{instance_name(cluster, group, last)}.{site.node_domain}"
        if len(longest) > MAX_HOST_NAME:
            raise InvalidData(
                f"Composite hostname {longest} in provisioned cluster exceeds maximum limit {MAX_HOST_NAME} characters"
            )
