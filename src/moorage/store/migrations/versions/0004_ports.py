"""Ports on provider networks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ports",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("network_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("mac_address", sa.String(length=17), nullable=False),
        sa.Column("ip_address", sa.String(length=64), nullable=False),
        sa.Column("server_id", sa.String(length=64), nullable=True),
        sa.Column("device_index", sa.BigInteger(), nullable=True),
        sa.Column("is_made_for_server", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("tag", sa.String(length=60), nullable=True),
        sa.Column("device_owner", sa.String(length=255), nullable=False),
        sa.Column("device_id", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_ports")),
        sa.UniqueConstraint("id", name=op.f("uq_ports_id")),
        sa.UniqueConstraint("mac_address", name=op.f("uq_ports_mac_address")),
        sa.UniqueConstraint("network_id", "ip_address", name=op.f("uq_ports_network_id_ip_address")),
    )
    with op.batch_alter_table("ports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ports_project_id"), ["project_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ports_server_id"), ["server_id"], unique=False)


def downgrade() -> None:
    op.drop_table("ports")
