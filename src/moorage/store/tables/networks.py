"""Ports on provider networks. The networks themselves stand in the configuration.

Two unique constraints decide races for an address: whoever comes second looks for another one.
"""

from __future__ import annotations

import sqlalchemy as sa

from moorage.store.tables.columns import Id, Name, flag, key, metadata, number, text, time

ports = sa.Table(
    "ports", metadata,
    sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", Id, nullable=False, unique=True),
    key("project_id", index=True),
    key("user_id"),
    key("network_id"),
    sa.Column("name", Name, nullable=False),
    text("description", nullable=False),
    sa.Column("mac_address", sa.String(17), nullable=False, unique=True),
    sa.Column("ip_address", sa.String(64), nullable=False),
    key("server_id", nullable=True, index=True),
    number("device_index", nullable=True),
    flag("is_made_for_server"),
    sa.Column("tag", sa.String(60)),
    sa.Column("device_owner", Name, nullable=False),
    sa.Column("device_id", Name, nullable=False),
    time("created_at", nullable=False),
    time("updated_at", nullable=False),
    sa.UniqueConstraint("network_id", "ip_address"),
)  # fmt: skip
