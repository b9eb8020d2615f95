"""Stacks and what they consist of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stack_resources",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("stack_id", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.String(length=64), nullable=True),
        sa.Column("path", sa.Text(), nullable=False, comment="names from the top, such as workers/0/inst"),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=False),
        sa.Column("physical_id", sa.String(length=64), nullable=True),
        sa.Column(
            "subject", sa.String(length=80), nullable=True, comment="whose operations have to end before the next look"
        ),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("progress", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("properties", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("requires", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("is_retained", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_replaced", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.Column("look_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_stack_resources")),
        sa.UniqueConstraint("id", name=op.f("uq_stack_resources_id")),
    )
    with op.batch_alter_table("stack_resources", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stack_resources_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stack_resources_stack_id"), ["stack_id"], unique=False)

    op.create_table(
        "stacks",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("template", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("files", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("parameters", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("timeout_s", sa.BigInteger(), nullable=False),
        sa.Column("has_rollback", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False, comment="CREATE, UPDATE, ROLLBACK, DELETE"),
        sa.Column("progress", sa.String(length=16), nullable=False, comment="IN_PROGRESS, COMPLETE, FAILED"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column(
            "request_key", sa.String(length=255), nullable=False, comment="of the request that began the current action"
        ),
        sa.Column(
            "previous",
            sa.JSON(none_as_null=True),
            nullable=True,
            comment="template, files and parameters before the update that goes on",
        ),
        sa.Column("outputs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("is_delete_requested", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=True),
        sa.Column("deadline_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stacks")),
    )
    with op.batch_alter_table("stacks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stacks_project_id"), ["project_id"], unique=False)

    op.create_table(
        "wait_signals",
        sa.Column("handle_id", sa.String(length=64), nullable=False),
        sa.Column("signal_id", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False, comment="SUCCESS or FAILURE"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("handle_id", "signal_id", name=op.f("pk_wait_signals")),
    )
    op.create_table(
        "wait_tokens",
        sa.Column(
            "hash", sa.String(length=64), nullable=False, comment="SHA-256 of a token; the token itself is not kept"
        ),
        sa.Column("handle_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_wait_tokens")),
    )
    with op.batch_alter_table("wait_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wait_tokens_handle_id"), ["handle_id"], unique=False)


def downgrade() -> None:
    op.drop_table("wait_tokens")
    op.drop_table("wait_signals")
    op.drop_table("stacks")
    op.drop_table("stack_resources")
