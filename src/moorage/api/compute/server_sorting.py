"""In which order does a list of servers come?"""

from __future__ import annotations

from moorage import errors
from moorage.api.wire import Call

_COLUMNS = {
    "access_ip_v4": "access_ip_v4", "access_ip_v6": "access_ip_v6", "auto_disk_config": "disk_config",
    "availability_zone": "availability_zone", "config_drive": "config_drive", "created_at": "created_at",
    "display_description": "description", "display_name": "name", "host": "host", "hostname": "hostname",
    "image_ref": "image_ref", "instance_type_id": "vcpus", "kernel_id": "", "key_name": "key_name",
    "launch_index": "launch_index", "launched_at": "launched_at", "locked_by": "locked_by", "node": "host",
    "power_state": "power_state", "progress": "progress", "project_id": "project_id", "ramdisk_id": "",
    "root_device_name": "root_device_name", "task_state": "task_state", "terminated_at": "terminated_at",
    "updated_at": "updated_at", "user_id": "user_id", "uuid": "id", "vm_state": "vm_state",
}  # fmt: skip
"""Sort key → column; empty for what all servers have the same."""
_IGNORED = frozenset(
    {
        "architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device", "deleted",
        "deleted_at", "disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id", "key_data", "launched_on",
        "memory_mb", "os_type", "reservation_id", "root_gb", "shutdown_terminate", "user_data", "vcpus", "vm_mode",
    }
)  # fmt: skip
"""Sort keys that Nova takes below 2.75 and does nothing with."""


def sort_of(call: Call) -> tuple[tuple[str, bool], ...]:
    """Columns with whether they ascend: what is asked for, else newest first; the id decides between equals."""
    keys = [key.strip() for key in call.query.getlist("sort_key")]
    directions = [direction.strip() for direction in call.query.getlist("sort_dir")] or ["desc"]
    keys, directions = _without_ignored(call, keys or ["created_at"], directions)
    if any(direction not in ("asc", "desc") for direction in directions):
        raise errors.BadRequest("Invalid input received: Unknown sort direction, must be 'desc' or 'asc'")
    if len(directions) > max(len(keys), 1):
        raise errors.BadRequest("Invalid input received: Sort direction size exceeds sort key size")
    default = directions[0] if directions else "desc"
    directions += [default] * (len(keys) - len(directions))
    columns = _columns(call) | {"id": "id"}
    pairs: dict[str, bool] = {}
    for key, direction in [*zip(keys, directions, strict=False), ("created_at", default), ("id", default)]:
        if columns[key]:
            pairs.setdefault(columns[key], direction == "asc")
    return tuple(pairs.items())


def _columns(call: Call) -> dict[str, str]:
    return _COLUMNS | ({"locked": "locked"} if call.at_least(2, 73) else {})


def _without_ignored(call: Call, keys: list[str], directions: list[str]) -> tuple[list[str], list[str]]:
    columns, kept = _columns(call), list[str]()
    ignored = _IGNORED | {"locked"} if not call.at_least(2, 75) else frozenset()
    for key in keys:
        if key in columns:
            if key in ("host", "node") and not call.context.is_admin:
                raise errors.Forbidden(f"Only administrators can sort servers by {key}")
            kept.append(key)
        elif key in ignored:
            if len(directions) > len(kept):
                directions = directions[: len(kept)] + directions[len(kept) + 1 :]
        else:
            known = sorted({*columns, *ignored})
            raise errors.BadRequest(
                f"Invalid input for query parameters sort_key. Value: {key[:200]}. {key[:200]!r} is not one of {known}"
            )
    return kept, directions
