"""Images: what a volume or a local root disk is filled from. The bytes are files, named by image id."""

from __future__ import annotations

import sqlalchemy as sa

from moorage.store.tables.columns import Id, Name, flag, json, key, metadata, number, text, time

images = sa.Table(
    "images", metadata,
    sa.Column("id", Id, primary_key=True),
    key("owner", nullable=True, index=True),
    sa.Column("name", Name),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("visibility", sa.String(16), nullable=False),
    flag("protected"),
    flag("os_hidden"),
    sa.Column("disk_format", sa.String(20)),
    sa.Column("container_format", sa.String(20)),
    number("min_disk", 0),
    number("min_ram", 0),
    number("size", nullable=True),
    number("virtual_size", nullable=True),
    sa.Column("checksum", sa.String(32), comment="MD5, as Glance shows it"),
    sa.Column("os_hash_algo", sa.String(16)),
    sa.Column("os_hash_value", sa.String(128)),
    text("location", comment="file name below the image directory; null before upload"),
    json("properties", default=dict),
    json("tags", default=list),
    time("created_at", nullable=False),
    time("updated_at", nullable=False),
    time("deleted_at"),
)  # fmt: skip

image_members = sa.Table(
    "image_members", metadata,
    sa.Column("image_id", Id, primary_key=True),
    sa.Column("member_id", Id, primary_key=True),
    sa.Column("status", sa.String(16), nullable=False),
    time("created_at", nullable=False),
    time("updated_at", nullable=False),
)  # fmt: skip
