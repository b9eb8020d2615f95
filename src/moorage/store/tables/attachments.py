"""One row says everything about "disk D on server S".

Compute reads it as a block device mapping, block storage as an attachment: two renderings of one fact, which therefore
cannot disagree. ``bdm_uuid`` is null where a client of block storage attached to something that is no server of ours;
``attachment_id`` is null where block storage has not been asked yet, or never will be (local disks).
"""

from __future__ import annotations

import sqlalchemy as sa

from moorage.store.tables.columns import Id, Name, flag, json, key, metadata, number, time

attachments = sa.Table(
    "attachments", metadata,
    sa.Column("id", Id, primary_key=True),
    key("project_id"),
    key("server_id", nullable=True, index=True),
    key("volume_id", nullable=True, index=True),
    # compute's view: the block device mapping
    sa.Column("bdm_uuid", Id, unique=True),
    sa.Column("source_type", sa.String(16)),
    sa.Column("destination_type", sa.String(16)),
    key("source_id", nullable=True),
    sa.Column("device_name", Name),
    sa.Column("tag", sa.String(60)),
    number("boot_index", nullable=True),
    flag("delete_on_termination"),
    number("volume_size_gib", nullable=True),
    sa.Column("volume_type", Name),
    sa.Column("disk_bus", sa.String(16)),
    sa.Column("device_type", sa.String(16)),
    sa.Column("guest_format", Name),
    # block storage's view: the attachment
    sa.Column("attachment_id", Id, unique=True),
    sa.Column("attach_status", sa.String(32), comment="reserved, attaching, attached, detaching, error_*"),
    sa.Column("attach_mode", sa.String(2)),
    json("connector"),
    json("connection_info"),
    sa.Column("mountpoint", Name),
    time("attached_at"),
    time("detached_at"),
    time("created_at", nullable=False),
    time("updated_at"),
)  # fmt: skip
