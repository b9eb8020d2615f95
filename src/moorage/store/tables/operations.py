"""Durable operations: what was asked for, written in the same transaction as the rows it concerns.

``instance_actions`` and their events are what clients see of operations on a server.
"""

from __future__ import annotations

import sqlalchemy as sa

from moorage.store.tables.columns import Id, Name, json, key, metadata, number, text, time

operations = sa.Table(
    "operations", metadata,
    sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", Id, nullable=False, unique=True, comment="also the engine's workflow id"),
    sa.Column("kind", sa.String(48), nullable=False),
    sa.Column("subject", sa.String(80), nullable=False, comment="'server/<id>': one operation a subject at a time"),
    json("args", nullable=False),
    sa.Column("state", sa.String(16), nullable=False, comment="pending, running, succeeded, failed"),
    sa.Column("executor", Name, comment="the process that runs it; null while it runs: whoever asks next goes on"),
    sa.Column("journal_format", sa.String(16), comment="of the steps recorded so far; null before it first ran"),
    sa.Column("step", sa.String(64), comment="the step begun last"),
    text("error"),
    number("retries", 0),
    time("step_at"),
    key("project_id", nullable=True),
    key("user_id", nullable=True),
    sa.Column("request_id", sa.String(64)),
    key("action_id", nullable=True),
    time("created_at", nullable=False),
    time("started_at"),
    time("finished_at"),
    sa.Index("ix_operations_subject", "subject", "finished_at", "sequence"),
)  # fmt: skip
is_unfinished = operations.c.finished_at.is_(None)
sa.Index(
    "ix_operations_unfinished", operations.c.sequence, sqlite_where=is_unfinished, postgresql_where=is_unfinished,
)  # fmt: skip
"""As small as what is under way, however many operations there have been."""

executors = sa.Table(
    "executors", metadata,
    sa.Column("id", Name, primary_key=True, comment="a new one each time a process starts"),
    sa.Column("host", Name, nullable=False),
    number("pid"),
    sa.Column("until", sa.Float, nullable=False, comment="seconds since 1970 by the database's clock: then it is dead"),
)  # fmt: skip
"""Processes that run operations, on PostgreSQL."""

instance_actions = sa.Table(
    "instance_actions", metadata,
    sa.Column("id", Id, primary_key=True),
    key("server_id", index=True),
    key("project_id"),
    key("user_id"),
    sa.Column("request_id", sa.String(64), nullable=False),
    sa.Column("action", sa.String(48), nullable=False),
    text("message"),
    time("started_at", nullable=False),
    time("updated_at", nullable=False),
)  # fmt: skip

action_events = sa.Table(
    "action_events", metadata,
    sa.Column("id", Id, primary_key=True),
    key("action_id", index=True),
    sa.Column("event", Name, nullable=False),
    sa.Column("host", Name),
    sa.Column("result", sa.String(16)),
    text("details"),
    text("traceback"),
    time("started_at", nullable=False),
    time("finished_at"),
)  # fmt: skip
