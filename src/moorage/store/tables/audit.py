"""What audits decided and did: enough to undo a removal by hand, and to see who asked for it."""

from __future__ import annotations

import sqlalchemy as sa

from moorage.store.tables.columns import Id, flag, json, key, metadata, number, text, time

audit_records = sa.Table(
    "audit_records", metadata,
    sa.Column("id", Id, primary_key=True),
    key("operation_id", nullable=True, index=True),
    key("server_id", nullable=True, index=True),
    key("volume_id", nullable=True),
    sa.Column("table_row", sa.String(8), nullable=False, comment="of the decision table"),
    sa.Column("action", sa.String(32), nullable=False),
    text("reason", nullable=False),
    json("evidence"),
    json("before_rows", comment="the rows as they were, whole"),
    json("after_rows"),
    text("result"),
    flag("is_dry_run"),
    key("user_id", nullable=True),
    sa.Column("request_id", sa.String(64)),
    time("created_at", nullable=False),
    time("finished_at"),
)  # fmt: skip

audit_passes = sa.Table(
    "audit_passes", metadata,
    number("slot"),
    sa.Column("mode", sa.String(8), nullable=False),
    time("started_at", nullable=False),
    time("finished_at"),
    json("summary"),
    sa.PrimaryKeyConstraint("slot"),
)  # fmt: skip
"""One row a firing of the periodic audit: of several processes the one that inserts it does the work."""
