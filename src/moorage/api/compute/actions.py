"""POST /servers/{id}/action: one action a call, found by its key."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.compute import holding, rebuilding, resizing, saving, server_locks, shelving
from moorage.api.compute.action import Action
from moorage.api.compute.server_fields import one_of
from moorage.api.compute.servers import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.body import refusal
from moorage.api.wire.route import Rule
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.store import Tx
from moorage.workflows import destroy, power, soft_delete

_REBOOTS = one_of("HARD", "Hard", "hard", "SOFT", "Soft", "soft")


def _start(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    power.request_start(tx, call.context, server)


def _stop(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    power.request_stop(tx, call.context, server)


def _check_reboot(_call: Call, value: Any) -> None:
    if not isinstance(value, dict):
        raise refusal("reboot", value, f"{value!r} is not of type 'object'")
    if unknown := [name for name in value if name != "type"]:
        raise refusal("reboot", value, f"Additional properties are not allowed ('{unknown[0]}' was unexpected)")
    if "type" not in value:
        raise refusal("reboot", value, "'type' is a required property")
    if not isinstance(value["type"], str):
        raise refusal("type", value["type"], f"{value['type']!r} is not of type 'string'")
    if (reason := _REBOOTS.reason(value["type"])) is not None:
        raise refusal("type", value["type"], reason)


def _reboot(call: Call, tx: Tx, server: Server, value: Any) -> None:
    power.request_reboot(tx, call.context, server, value["type"].upper() == "HARD")


def _force_delete(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    states.check_lock(server, call.context)
    destroy.request(tx, call.context, server)


def _restore(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    soft_delete.request_restore(tx, call.context, server)


ACTIONS: dict[str, Action] = {
    "os-start": Action(run=_start, policy="os_compute_api:servers:start", summary="Start a stopped server."),
    "os-stop": Action(run=_stop, policy="os_compute_api:servers:stop", summary="Stop a server."),
    "reboot": Action(
        run=_reboot, check=_check_reboot, policy="os_compute_api:servers:reboot", summary="Reboot a server."
    ),
    "forceDelete": Action(
        run=_force_delete, policy="os_compute_api:os-deferred-delete:force", summary="Delete a server at once."
    ),
    "restore": Action(
        run=_restore, policy="os_compute_api:os-deferred-delete:restore", summary="Restore a soft-deleted server."
    ),
    "lock": Action(
        run=server_locks.lock, check=server_locks.check_reason, policy="os_compute_api:os-lock-server:lock",
        summary="Lock a server against its users.",
    ),
    "unlock": Action(
        run=server_locks.unlock, policy="os_compute_api:os-lock-server:unlock", summary="Unlock a server."
    ),
    "os-resetState": Action(
        run=server_locks.reset_state, check=server_locks.check_state, default="admin",
        policy="os_compute_api:os-admin-actions:reset_state", summary="Set a server's state by hand.",
    ),
    **holding.ACTIONS,
    **shelving.ACTIONS,
    **rebuilding.ACTIONS,
    **resizing.ACTIONS,
    **saving.ACTIONS,
}  # fmt: skip


def act(call: Call) -> Reply:
    """Run the one action the body names: form, look-up, policy, then what the action itself checks."""
    body = call.json()
    if len(body) != 1:
        raise errors.BadRequest("Malformed request body")
    name, value = next(iter(body.items()))
    action = ACTIONS.get(name)
    if action is None:
        raise errors.BadRequest(f"There is no such action: {name}")
    if action.check is not None:
        action.check(call, value)
    with call.services.store.write() as tx:
        server = find(call, tx)
        call.enforce(action.policy)
        reply = action.run(call, tx, server, value)
    if action.answer is not None:
        return action.answer(call, server, value)
    return reply or Reply(status=202)


ROUTES = [
    Route(method="POST", path="/servers/{server_id}/action", handler=act, policy="os_compute_api:servers:action",
          default="any", summary="Run an action on a server; each has a rule of its own.",
          actions={name: action.takes for name, action in ACTIONS.items()}),
]  # fmt: skip
RULES = [
    *[Rule(name=action.policy, default=action.default, summary=action.summary) for action in ACTIONS.values()],
    *server_locks.RULES,
    *shelving.RULES,
]
