"""Which states has a server, what do clients see of them, and what may be done in which?"""

from __future__ import annotations

import enum

from moorage import errors
from moorage.compute.model.server import Server
from moorage.context import Context

BUILDING = "building"
ACTIVE = "active"
STOPPED = "stopped"
PAUSED = "paused"
SUSPENDED = "suspended"
RESCUED = "rescued"
RESIZED = "resized"
SOFT_DELETED = "soft-delete"
DELETED = "deleted"
ERROR = "error"
SHELVED = "shelved"
SHELVED_OFFLOADED = "shelved_offloaded"

DELETING = "deleting"
"""The task_state that outlasts all others: the server is on its way out."""


class Power(enum.IntEnum):
    """What the hypervisor was last seen to say."""

    NOSTATE = 0
    RUNNING = 1
    PAUSED = 3
    SHUTDOWN = 4
    CRASHED = 6
    SUSPENDED = 7


_STATUS = {
    ACTIVE: "ACTIVE", BUILDING: "BUILD", STOPPED: "SHUTOFF", RESIZED: "VERIFY_RESIZE", PAUSED: "PAUSED",
    SUSPENDED: "SUSPENDED", RESCUED: "RESCUE", DELETED: "DELETED", SOFT_DELETED: "SOFT_DELETED", ERROR: "ERROR",
    SHELVED: "SHELVED", SHELVED_OFFLOADED: "SHELVED_OFFLOADED",
}  # fmt: skip
_RESIZE = dict.fromkeys(("resize_prep", "resize_migrating", "resize_migrated", "resize_finish"), "RESIZE")
_REBUILD = dict.fromkeys(("rebuilding", "rebuild_block_device_mapping", "rebuild_spawning"), "REBUILD")
_BY_TASK = {
    ACTIVE: {
        "rebooting": "REBOOT", "reboot_pending": "REBOOT", "reboot_started": "REBOOT", "rebooting_hard": "HARD_REBOOT",
        "reboot_pending_hard": "HARD_REBOOT", "reboot_started_hard": "HARD_REBOOT", "updating_password": "PASSWORD",
        "migrating": "MIGRATING", **_REBUILD, **_RESIZE,
    },
    STOPPED: {**_RESIZE, **_REBUILD},
    RESIZED: {"resize_reverting": "REVERT_RESIZE"},
    PAUSED: {"migrating": "MIGRATING"},
    ERROR: _REBUILD,
}  # fmt: skip
STATUSES = frozenset(_STATUS.values()) | {status for tasks in _BY_TASK.values() for status in tasks.values()}


def status(vm_state: str, task_state: str | None) -> str:
    """The ``status`` clients see; UNKNOWN for a state that has none."""
    return _BY_TASK.get(vm_state, {}).get(task_state or "", _STATUS.get(vm_state, "UNKNOWN"))


def vm_states_of(wanted: str) -> list[str]:
    """The vm_states that can show as this status; empty for an unknown status."""
    found = [state for state, shown in _STATUS.items() if shown == wanted.upper()]
    return found or [state for state, tasks in _BY_TASK.items() if wanted.upper() in tasks.values()]


_HARD_REBOOT_TASKS = frozenset(
    {
        None, "rebooting", "reboot_pending", "reboot_started", "rebooting_hard", "resuming", "unpausing", "pausing",
        "suspending",
    }
)  # fmt: skip
_IDLE: frozenset[str | None] = frozenset({None})
ANY_TASK: frozenset[str | None] | None = None
_VOLUMES_CHANGE = frozenset({ACTIVE, PAUSED, STOPPED, RESIZED, SOFT_DELETED, SHELVED, SHELVED_OFFLOADED})

_RUNNING = frozenset({ACTIVE})
_HELD = frozenset({ACTIVE, STOPPED, PAUSED, SUSPENDED})
_REPAIRABLE = frozenset({ACTIVE, STOPPED, ERROR})
_ALLOWED: dict[str, tuple[frozenset[str], frozenset[str | None]]] = {
    "start": (frozenset({STOPPED}), _IDLE),
    "stop": (frozenset({ACTIVE, ERROR}), _IDLE),
    "reboot": (_RUNNING, _IDLE),
    "attach_volume": (_VOLUMES_CHANGE, _IDLE),
    "detach_volume": (_VOLUMES_CHANGE, _IDLE),
    "swap_volume": (frozenset({ACTIVE, PAUSED, RESIZED}), _IDLE),
    "swap_volume_shelved": (frozenset({SHELVED, SHELVED_OFFLOADED}), _IDLE),
    "reboot_hard": (frozenset({ACTIVE, STOPPED, PAUSED, SUSPENDED, ERROR}), _HARD_REBOOT_TASKS),
    "pause": (_RUNNING, _IDLE),
    "unpause": (frozenset({PAUSED}), _IDLE),
    "suspend": (_RUNNING, _IDLE),
    "resume": (frozenset({SUSPENDED}), _IDLE),
    "shelve": (_HELD, _IDLE),
    "shelveOffload": (frozenset({SHELVED}), _IDLE),
    "unshelve": (frozenset({SHELVED, SHELVED_OFFLOADED}), _IDLE),
    "rescue": (_REPAIRABLE, _IDLE),
    "unrescue": (frozenset({RESCUED}), _IDLE),
    "rebuild": (_REPAIRABLE, _IDLE),
    "restore": (frozenset({SOFT_DELETED}), _IDLE),
    "resize": (frozenset({ACTIVE, STOPPED}), _IDLE),
    "confirmResize": (frozenset({RESIZED}), _IDLE),
    "revertResize": (frozenset({RESIZED}), _IDLE),
    "createImage": (_HELD, _IDLE),
    "createBackup": (_HELD, _IDLE),
}
"""Action → (vm_states, task_states) that allow it, as Nova's guards have them."""


def check(server: Server, action: str, shown: str = "") -> None:
    """Raise Conflict, in Nova's words, unless the server's state allows the action.

    ``shown`` is the name in the message where it differs from the key of the table.
    """
    name = shown or action
    vm_states, task_states = _ALLOWED[action]
    for kind, value, allowed in (
        ("vm_state", server.vm_state, vm_states),
        ("task_state", server.task_state, task_states),
    ):
        if value not in allowed:
            raise errors.Conflict(f"Cannot '{name}' instance {server.id} while it is in {kind} {value}")
    if server.launched_at is None and action != "stop":
        raise errors.Conflict(f"Instance {server.id} is in an invalid state for '{name}'")


def check_lock(server: Server, context: Context) -> None:
    """A locked server can be changed by admins only."""
    if server.locked and not context.is_admin:
        raise errors.Conflict(f"Instance {server.id} is locked")


def check_host(server: Server) -> None:
    if server.host is None:
        raise errors.Conflict(f"Instance {server.id} is not ready")
