"""Block storage: volumes, their types and snapshots, and how much of them a project may have."""

from __future__ import annotations

import sqlalchemy as sa

from moorage.store.tables.columns import Id, Name, flag, json, key, metadata, number, text, time

volume_types = sa.Table(
    "volume_types", metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", Name, nullable=False, unique=True),
    text("description"),
    flag("is_public", default=True),
    json("extra_specs", default=dict),
    json("project_access", default=list),
    key("qos_specs_id", nullable=True),
    time("created_at", nullable=False),
    time("updated_at"),
)  # fmt: skip

volumes = sa.Table(
    "volumes", metadata,
    sa.Column("id", Id, primary_key=True),
    key("project_id"),
    key("user_id"),
    sa.Column("name", Name),
    text("description"),
    number("size_gib"),
    sa.Column("extending_to_gib", sa.BigInteger, comment="what an extension under way will make it; counts as used"),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("previous_status", sa.String(32), comment="status before extending, uploading and the like"),
    sa.Column("attach_status", sa.String(32), nullable=False, default="detached", server_default="detached"),
    sa.Column("migration_status", sa.String(32)),
    sa.Column("availability_zone", Name, nullable=False),
    key("volume_type_id", nullable=True, index=True),
    sa.Column("backend", sa.String(64), nullable=False, comment="section of enabled_backends that holds it"),
    flag("bootable"),
    flag("multiattach"),
    sa.Column("readonly", sa.Boolean, comment="null until somebody sets it: only then users see it in the metadata"),
    key("source_volid", nullable=True),
    key("snapshot_id", nullable=True),
    key("image_id", nullable=True),
    json("metadata", default=dict),
    json("image_metadata", default=dict),
    key("created_for_server", nullable=True),
    time("created_at", nullable=False),
    time("updated_at"),
    time("launched_at"),
    sa.Index("ix_volumes_listing", "project_id", "created_at", "id"),
    sa.Index("ix_volumes_everywhere", "created_at", "id"),
)  # fmt: skip

snapshots = sa.Table(
    "snapshots", metadata,
    sa.Column("id", Id, primary_key=True),
    key("project_id"),
    key("user_id"),
    key("volume_id", index=True),
    sa.Column("name", Name),
    text("description"),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("progress", sa.String(8), nullable=False, default="0%"),
    number("size_gib"),
    json("metadata", default=dict),
    time("created_at", nullable=False),
    time("updated_at"),
    sa.Index("ix_snapshots_listing", "project_id", "created_at", "id"),
    sa.Index("ix_snapshots_everywhere", "created_at", "id"),
)  # fmt: skip

quotas = sa.Table(
    "quotas", metadata,
    sa.Column("service", sa.String(16), primary_key=True, comment="compute or volume"),
    sa.Column("project_id", Id, primary_key=True, comment="'' holds the defaults set by the quota class"),
    sa.Column("resource", Name, primary_key=True),
    number("hard_limit"),
)  # fmt: skip

qos_specs = sa.Table(
    "qos_specs", metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", Name, nullable=False, unique=True),
    sa.Column("consumer", sa.String(16), nullable=False),
    json("specs", default=dict),
)  # fmt: skip

transfers = sa.Table(
    "transfers", metadata,
    sa.Column("id", Id, primary_key=True),
    key("volume_id"),
    key("project_id"),
    sa.Column("name", Name),
    sa.Column("key_hash", sa.String(128), nullable=False),
    sa.Column("salt", sa.String(32), nullable=False),
    flag("no_snapshots"),
    time("created_at", nullable=False),
)  # fmt: skip

messages = sa.Table(
    "messages", metadata,
    sa.Column("id", Id, primary_key=True),
    key("project_id", index=True),
    sa.Column("event_id", sa.String(64), nullable=False),
    sa.Column("level", sa.String(16), nullable=False),
    text("user_message", nullable=False),
    sa.Column("resource_type", sa.String(32)),
    key("resource_uuid", nullable=True),
    sa.Column("request_id", sa.String(64)),
    time("created_at", nullable=False),
    time("guaranteed_until", nullable=False),
)  # fmt: skip

volume_backends = sa.Table(
    "volume_backends", metadata,
    sa.Column("name", sa.String(64), primary_key=True, comment="section of enabled_backends"),
    flag("disabled"),
    text("disabled_reason"),
    flag("frozen"),
    sa.Column("total_gib", sa.Float, comment="as the backend said last; null before it was asked"),
    sa.Column("free_gib", sa.Float),
    time("updated_at"),
)  # fmt: skip
