"""What does a volume's status follow from? From its attachments, by the rule Cinder applies."""

from __future__ import annotations

from collections.abc import Iterable

RESERVED = "reserved"
ATTACHING = "attaching"
ATTACHED = "attached"
DETACHING = "detaching"

_VOLUME_STATUS = {ATTACHED: "in-use", ATTACHING: "attaching", DETACHING: "detaching", RESERVED: "reserved"}
_ATTACH_STATUS = {ATTACHED: "attached", ATTACHING: "attaching", DETACHING: "detaching", RESERVED: "detached"}


def volume_status(statuses: Iterable[str | None]) -> tuple[str, str]:
    """``(status, attach_status)`` of a volume with these attachments; ``error_*`` ones do not count."""
    for status in (ATTACHED, ATTACHING, DETACHING, RESERVED):
        if status in statuses:
            return _VOLUME_STATUS[status], _ATTACH_STATUS[status]
    return "available", "detached"
