"""Actions that only change a server's row: lock, unlock and reset its state."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.compute.server_fields import one_of
from moorage.api.wire import Call
from moorage.api.wire.body import refusal
from moorage.api.wire.route import Rule
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.operations import service as operations
from moorage.store import Tx

_OVERRIDE = "os_compute_api:os-lock-server:unlock:unlock_override"
_STATES = one_of("active", "error")


def check_reason(call: Call, value: Any) -> None:
    """From 2.73 a lock may say why; before, its value means nothing."""
    if not call.at_least(2, 73) or value is None:
        return
    if not isinstance(value, dict):
        raise refusal("lock", value, f"{value!r} is not of type 'object', 'null'")
    if unknown := [name for name in value if name != "locked_reason"]:
        raise refusal("lock", value, f"Additional properties are not allowed ('{unknown[0]}' was unexpected)")
    if "locked_reason" in value:
        _check_text("locked_reason", value["locked_reason"])


def _check_text(field: str, text: Any) -> None:
    if not isinstance(text, str):
        raise refusal(field, text, f"{text!r} is not of type 'string'")
    if not text:
        raise refusal(field, text, "'' should be non-empty")
    if len(text) > 255:
        raise refusal(field, text, f"{text[:200]!r} is too long")


def lock(call: Call, tx: Tx, server: Server, value: Any) -> None:
    """Locked once, the first locker stays: an owner's lock does not become an admin's."""
    is_owner = server.project_id == call.context.project_id
    by = server.locked_by if server.locked else ("owner" if is_owner else "admin")
    reason = value.get("locked_reason") if isinstance(value, dict) and call.at_least(2, 73) else None
    servers.update(tx, server.id, locked=True, locked_by=by, locked_reason=reason)
    operations.record_action(tx, call.context, server.id, "lock", server.project_id)


def unlock(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    """What an admin locked only an admin unlocks."""
    if server.locked and server.locked_by == "admin":
        call.enforce(_OVERRIDE)
    servers.update(tx, server.id, locked=False, locked_by=None, locked_reason=None)
    operations.record_action(tx, call.context, server.id, "unlock", server.project_id)


def check_state(_call: Call, value: Any) -> None:
    if not isinstance(value, dict):
        raise refusal("os-resetState", value, f"{value!r} is not of type 'object'")
    if unknown := [name for name in value if name != "state"]:
        raise refusal("os-resetState", value, f"Additional properties are not allowed ('{unknown[0]}' was unexpected)")
    if "state" not in value:
        raise refusal("os-resetState", value, "'state' is a required property")
    if (reason := _STATES.reason(value["state"])) is not None:
        raise refusal("state", value["state"], reason)


def reset_state(call: Call, tx: Tx, server: Server, value: Any) -> None:
    """Only the row changes. An operation under way would write its own end over it, so it is waited for: 409."""
    if operations.unfinished(tx, f"server/{server.id}"):
        raise errors.Conflict(f"Cannot 'resetState' instance {server.id} while it is in task_state {server.task_state}")
    vm_state = states.ACTIVE if value["state"] == "active" else states.ERROR
    fault = None if vm_state == states.ACTIVE else server.fault
    servers.update(tx, server.id, vm_state=vm_state, task_state=None, fault=fault)
    operations.record_action(tx, call.context, server.id, "resetState", server.project_id)


RULES = [Rule(name=_OVERRIDE, default="admin", summary="Unlock what an admin locked.")]
