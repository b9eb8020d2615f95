"""What the servers on each hypervisor take is summed from one index: every boot asks it."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_servers_placed", "servers", ["host", "deleted_at", "vcpus", "ram_mib"])
    op.drop_index("ix_servers_host", "servers")


def downgrade() -> None:
    op.create_index("ix_servers_host", "servers", ["host"])
    op.drop_index("ix_servers_placed", "servers")
