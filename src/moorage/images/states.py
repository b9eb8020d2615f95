"""Which status may follow which?

From Glance (``glance/domain/__init__.py``), without the states of interfaces that are not served here.
"""

from __future__ import annotations

from moorage import errors

QUEUED = "queued"
SAVING = "saving"
ACTIVE = "active"
DEACTIVATED = "deactivated"
DELETED = "deleted"

_NEXT = {
    QUEUED: {SAVING, ACTIVE, DELETED},
    SAVING: {ACTIVE, QUEUED, DELETED},
    ACTIVE: {DEACTIVATED, DELETED},
    DEACTIVATED: {ACTIVE, DELETED},
}


def check(current: str, wanted: str) -> None:
    """``errors.Conflict`` unless ``wanted`` may follow ``current``."""
    if wanted not in _NEXT.get(current, set()):
        raise errors.Conflict(f"Image status transition from {current} to {wanted} is not allowed")
