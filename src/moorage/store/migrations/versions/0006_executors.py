"""Who runs an operation, and which processes live."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "executors",
        sa.Column("id", sa.String(length=255), nullable=False, comment="a new one each time a process starts"),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column(
            "until", sa.Float(), nullable=False, comment="seconds since 1970 by the database's clock: then it is dead"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executors")),
    )
    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "executor",
                sa.String(length=255),
                nullable=True,
                comment="the process that runs it; null while it runs: whoever asks next goes on",
            )
        )
        batch_op.add_column(
            sa.Column(
                "journal_format",
                sa.String(length=16),
                nullable=True,
                comment="of the steps recorded so far; null before it first ran",
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.drop_column("journal_format")
        batch_op.drop_column("executor")
    op.drop_table("executors")
