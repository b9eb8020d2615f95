"""Compute: servers and what describes them."""

from __future__ import annotations

import sqlalchemy as sa

from moorage.store.tables.columns import Id, Name, flag, json, key, metadata, number, text, time

flavors = sa.Table(
    "flavors", metadata,
    sa.Column("id", Name, primary_key=True),
    sa.Column("name", Name, nullable=False, unique=True),
    number("vcpus"),
    number("ram_mib"),
    number("disk_gib", 0),
    number("ephemeral_gib", 0),
    number("swap_mib", 0),
    sa.Column("rxtx_factor", sa.Float, nullable=False, default=1.0),
    flag("is_public", default=True),
    flag("disabled"),
    text("description"),
    json("extra_specs", default=dict),
    json("project_access", default=list),
    time("created_at", nullable=False),
)  # fmt: skip

keypairs = sa.Table(
    "keypairs", metadata,
    sa.Column("user_id", Id, primary_key=True),
    sa.Column("name", Name, primary_key=True),
    number("serial"),
    sa.Column("type", sa.String(8), nullable=False),
    sa.Column("fingerprint", Name, nullable=False),
    text("public_key", nullable=False),
    time("created_at", nullable=False),
)  # fmt: skip

servers = sa.Table(
    "servers", metadata,
    sa.Column("id", Id, primary_key=True),
    key("project_id"),
    key("user_id"),
    sa.Column("name", Name, nullable=False),
    sa.Column("hostname", Name, nullable=False),
    text("description"),
    sa.Column("vm_state", sa.String(32), nullable=False),
    sa.Column("task_state", sa.String(48)),
    number("power_state", 0),
    number("progress", 0),
    json("flavor", nullable=False),
    number("vcpus", 0),
    number("ram_mib", 0),
    key("image_ref", nullable=True),
    sa.Column("key_name", Name),
    sa.Column("availability_zone", Name),
    sa.Column("pinned_availability_zone", Name),
    sa.Column("host", Name, comment="hypervisor that holds the guest; null before placement and while offloaded"),
    sa.Column("driver", sa.String(32), nullable=False, comment="hypervisor driver that holds or last held the guest"),
    json("identity", comment="connector (WWPNs) and driver handles; cleared only after the last confirmed unmap"),
    json("metadata", default=dict),
    json("system_metadata", default=dict),
    json("tags", default=list),
    json("scheduler_hints", default=dict),
    json("fault"),
    text("user_data"),
    flag("config_drive"),
    flag("locked"),
    sa.Column("locked_by", sa.String(16)),
    text("locked_reason"),
    sa.Column("access_ip_v4", sa.String(64)),
    sa.Column("access_ip_v6", sa.String(64)),
    sa.Column("disk_config", sa.String(8), nullable=False, default="MANUAL"),
    sa.Column("root_device_name", Name),
    key("reservation_id", nullable=True),
    number("launch_index", 0),
    flag("cancel_requested"),
    time("created_at", nullable=False),
    time("updated_at"),
    time("launched_at"),
    time("terminated_at"),
    time("deleted_at"),
    sa.Index("ix_servers_listing", "project_id", "deleted_at", "created_at", "id"),
    sa.Index("ix_servers_everywhere", "deleted_at", "created_at", "id"),
    sa.Index("ix_servers_placed", "host", "deleted_at", "vcpus", "ram_mib"),
)  # fmt: skip

server_groups = sa.Table(
    "server_groups", metadata,
    sa.Column("id", Id, primary_key=True),
    key("project_id", index=True),
    key("user_id"),
    sa.Column("name", Name, nullable=False),
    sa.Column("policy", sa.String(32), nullable=False),
    json("rules", default=dict),
    json("members", default=list),
    time("created_at", nullable=False),
)  # fmt: skip

services = sa.Table(
    "services", metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("host", Name, nullable=False),
    sa.Column("binary", sa.String(64), nullable=False),
    sa.Column("zone", Name, nullable=False),
    flag("disabled"),
    text("disabled_reason"),
    flag("forced_down"),
    time("updated_at"),
    sa.UniqueConstraint("host", "binary"),
)  # fmt: skip

hypervisors = sa.Table(
    "hypervisors", metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", Name, nullable=False, unique=True),
    sa.Column("driver", sa.String(32), nullable=False),
    sa.Column("hypervisor_type", sa.String(32), nullable=False),
    number("version", 0),
    number("vcpus", 0),
    number("memory_mib", 0),
    number("disk_gib", 0),
    flag("up", default=True),
    time("updated_at"),
)  # fmt: skip
