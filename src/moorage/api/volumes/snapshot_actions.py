"""``POST /snapshots/{id}/action``: what drivers and operators do to a snapshot's status."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors
from moorage.api.volumes.action import parsed
from moorage.api.volumes.fields import no_such_action, only_action
from moorage.api.volumes.snapshots import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.route import Rule
from moorage.store import Tx
from moorage.volumes import states
from moorage.volumes.model import Snapshot
from moorage.volumes.service import snapshots
from moorage.workflows import delete_snapshot

_NEXT = {
    "creating": ("creating", "available", "error"),
    "deleting": ("deleting", "error_deleting"),
}
"""Which status may follow which, for whoever reports progress."""


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    status: str


class Progress(msgspec.Struct, forbid_unknown_fields=True):
    status: str
    progress: str | None = None


def _reset(call: Call, tx: Tx, snapshot: Snapshot, value: Any) -> None:
    status = parsed(call, "os-reset_status", value, Reset).status.lower()
    if status not in states.SNAPSHOT_RESETTABLE:
        raise errors.BadRequest(
            f"Snapshot status: {status} is invalid, valid statuses are: {states.SNAPSHOT_RESETTABLE}."
        )
    snapshots.update(tx, snapshot.id, status=status)


def _progress(call: Call, tx: Tx, snapshot: Snapshot, value: Any) -> None:
    wanted = parsed(call, "os-update_snapshot_status", value, Progress)
    if wanted.status not in _NEXT.get(snapshot.status, ()):
        raise errors.BadRequest(
            f"Snapshot status {snapshot.status} not allowed for update_snapshot_status to {wanted.status}"
        )
    progress = wanted.progress or snapshot.progress
    if not progress.rstrip("%").isdigit() or len(progress) > 4:
        raise errors.BadRequest("progress must be an integer percentage")
    snapshots.update(tx, snapshot.id, status=wanted.status, progress=progress)


def _force_delete(call: Call, tx: Tx, snapshot: Snapshot, _value: Any) -> None:
    delete_snapshot.request(tx, call.context, snapshot, force=True)


_ACTIONS = {
    "os-reset_status": (_reset, "volume_extension:snapshot_admin_actions:reset_status", "admin"),
    "os-force_delete": (_force_delete, "volume_extension:snapshot_admin_actions:force_delete", "admin"),
    "os-update_snapshot_status": (
        _progress, "snapshot_extension:snapshot_actions:update_snapshot_status", "member",
    ),
}  # fmt: skip


def act(call: Call) -> Reply:
    name, value = only_action(call.json())
    if name not in _ACTIONS:
        raise no_such_action(name)
    run, policy, _ = _ACTIONS[name]
    with call.services.store.write() as tx:
        snapshot = find(call, tx, call.params["snapshot_id"])
        call.enforce(policy, snapshot.project_id)
        run(call, tx, snapshot, value)
    return Reply(status=202)


ROUTES = [
    Route(method="POST", path="/snapshots/{snapshot_id}/action", handler=act, policy="volume:get_snapshot",
          default="reader", summary="Run an action on a snapshot; each has a rule of its own",
          actions={"os-reset_status": Reset, "os-force_delete": Any, "os-update_snapshot_status": Progress}),
]  # fmt: skip
RULES = [Rule(name=policy, default=default, summary=f"Run {name}") for name, (_, policy, default) in _ACTIONS.items()]
