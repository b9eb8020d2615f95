"""What does it mean for a server that its guest was seen in a state nobody asked for?

A guest that went down shows as SHUTOFF, one that came up as ACTIVE, one that cannot run as ERROR with the reason.
A hard reboot and delete lead out of each, start out of SHUTOFF, stop out of ERROR. What is in a state of its own
(building, rescued, resized, shelved) keeps that, and only its power state changes.
"""

from __future__ import annotations

from typing import Any

from moorage import clock
from moorage.compute import states
from moorage.compute.model.guest import GuestState
from moorage.compute.model.server import Server
from moorage.compute.states import Power

WATCHED = (
    states.ACTIVE, states.STOPPED, states.PAUSED, states.SUSPENDED, states.ERROR, states.RESCUED, states.RESIZED,
)  # fmt: skip
"""Servers whose guest is on a host. SHELVED ones are left alone: their guest is off on purpose."""
_FOLLOWING = (states.ACTIVE, states.STOPPED)
_BY_FAULT = "guest_fault"
"""In ``system_metadata``: the server is in ERROR for what its guest said, so its guest can end that too."""


def changes(server: Server, seen: GuestState) -> dict[str, Any]:
    """The columns that say something else now; empty if the server shows what was seen.

    NOSTATE is a guest between two states, or one that cannot be seen: the server keeps what it shows.
    """
    if seen.power_state == Power.NOSTATE or server.launched_at is None or server.vm_state not in WATCHED:
        return {}
    power = {} if server.power_state == seen.power_state else {"power_state": seen.power_state}
    has_said = _BY_FAULT in server.system_metadata
    if server.vm_state not in _FOLLOWING and not (server.vm_state == states.ERROR and has_said):
        return power
    if seen.fault and seen.power_state != Power.RUNNING:
        return power | _failing(server, seen)
    return power | _well(server, seen)


def _failing(server: Server, seen: GuestState) -> dict[str, Any]:
    if server.vm_state == states.ERROR and (server.fault or {}).get("message") == seen.fault:
        return {}
    return {"vm_state": states.ERROR, **_said(server, seen.fault)}


def _well(server: Server, seen: GuestState) -> dict[str, Any]:
    """A guest that runs with a fault stays ACTIVE; the fault is kept for when it fails."""
    found: dict[str, Any] = {}
    vm_state = states.ACTIVE if seen.power_state == Power.RUNNING else states.STOPPED
    if seen.power_state in (Power.RUNNING, Power.SHUTDOWN, Power.CRASHED) and server.vm_state != vm_state:
        found["vm_state"] = vm_state
    if (server.fault or {}).get("message", "") != seen.fault and (seen.fault or _BY_FAULT in server.system_metadata):
        found |= _said(server, seen.fault)
    return found


def _said(server: Server, text: str) -> dict[str, Any]:
    kept = {key: value for key, value in server.system_metadata.items() if key != _BY_FAULT}
    if not text:
        return {"fault": None, "system_metadata": kept}
    now = clock.now().isoformat(timespec="seconds") + "Z"
    fault = {"code": 500, "message": text[:255], "created": now, "details": text}
    return {"fault": fault, "system_metadata": {**kept, _BY_FAULT: True}}
