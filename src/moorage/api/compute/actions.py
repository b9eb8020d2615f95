"""POST /servers/{id}/action: one action a call, found by its key."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.compute import lifecycle, rebuilding, resizing, saving, shelving
from moorage.api.compute.action import Action
from moorage.api.compute.servers import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.route import Rule
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.store import Tx
from moorage.workflows import destroy, power, soft_delete


def _start(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    power.request_start(tx, call.context, server)


def _stop(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    power.request_stop(tx, call.context, server)


def _reboot(call: Call, tx: Tx, server: Server, value: Any) -> None:
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind.upper() not in ("SOFT", "HARD") or set(value) != {"type"}:
        raise errors.BadRequest(
            f"Invalid input for field/attribute reboot. Value: {value}. 'type' is required and one of SOFT, HARD"
        )
    power.request_reboot(tx, call.context, server, kind.upper() == "HARD")


def _force_delete(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    states.check_lock(server, call.context)
    destroy.request(tx, call.context, server)


def _restore(call: Call, tx: Tx, server: Server, _value: Any) -> None:
    soft_delete.request_restore(tx, call.context, server)


ACTIONS: dict[str, Action] = {
    "os-start": Action(run=_start, policy="os_compute_api:servers:start", summary="Start a stopped server."),
    "os-stop": Action(run=_stop, policy="os_compute_api:servers:stop", summary="Stop a server."),
    "reboot": Action(run=_reboot, policy="os_compute_api:servers:reboot", summary="Reboot a server."),
    "forceDelete": Action(
        run=_force_delete, policy="os_compute_api:os-deferred-delete:force", summary="Delete a server at once."
    ),
    "restore": Action(
        run=_restore, policy="os_compute_api:os-deferred-delete:restore", summary="Restore a soft-deleted server."
    ),
    **lifecycle.ACTIONS,
    **shelving.ACTIONS,
    **rebuilding.ACTIONS,
    **resizing.ACTIONS,
    **saving.ACTIONS,
}


def act(call: Call) -> Reply:
    """Run the one action the body names."""
    body = call.json()
    if len(body) != 1:
        raise errors.BadRequest("Malformed request body")
    name, value = next(iter(body.items()))
    action = ACTIONS.get(name)
    if action is None:
        raise errors.BadRequest(f"There is no such action: {name}")
    call.enforce(action.policy)
    with call.services.store.write() as tx:
        server = find(call, tx)
        reply = action.run(call, tx, server, value)
    if action.answer is not None:
        return action.answer(call, server, value)
    return reply or Reply(status=202)


ROUTES = [
    Route(method="POST", path="/servers/{server_id}/action", handler=act, policy="os_compute_api:servers:action",
          default="any", summary="Run an action on a server; each has a rule of its own."),
]  # fmt: skip
RULES = [
    *(Rule(name=action.policy, default=action.default, summary=action.summary) for action in ACTIONS.values()),
    *lifecycle.RULES,
    *shelving.RULES,
]
