"""Which status allows what? From Cinder (``cinder/volume/api.py``)."""

from __future__ import annotations

from moorage import errors

AVAILABLE = "available"
CREATING = "creating"
DOWNLOADING = "downloading"
DELETING = "deleting"
ERROR = "error"
ERROR_DELETING = "error_deleting"
ERROR_EXTENDING = "error_extending"
EXTENDING = "extending"
IN_USE = "in-use"
UPLOADING = "uploading"
AWAITING_TRANSFER = "awaiting-transfer"

UNFINISHED = (CREATING, DOWNLOADING)
"""The content is still being made."""

DELETABLE = (AVAILABLE, ERROR, "error_restoring", ERROR_EXTENDING, "error_managing")
NOT_MIGRATING = (None, "none", "deleting", "error", "success")
MOVING = ("starting", "migrating")
"""The ``migration_status`` of a volume whose content is on its way to another backend."""
COMPLETING = "completing"
"""It is there, and what it left behind is being removed."""
MAINTENANCE = "maintenance"
RETYPING = "retyping"

RESETTABLE = (
    "attaching", "available", "awaiting-transfer", "backing-up", "creating", "deleting", "detaching", "downloading",
    "error", "error_deleting", "error_extending", "error_restoring", "extending", "in-use", "maintenance", "reserved",
    "restoring-backup", "retyping", "uploading", "managing", "error_managing", "error_managing_deleting", "unmanaging",
    "error_backing-up",
)  # fmt: skip
"""What an admin may set a volume's status to."""
ATTACH_RESETTABLE = ("detached", "attached", "attaching", "detaching", "reserved", "error_attaching", "error_detaching")
SNAPSHOT_RESETTABLE = (
    "error", "available", "creating", "deleting", "deleted", "updating", "error_deleting", "unmanaging", "backing-up",
    "restoring",
)  # fmt: skip


def must_be_movable(volume_id: str) -> str:
    """Why a volume may not change its type or backend, as Cinder lists the reasons."""
    return (
        f"Invalid volume: Volume {volume_id} status must be available or in-use, must not be migrating, have "
        "snapshots, be replicated, be part of a group and destination host/cluster must be different than the current "
        "one"
    )


def any_of(statuses: tuple[str, ...]) -> str:
    """``a or b or c``, as Cinder lists what it would accept."""
    return " or ".join(statuses)


def require_still(volume_id: str, migration_status: str | None) -> None:
    """400 while the volume's content is on its way to another backend."""
    if migration_status in MOVING:
        raise errors.BadRequest(f"Invalid volume: Volume {volume_id} is migrating.")
