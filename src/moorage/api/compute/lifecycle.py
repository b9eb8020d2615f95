"""Actions that hold a server, lock it, or say what state it is in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from moorage import errors
from moorage.api.compute.action import Action, checked
from moorage.api.wire import Call
from moorage.api.wire.route import Rule
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import locks, servers
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.workflows import hold

_OVERRIDE = "os_compute_api:os-lock-server:unlock:unlock_override"
_REASON_SINCE = (2, 73)
_RESETTABLE = (states.ACTIVE, states.ERROR)


class Lock(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``lock`` from 2.73."""

    locked_reason: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None


class ResetState(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The value of ``os-resetState``."""

    state: str


def _lock(call: Call, tx: Tx, server: Server, value: Any) -> None:
    reason = None
    if call.version >= _REASON_SINCE and value is not None:
        reason = checked(call, "lock", value, Lock).locked_reason
    if locks.lock(tx, call.context, server, reason):
        operations.record_action(tx, call.context, server.id, "lock", server.project_id)


def _unlock(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    if locks.is_of_others(call.context, server):
        call.enforce(_OVERRIDE)
    locks.unlock(tx, server)
    operations.record_action(tx, call.context, server.id, "unlock", server.project_id)


def _reset(call: Call, tx: Tx, server: Server, value: Any) -> None:
    """Rows only: no guest and no volume is touched."""
    wanted = checked(call, "os-resetState", value, ResetState).state
    if wanted not in _RESETTABLE:
        raise errors.BadRequest(
            f"Invalid input for field/attribute state. Value: {wanted}. '{wanted}' is not one of {list(_RESETTABLE)}"
        )
    servers.update(tx, server.id, vm_state=wanted, task_state=None)
    operations.record_action(tx, call.context, server.id, "resetState", server.project_id)


def _holding(name: str) -> Any:
    def run(call: Call, tx: Tx, server: Server, _value: Any) -> None:
        hold.request(tx, call.context, server, name, call.services.site)

    return run


ACTIONS = {
    "pause": Action(
        run=_holding("pause"), policy="os_compute_api:os-pause-server:pause", summary="Hold a server's processors."
    ),
    "unpause": Action(
        run=_holding("unpause"), policy="os_compute_api:os-pause-server:unpause", summary="Let a paused server go on."
    ),
    "suspend": Action(
        run=_holding("suspend"), policy="os_compute_api:os-suspend-server:suspend",
        summary="Save a server's memory and stop it.",
    ),
    "resume": Action(
        run=_holding("resume"), policy="os_compute_api:os-suspend-server:resume", summary="Resume a suspended server."
    ),
    "lock": Action(
        run=_lock, policy="os_compute_api:os-lock-server:lock", summary="Lock a server against its owners' actions."
    ),
    "unlock": Action(run=_unlock, policy="os_compute_api:os-lock-server:unlock", summary="Unlock a server."),
    "os-resetState": Action(
        run=_reset, policy="os_compute_api:os-admin-actions:reset_state", default="admin",
        summary="Say that a server is active or in error, without looking at it.",
    ),
}  # fmt: skip
RULES = [Rule(name=_OVERRIDE, default="admin", summary="Unlock a server that somebody else locked.")]
