"""Pages of lists over all projects cost the same however many rows there are."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INDEXES = {
    "servers": ["deleted_at", "created_at", "id"],
    "volumes": ["created_at", "id"],
    "snapshots": ["created_at", "id"],
}


def upgrade() -> None:
    for table, columns in _INDEXES.items():
        op.create_index(f"ix_{table}_everywhere", table, columns)


def downgrade() -> None:
    for table in _INDEXES:
        op.drop_index(f"ix_{table}_everywhere", table)
