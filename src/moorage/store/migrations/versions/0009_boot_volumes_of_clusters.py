"""Nodes of clusters may boot from volumes: existing rows do not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WITH_NODES = ("node_group_templates", "templates_relations", "node_groups")


def upgrade() -> None:
    for table in WITH_NODES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(_flag("boot_from_volume"))
            batch_op.add_column(sa.Column("boot_volume_type", sa.String(length=255), nullable=True))
            batch_op.add_column(sa.Column("boot_volume_availability_zone", sa.String(length=255), nullable=True))
            batch_op.add_column(_flag("boot_volume_local_to_instance"))
            batch_op.add_column(sa.Column("boot_volume_size", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("node_groups") as batch_op:
        comment = "size of boot volumes, settled when the group was made"
        batch_op.add_column(sa.Column("root_gib", sa.BigInteger(), nullable=True, comment=comment))
    with op.batch_alter_table("clusters") as batch_op:
        batch_op.add_column(_flag("keeps_boot_volumes", "the boot volumes stay when the cluster is deleted"))
    with op.batch_alter_table("cluster_instances") as batch_op:
        batch_op.add_column(sa.Column("boot_volume_id", sa.String(length=64), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("cluster_instances") as batch_op:
        batch_op.drop_column("boot_volume_id")
    with op.batch_alter_table("clusters") as batch_op:
        batch_op.drop_column("keeps_boot_volumes")
    with op.batch_alter_table("node_groups") as batch_op:
        batch_op.drop_column("root_gib")
    for table in WITH_NODES:
        with op.batch_alter_table(table) as batch_op:
            for column in (
                "boot_volume_size",
                "boot_volume_local_to_instance",
                "boot_volume_availability_zone",
                "boot_volume_type",
                "boot_from_volume",
            ):
                batch_op.drop_column(column)


def _flag(name: str, comment: str | None = None) -> sa.Column[bool]:
    """Rows that are there already get the default: strict databases refuse NOT NULL without one."""
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False, comment=comment)
