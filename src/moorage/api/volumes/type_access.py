"""Which projects may use a private volume type?"""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors
from moorage.api.volumes.action import parsed
from moorage.api.volumes.fields import Name, no_such_action, only_action
from moorage.api.volumes.types import find
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import TEXT, closed, each, several
from moorage.api.wire.route import Rule
from moorage.volumes.service import types

_PREFIX = "volume_extension:volume_type_access:"
_ACTIONS = {"addProjectAccess": types.add_access, "removeProjectAccess": types.remove_access}


class Project(msgspec.Struct, forbid_unknown_fields=True):
    project: Name


def index(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = find(call, tx)
    if found.is_public:
        raise errors.NotFound("Access list not available for public volume types.")
    shown: list[dict[str, Any]] = [{"volume_type_id": found.id, "project_id": p} for p in found.project_access]
    return Reply(body={"volume_type_access": shown})


def act(call: Call) -> Reply:
    name, value = only_action(call.json())
    change = _ACTIONS.get(name)
    if change is None:
        raise no_such_action(name)
    call.enforce(_PREFIX + name)
    project_id = parsed(call, name, value, Project).project
    with call.services.store.write() as tx:
        change(tx, find(call, tx), project_id)
    return Reply(status=202)


_ACCESS = closed(each(TEXT, "volume_type_id", "project_id"))
ROUTES = [
    Route(method="GET", path="/types/{type_id}/os-volume-type-access", handler=index,
          policy=_PREFIX + "get_all_for_type", default="admin", summary="List who may use a private type",
          answer=several("volume_type_access", _ACCESS)),
    Route(method="POST", path="/types/{type_id}/action", handler=act, policy="volume_extension:volume_type_access",
          default="reader", summary="Run an action on a type; each has a rule of its own",
          actions=dict.fromkeys(_ACTIONS, Project)),
]  # fmt: skip
RULES = [
    Rule(name=_PREFIX + "addProjectAccess", default="admin", summary="Let a project use a private type"),
    Rule(name=_PREFIX + "removeProjectAccess", default="admin", summary="No longer let a project use a private type"),
]
