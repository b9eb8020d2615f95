"""What is under way is found in an index of its own: it stays small when operations are many."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_UNFINISHED = sa.text("finished_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_operations_unfinished", "operations", ["sequence"],
        sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED,
    )  # fmt: skip
    op.drop_index("ix_operations_state", "operations")
    op.drop_index("ix_operations_subject", "operations")
    op.create_index("ix_operations_subject", "operations", ["subject", "finished_at", "sequence"])


def downgrade() -> None:
    op.drop_index("ix_operations_subject", "operations")
    op.create_index("ix_operations_subject", "operations", ["subject", "state", "sequence"])
    op.create_index("ix_operations_state", "operations", ["state", "sequence"])
    op.drop_index("ix_operations_unfinished", "operations")
