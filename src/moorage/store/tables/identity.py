"""Identity: who may do what, and the tokens that prove it."""

from __future__ import annotations

import sqlalchemy as sa

from moorage.store.tables.columns import Id, Name, flag, json, key, metadata, text, time

domains = sa.Table(
    "domains", metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", Name, nullable=False, unique=True),
    text("description", nullable=False, default=""),
    flag("enabled", default=True),
)  # fmt: skip

projects = sa.Table(
    "projects", metadata,
    sa.Column("id", Id, primary_key=True),
    key("domain_id"),
    key("parent_id", nullable=True),
    sa.Column("name", Name, nullable=False),
    text("description", nullable=False, default=""),
    flag("enabled", default=True),
    json("tags", default=list),
    json("extra", default=dict),
    sa.UniqueConstraint("domain_id", "name"),
)  # fmt: skip

users = sa.Table(
    "users", metadata,
    sa.Column("id", Id, primary_key=True),
    key("domain_id"),
    sa.Column("name", Name, nullable=False),
    text("password_hash"),
    text("description", nullable=False, default=""),
    text("email"),
    key("default_project_id", nullable=True),
    flag("enabled", default=True),
    json("extra", default=dict),
    time("created_at", nullable=False),
    sa.UniqueConstraint("domain_id", "name"),
)  # fmt: skip

groups = sa.Table(
    "groups", metadata,
    sa.Column("id", Id, primary_key=True),
    key("domain_id"),
    sa.Column("name", Name, nullable=False),
    text("description", nullable=False, default=""),
    sa.UniqueConstraint("domain_id", "name"),
)  # fmt: skip

group_members = sa.Table(
    "group_members", metadata,
    sa.Column("group_id", Id, primary_key=True),
    sa.Column("user_id", Id, primary_key=True),
)  # fmt: skip

roles = sa.Table(
    "roles", metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", Name, nullable=False, unique=True),
    text("description", nullable=False, default=""),
)  # fmt: skip

role_assignments = sa.Table(
    "role_assignments", metadata,
    sa.Column("actor_kind", sa.String(8), primary_key=True, comment="user or group"),
    sa.Column("actor_id", Id, primary_key=True),
    sa.Column("scope_kind", sa.String(8), primary_key=True, comment="project, domain or system"),
    sa.Column("scope_id", Id, primary_key=True, comment="'all' for system"),
    sa.Column("role_id", Id, primary_key=True),
)  # fmt: skip

tokens = sa.Table(
    "tokens", metadata,
    sa.Column("digest", sa.String(64), primary_key=True, comment="SHA-256 of the token; the token itself is not kept"),
    key("user_id", index=True),
    key("project_id", nullable=True, index=True),
    json("body", nullable=False),
    time("issued_at", nullable=False),
    time("expires_at", nullable=False),
    sa.Index("ix_tokens_expires_at", "expires_at"),
)  # fmt: skip
