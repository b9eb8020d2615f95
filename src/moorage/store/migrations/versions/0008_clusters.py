"""Data-processing clusters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = (
    "cluster_events",
    "cluster_instances",
    "cluster_plugin_labels",
    "cluster_provision_steps",
    "cluster_templates",
    "cluster_verifications",
    "clusters",
    "node_group_templates",
    "node_groups",
    "templates_relations",
)


def upgrade() -> None:
    op.create_table(
        "cluster_events",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("step_id", sa.String(length=64), nullable=False),
        sa.Column("node_group_id", sa.String(length=64), nullable=True),
        sa.Column("instance_id", sa.String(length=64), nullable=True),
        sa.Column("instance_name", sa.String(length=255), nullable=True),
        sa.Column("successful", sa.Boolean(), nullable=False),
        sa.Column("event_info", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_events")),
    )
    with op.batch_alter_table("cluster_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cluster_events_step_id"), ["step_id"], unique=False)

    op.create_table(
        "cluster_instances",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("cluster_id", sa.String(length=64), nullable=False),
        sa.Column("node_group_id", sa.String(length=64), nullable=False),
        sa.Column("node_index", sa.BigInteger(), nullable=False),
        sa.Column("instance_name", sa.String(length=255), nullable=False),
        sa.Column("instance_id", sa.String(length=64), nullable=True),
        sa.Column("internal_ip", sa.String(length=64), nullable=True),
        sa.Column("management_ip", sa.String(length=64), nullable=True),
        sa.Column("storage_devices_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("dns_hostname", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_instances")),
        sa.UniqueConstraint("node_group_id", "node_index", name=op.f("uq_cluster_instances_node_group_id_node_index")),
    )
    with op.batch_alter_table("cluster_instances", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cluster_instances_cluster_id"), ["cluster_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cluster_instances_node_group_id"), ["node_group_id"], unique=False)

    op.create_table(
        "cluster_plugin_labels",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("plugin_name", sa.String(length=255), nullable=False),
        sa.Column(
            "plugin_labels",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="label → status, where it differs from the plugin's own",
        ),
        sa.Column("version_labels", sa.JSON(none_as_null=True), nullable=True, comment="version → label → status"),
        sa.PrimaryKeyConstraint("project_id", "plugin_name", name=op.f("pk_cluster_plugin_labels")),
    )
    op.create_table(
        "cluster_provision_steps",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("cluster_id", sa.String(length=64), nullable=False),
        sa.Column("step_name", sa.String(length=255), nullable=False),
        sa.Column("step_type", sa.String(length=36), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("successful", sa.Boolean(), nullable=True, comment="null while it is under way"),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_provision_steps")),
    )
    with op.batch_alter_table("cluster_provision_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cluster_provision_steps_cluster_id"), ["cluster_id"], unique=False)

    op.create_table(
        "cluster_templates",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("plugin_name", sa.String(length=255), nullable=False),
        sa.Column("plugin_version", sa.String(length=255), nullable=False),
        sa.Column("cluster_configs", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("default_image_id", sa.String(length=64), nullable=True),
        sa.Column("anti_affinity", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("neutron_management_network", sa.String(length=64), nullable=True),
        sa.Column("shares", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("domain_name", sa.String(length=255), nullable=True),
        sa.Column("use_autoconfig", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_protected", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_templates")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_cluster_templates_project_id_name")),
    )
    op.create_table(
        "cluster_verifications",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("cluster_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False, comment="CHECKING, GREEN, YELLOW, RED"),
        sa.Column("checks", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_verifications")),
        sa.UniqueConstraint("cluster_id", name=op.f("uq_cluster_verifications_cluster_id")),
    )
    op.create_table(
        "clusters",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("node_name", sa.String(length=255), nullable=False, comment="the name at first: nodes keep theirs"),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("plugin_name", sa.String(length=255), nullable=False),
        sa.Column("plugin_version", sa.String(length=255), nullable=False),
        sa.Column("cluster_configs", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("default_image_id", sa.String(length=64), nullable=True),
        sa.Column("anti_affinity", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("neutron_management_network", sa.String(length=64), nullable=True),
        sa.Column("shares", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("domain_name", sa.String(length=255), nullable=True),
        sa.Column("use_autoconfig", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_protected", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.Column("status", sa.String(length=64), nullable=False),
        sa.Column("status_description", sa.Text(), nullable=True),
        sa.Column("cluster_template_id", sa.String(length=64), nullable=True),
        sa.Column("user_keypair_id", sa.String(length=255), nullable=True),
        sa.Column("public_key", sa.Text(), nullable=True, comment="of the user's key pair, as it was read last"),
        sa.Column("is_transient", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("info", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("stack_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clusters")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_clusters_project_id_name")),
    )
    with op.batch_alter_table("clusters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clusters_cluster_template_id"), ["cluster_template_id"], unique=False)

    op.create_table(
        "node_group_templates",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("plugin_name", sa.String(length=255), nullable=False),
        sa.Column("plugin_version", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("flavor_id", sa.String(length=255), nullable=False),
        sa.Column("image_id", sa.String(length=64), nullable=True),
        sa.Column("node_processes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("node_configs", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("availability_zone", sa.String(length=255), nullable=True),
        sa.Column("floating_ip_pool", sa.String(length=64), nullable=True),
        sa.Column("security_groups", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("auto_security_group", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_proxy_gateway", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("use_autoconfig", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("shares", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("volumes_per_node", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("volumes_size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("volume_type", sa.String(length=255), nullable=True),
        sa.Column("volumes_availability_zone", sa.String(length=255), nullable=True),
        sa.Column("volume_mount_prefix", sa.String(length=255), nullable=True),
        sa.Column("volume_local_to_instance", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_protected", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_group_templates")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_node_group_templates_project_id_name")),
    )
    op.create_table(
        "node_groups",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("cluster_id", sa.String(length=64), nullable=False),
        sa.Column("node_group_template_id", sa.String(length=64), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="order in the cluster"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column(
            "next_index", sa.BigInteger(), server_default="0", nullable=False, comment="indexes are never used twice"
        ),
        sa.Column(
            "removed", sa.JSON(none_as_null=True), nullable=True, comment="indexes below next_index that are gone"
        ),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("flavor_id", sa.String(length=255), nullable=False),
        sa.Column("image_id", sa.String(length=64), nullable=True),
        sa.Column("node_processes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("node_configs", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("availability_zone", sa.String(length=255), nullable=True),
        sa.Column("floating_ip_pool", sa.String(length=64), nullable=True),
        sa.Column("security_groups", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("auto_security_group", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_proxy_gateway", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("use_autoconfig", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("shares", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("volumes_per_node", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("volumes_size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("volume_type", sa.String(length=255), nullable=True),
        sa.Column("volumes_availability_zone", sa.String(length=255), nullable=True),
        sa.Column("volume_mount_prefix", sa.String(length=255), nullable=True),
        sa.Column("volume_local_to_instance", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node_groups")),
        sa.UniqueConstraint("cluster_id", "name", name=op.f("uq_node_groups_cluster_id_name")),
    )
    with op.batch_alter_table("node_groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_node_groups_cluster_id"), ["cluster_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_node_groups_node_group_template_id"), ["node_group_template_id"], unique=False
        )

    op.create_table(
        "templates_relations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("cluster_template_id", sa.String(length=64), nullable=False),
        sa.Column("node_group_template_id", sa.String(length=64), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="order in the template"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column(
            "given",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="fields named in the request: they outlive changes of the node group template",
        ),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("flavor_id", sa.String(length=255), nullable=False),
        sa.Column("image_id", sa.String(length=64), nullable=True),
        sa.Column("node_processes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("node_configs", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("availability_zone", sa.String(length=255), nullable=True),
        sa.Column("floating_ip_pool", sa.String(length=64), nullable=True),
        sa.Column("security_groups", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("auto_security_group", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_proxy_gateway", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("use_autoconfig", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("shares", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("volumes_per_node", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("volumes_size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("volume_type", sa.String(length=255), nullable=True),
        sa.Column("volumes_availability_zone", sa.String(length=255), nullable=True),
        sa.Column("volume_mount_prefix", sa.String(length=255), nullable=True),
        sa.Column("volume_local_to_instance", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates_relations")),
        sa.UniqueConstraint(
            "cluster_template_id", "name", name=op.f("uq_templates_relations_cluster_template_id_name")
        ),
    )
    with op.batch_alter_table("templates_relations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_templates_relations_cluster_template_id"), ["cluster_template_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_templates_relations_node_group_template_id"), ["node_group_template_id"], unique=False
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
