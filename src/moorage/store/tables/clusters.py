"""Data-processing clusters: templates, clusters, their nodes, and how far each operation got.

Node group templates, node groups inside cluster templates and node groups of clusters share their columns.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage.store.tables.columns import Id, Name, flag, json, key, metadata, number, text, time


def _of_nodes() -> list[sa.Column[Any]]:
    """What describes the nodes of a group, wherever the group stands."""
    return [
        sa.Column("name", Name, nullable=False),
        sa.Column("flavor_id", Name, nullable=False),
        key("image_id", nullable=True),
        json("node_processes", default=list),
        json("node_configs", default=dict),
        sa.Column("availability_zone", Name),
        key("floating_ip_pool", nullable=True),
        json("security_groups"),
        flag("auto_security_group"),
        flag("is_proxy_gateway"),
        flag("use_autoconfig", default=True),
        json("shares"),
        number("volumes_per_node", 0),
        number("volumes_size", 0),
        sa.Column("volume_type", Name),
        sa.Column("volumes_availability_zone", Name),
        sa.Column("volume_mount_prefix", Name),
        flag("volume_local_to_instance"),
        flag("boot_from_volume"),
        sa.Column("boot_volume_type", Name),
        sa.Column("boot_volume_availability_zone", Name),
        flag("boot_volume_local_to_instance"),
        number("boot_volume_size", nullable=True),
        time("created_at", nullable=False),
        time("updated_at"),
    ]


def _of_clusters() -> list[sa.Column[Any]]:
    """What a cluster takes over from its template."""
    return [
        sa.Column("name", Name, nullable=False),
        text("description"),
        sa.Column("plugin_name", Name, nullable=False),
        sa.Column("plugin_version", Name, nullable=False),
        json("cluster_configs", default=dict),
        key("default_image_id", nullable=True),
        json("anti_affinity", default=list),
        key("neutron_management_network", nullable=True),
        json("shares"),
        sa.Column("domain_name", Name),
        flag("use_autoconfig", default=True),
        flag("is_public"),
        flag("is_protected"),
        time("created_at", nullable=False),
        time("updated_at"),
    ]


node_group_templates = sa.Table(
    "node_group_templates", metadata,
    sa.Column("id", Id, primary_key=True),
    key("project_id"),
    text("description"),
    sa.Column("plugin_name", Name, nullable=False),
    sa.Column("plugin_version", Name, nullable=False),
    *_of_nodes(),
    flag("is_default"),
    flag("is_public"),
    flag("is_protected"),
    sa.UniqueConstraint("project_id", "name"),
)  # fmt: skip

cluster_templates = sa.Table(
    "cluster_templates", metadata,
    sa.Column("id", Id, primary_key=True),
    key("project_id"),
    *_of_clusters(),
    flag("is_default"),
    sa.UniqueConstraint("project_id", "name"),
)  # fmt: skip

templates_relations = sa.Table(
    "templates_relations", metadata,
    sa.Column("id", Id, primary_key=True),
    key("cluster_template_id", index=True),
    key("node_group_template_id", nullable=True, index=True),
    number("position", comment="order in the template"),
    number("count"),
    json("given", default=dict, comment="fields named in the request: they outlive changes of the node group template"),
    *_of_nodes(),
    sa.UniqueConstraint("cluster_template_id", "name"),
)  # fmt: skip

clusters = sa.Table(
    "clusters", metadata,
    sa.Column("id", Id, primary_key=True),
    key("project_id"),
    key("user_id"),
    sa.Column("node_name", Name, nullable=False, comment="the name at first: nodes keep theirs"),
    *_of_clusters(),
    sa.Column("status", sa.String(64), nullable=False),
    text("status_description"),
    key("cluster_template_id", nullable=True, index=True),
    sa.Column("user_keypair_id", Name),
    text("public_key", comment="of the user's key pair, as it was read last"),
    flag("is_transient"),
    flag("keeps_boot_volumes", comment="the boot volumes stay when the cluster is deleted"),
    json("info", default=dict),
    key("stack_id", nullable=True),
    sa.UniqueConstraint("project_id", "name"),
)  # fmt: skip

node_groups = sa.Table(
    "node_groups", metadata,
    sa.Column("id", Id, primary_key=True),
    key("cluster_id", index=True),
    key("node_group_template_id", nullable=True, index=True),
    number("position", comment="order in the cluster"),
    number("count"),
    number("next_index", 0, comment="indexes are never used twice"),
    json("removed", default=list, comment="indexes below next_index that are gone"),
    number("root_gib", nullable=True, comment="size of boot volumes, settled when the group was made"),
    *_of_nodes(),
    sa.UniqueConstraint("cluster_id", "name"),
)  # fmt: skip

cluster_instances = sa.Table(
    "cluster_instances", metadata,
    sa.Column("id", Id, primary_key=True),
    key("cluster_id", index=True),
    key("node_group_id", index=True),
    number("node_index"),
    sa.Column("instance_name", Name, nullable=False),
    key("instance_id", nullable=True),
    sa.Column("internal_ip", sa.String(64)),
    sa.Column("management_ip", sa.String(64)),
    key("boot_volume_id", nullable=True),
    number("storage_devices_number", 0),
    sa.Column("dns_hostname", Name),
    time("created_at", nullable=False),
    time("updated_at"),
    sa.UniqueConstraint("node_group_id", "node_index"),
)  # fmt: skip

cluster_provision_steps = sa.Table(
    "cluster_provision_steps", metadata,
    sa.Column("id", Id, primary_key=True),
    key("cluster_id", index=True),
    sa.Column("step_name", Name, nullable=False),
    sa.Column("step_type", sa.String(36), nullable=False),
    number("total"),
    sa.Column("successful", sa.Boolean, comment="null while it is under way"),
    time("created_at", nullable=False),
    time("updated_at"),
)  # fmt: skip

cluster_events = sa.Table(
    "cluster_events", metadata,
    sa.Column("id", Id, primary_key=True),
    key("step_id", index=True),
    key("node_group_id", nullable=True),
    key("instance_id", nullable=True),
    sa.Column("instance_name", Name),
    sa.Column("successful", sa.Boolean, nullable=False),
    text("event_info"),
    time("created_at", nullable=False),
    time("updated_at"),
)  # fmt: skip

cluster_verifications = sa.Table(
    "cluster_verifications", metadata,
    sa.Column("id", Id, primary_key=True),
    key("cluster_id"),
    sa.Column("status", sa.String(16), nullable=False, comment="CHECKING, GREEN, YELLOW, RED"),
    json("checks", default=list),
    time("created_at", nullable=False),
    time("updated_at"),
    sa.UniqueConstraint("cluster_id"),
)  # fmt: skip

cluster_plugin_labels = sa.Table(
    "cluster_plugin_labels", metadata,
    sa.Column("project_id", Id, primary_key=True),
    sa.Column("plugin_name", Name, primary_key=True),
    json("plugin_labels", default=dict, comment="label → status, where it differs from the plugin's own"),
    json("version_labels", default=dict, comment="version → label → status"),
)  # fmt: skip
