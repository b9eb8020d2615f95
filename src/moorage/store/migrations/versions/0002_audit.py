"""What audits decided and did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_records",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("operation_id", sa.String(length=64), nullable=True),
        sa.Column("server_id", sa.String(length=64), nullable=True),
        sa.Column("volume_id", sa.String(length=64), nullable=True),
        sa.Column("table_row", sa.String(length=8), nullable=False, comment="of the decision table"),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("before_rows", sa.JSON(none_as_null=True), nullable=True, comment="the rows as they were, whole"),
        sa.Column("after_rows", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("is_dry_run", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_records")),
    )
    with op.batch_alter_table("audit_records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_records_operation_id"), ["operation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_records_server_id"), ["server_id"], unique=False)
    op.create_table(
        "audit_passes",
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("summary", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_audit_passes")),
    )


def downgrade() -> None:
    op.drop_table("audit_passes")
    op.drop_table("audit_records")
