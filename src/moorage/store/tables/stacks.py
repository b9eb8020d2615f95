"""Stacks, what they consist of, and what guests said to their wait conditions."""

from __future__ import annotations

import sqlalchemy as sa

from moorage.store.tables.columns import Id, Name, flag, json, key, metadata, number, text, time

stacks = sa.Table(
    "stacks", metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", Name, nullable=False),
    key("project_id", index=True),
    key("user_id"),
    json("template", nullable=False),
    json("files", default=dict, nullable=False),
    json("parameters", default=dict, nullable=False),
    number("timeout_s"),
    flag("has_rollback"),
    sa.Column("action", sa.String(16), nullable=False, comment="CREATE, UPDATE, ROLLBACK, DELETE"),
    sa.Column("progress", sa.String(16), nullable=False, comment="IN_PROGRESS, COMPLETE, FAILED"),
    text("reason"),
    number("generation"),
    sa.Column("request_key", Name, nullable=False, comment="of the request that began the current action"),
    json("previous", comment="template, files and parameters before the update that goes on"),
    json("outputs", default=dict, nullable=False),
    flag("is_delete_requested"),
    time("created_at", nullable=False),
    time("updated_at"),
    time("deadline_at", nullable=False),
)  # fmt: skip

stack_resources = sa.Table(
    "stack_resources", metadata,
    sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", Id, nullable=False, unique=True),
    key("stack_id", index=True),
    key("parent_id", nullable=True, index=True),
    text("path", nullable=False, comment="names from the top, such as workers/0/inst"),
    sa.Column("name", Name, nullable=False),
    sa.Column("type", Name, nullable=False),
    key("physical_id", nullable=True),
    sa.Column("subject", sa.String(80), comment="whose operations have to end before the next look"),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("progress", sa.String(16), nullable=False),
    text("reason"),
    number("generation"),
    json("properties", default=dict, nullable=False),
    json("data", default=dict, nullable=False),
    json("requires", default=list, nullable=False),
    flag("is_retained"),
    flag("is_replaced"),
    time("created_at", nullable=False),
    time("updated_at"),
    time("look_at"),
)  # fmt: skip

wait_tokens = sa.Table(
    "wait_tokens", metadata,
    sa.Column("hash", sa.String(64), primary_key=True, comment="SHA-256 of a token; the token itself is not kept"),
    key("handle_id", index=True),
)  # fmt: skip

wait_signals = sa.Table(
    "wait_signals", metadata,
    sa.Column("handle_id", Id, primary_key=True),
    sa.Column("signal_id", Name, primary_key=True),
    sa.Column("status", sa.String(16), nullable=False, comment="SUCCESS or FAILURE"),
    text("reason", nullable=False),
    json("data"),
    time("received_at", nullable=False),
)  # fmt: skip
