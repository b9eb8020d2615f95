"""Which status allows what? From Cinder (``cinder/volume/api.py``)."""

from __future__ import annotations

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


def any_of(statuses: tuple[str, ...]) -> str:
    """``a or b or c``, as Cinder lists what it would accept."""
    return " or ".join(statuses)
