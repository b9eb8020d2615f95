"""``POST /volumes/{id}/action``: one action a call, found by its key."""

from __future__ import annotations

from typing import Any

from moorage.api.volumes import admin_actions, attach_actions, content_actions, image_actions
from moorage.api.volumes.action import Action, Done
from moorage.api.volumes.fields import no_such_action, only_action
from moorage.api.volumes.volumes import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.route import Rule
from moorage.workflows import waiting

ACTIONS: dict[str, Action] = {
    **attach_actions.ACTIONS, **content_actions.ACTIONS, **image_actions.ACTIONS, **admin_actions.ACTIONS,
}  # fmt: skip


def act(call: Call) -> Reply:
    name, value = only_action(call.json())
    action = ACTIONS.get(name)
    if action is None or call.version < action.min:
        raise no_such_action(name)
    with call.services.store.write() as tx:
        volume = find(call, tx, call.params["volume_id"])
        call.enforce(action.policy, volume.project_id)
        done = action.run(call, tx, volume, value) or Done(status=action.status)
    if done.operation_id is not None:
        waiting.settle(call.services.store, done.operation_id)
    return _reply(call, done)


def _reply(call: Call, done: Done) -> Reply:
    body: Any = done.body if done.answer is None else done.answer(call)
    return Reply(status=done.status, body=body)


ROUTES = [
    Route(method="POST", path="/volumes/{volume_id}/action", handler=act, policy="volume:get", default="reader",
          summary="Run an action on a volume; each has a rule of its own",
          actions={name: action.takes for name, action in ACTIONS.items()}),
]  # fmt: skip
RULES = [
    *(Rule(name=a.policy, default=a.default, summary=a.summary) for a in ACTIONS.values()),
    *content_actions.RULES,
    *image_actions.RULES,
]
