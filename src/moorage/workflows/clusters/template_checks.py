"""May a template be made as asked for? Plugin, processes, settings and everything it names are looked up."""

from __future__ import annotations

from typing import Any

from moorage.clusters.inheritance import node_values
from moorage.clusters.model import ClusterTemplate, NodeFields, NodeGroupTemplate
from moorage.clusters.plugins import registry
from moorage.clusters.plugins.port import Plugin
from moorage.clusters.refusals import InvalidReference
from moorage.clusters.service import cluster_templates, guard
from moorage.context import Context
from moorage.store import Tx
from moorage.workflows.clusters import image_registry, references
from moorage.workflows.site import Site


def check_node_group_template(
    tx: Tx, context: Context, site: Site, given: dict[str, Any], known: NodeGroupTemplate | None = None
) -> None:
    """``known`` is the template to be changed."""
    plugin, version = plugin_of(given, known)
    merged = {**({} if known is None else _own(known)), **given}
    check_node_group(tx, context, site, plugin, version, given, merged)


def check_cluster_template(
    tx: Tx, context: Context, site: Site, given: dict[str, Any], known: ClusterTemplate | None = None
) -> None:
    plugin, version = plugin_of(given, known)
    if given.get("cluster_configs"):
        registry.check_configs(plugin, version, given["cluster_configs"])
    check_node_groups(tx, context, site, plugin, version, given.get("node_groups") or [])
    if given.get("anti_affinity"):
        registry.check_processes(plugin, version, given["anti_affinity"])
    if given.get("default_image_id"):
        image_registry.check(tx, context, given["default_image_id"], plugin.required_image_tags(version))
    if given.get("neutron_management_network"):
        references.network(site, given["neutron_management_network"])


def check_node_groups(
    tx: Tx, context: Context, site: Site, plugin: Plugin, version: str, groups: list[dict[str, Any]]
) -> None:
    """Node groups as a request gives them, on top of their templates."""
    guard.check_group_names([group["name"] for group in groups])
    for given in groups:
        template = cluster_templates.node_group_template(tx, context, given)
        if template is not None and template.plugin_name != plugin.name:
            raise InvalidReference(f"Node group template '{template.name}' is not one of plugin '{plugin.name}'")
        check_node_group(tx, context, site, plugin, version, given, node_values(given, template))


def check_node_group(
    tx: Tx, context: Context, site: Site, plugin: Plugin, version: str, given: dict[str, Any], whole: dict[str, Any]
) -> None:
    """``given``: the fields of the request; ``whole``: with what they are on top of."""
    if given.get("node_configs"):
        registry.check_configs(plugin, version, given["node_configs"])
    if given.get("node_processes"):
        registry.check_processes(plugin, version, given["node_processes"])
    references.node_group(tx, context, site, given)
    if given.get("image_id"):
        image_registry.check(tx, context, given["image_id"], plugin.required_image_tags(version))
    if whole.get("volumes_per_node") and not whole.get("volumes_size"):
        raise InvalidReference("You must specify a volumes_size parameter")
    if whole.get("boot_from_volume") and whole.get("boot_volume_local_to_instance"):
        references.locality(tx, site, whole["name"], whole.get("boot_volume_type"), "the boot volume")
    if whole.get("volumes_per_node") and whole.get("volume_local_to_instance"):
        references.locality(tx, site, whole["name"], whole.get("volume_type"), "data volumes")


def plugin_of(given: dict[str, Any], known: NodeGroupTemplate | ClusterTemplate | None) -> tuple[Plugin, str]:
    """The plugin and version after the change."""
    if known is not None and given.get("plugin_name") and not given.get("plugin_version"):
        raise InvalidReference("You must specify a plugin_version value for your plugin_name")
    name = given.get("plugin_name") or (known.plugin_name if known else "")
    version = given.get("plugin_version") or (known.plugin_version if known else "")
    return registry.of_version(name, version), version


def _own(known: NodeFields) -> dict[str, Any]:
    return {name: getattr(known, name) for name in NodeFields.__struct_fields__}
