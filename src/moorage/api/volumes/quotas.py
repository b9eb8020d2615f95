"""``/os-quota-sets`` and ``/os-quota-class-sets``: how much projects may use."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors
from moorage.api.volumes.query import is_set
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import INTEGER, TEXT, closed, each, either, extensible, one
from moorage.store import Tx
from moorage.volumes.service import quotas

_MAX = 0x7FFFFFFF
_SHOW = "volume_extension:quotas:show"


class Body(msgspec.Struct, forbid_unknown_fields=True):
    quota_set: dict[str, Any]


class ClassBody(msgspec.Struct, forbid_unknown_fields=True):
    quota_class_set: dict[str, Any]


def show(call: Call) -> Reply:
    project_id = call.params["project_id"]
    _require_own(call, project_id)
    with_usage = is_set(call, "usage")
    with call.services.store.read() as tx:
        limits = quotas.limits_of(tx, project_id)
        used = quotas.usage_of(tx, project_id) if with_usage else {}
    shown: dict[str, Any] = dict(limits)
    if with_usage:
        shown = {name: {"limit": limits[name], "in_use": used.get(name, 0), "reserved": 0} for name in limits}
    return Reply(body={"quota_set": shown | {"id": project_id}})


def _require_own(call: Call, project_id: str) -> None:
    if not call.context.is_admin and project_id != call.context.project_id:
        raise errors.Forbidden(f"Policy doesn't allow {_SHOW} to be performed.")


def defaults(call: Call) -> Reply:
    _require_own(call, call.params["project_id"])
    with call.services.store.read() as tx:
        return Reply(body={"quota_set": quotas.defaults(tx) | {"id": call.params["project_id"]}})


def update(call: Call) -> Reply:
    project_id, given = call.params["project_id"], call.body(Body).quota_set
    given.pop("tenant_id", None)
    with call.services.store.write() as tx:
        limits = _limits(tx, given)
        if "skip_validation" in call.query and not is_set(call, "skip_validation"):
            _require_room(tx, project_id, limits)
        quotas.set_limits(tx, project_id, limits)
        return Reply(body={"quota_set": quotas.limits_of(tx, project_id)})


def _limits(tx: Tx, given: dict[str, Any]) -> dict[str, int]:
    unknown = [name for name in given if name not in quotas.resources(tx)]
    if unknown:
        raise errors.BadRequest(f"Invalid input received: Bad key(s) in quota set: {', '.join(unknown)}")
    return {name: _limit(name, value) for name, value in given.items()}


def _limit(name: str, value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not text.removeprefix("-").isdigit() or not -1 <= int(text) <= _MAX:
        raise errors.BadRequest(
            f"Invalid input for field/attribute {name}. Value: {value}. It must be a number from -1 to {_MAX}."
        )
    return int(text)


def _require_room(tx: Tx, project_id: str, limits: dict[str, int]) -> None:
    used = quotas.usage_of(tx, project_id)
    for name, limit in limits.items():
        if limit != -1 and name != "per_volume_gigabytes" and limit < used.get(name, 0):
            raise errors.BadRequest(
                f"Quota {name} limit must be equal or greater than existing resources. Current usage is {used[name]} "
                f"and the requested limit is {limit}."
            )


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        quotas.reset(tx, call.params["project_id"])
    return Reply()


def show_class(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return Reply(body={"quota_class_set": quotas.defaults(tx) | {"id": call.params["quota_class"]}})


def update_class(call: Call) -> Reply:
    """There is one class: its limits are those of projects that have none of their own."""
    if call.params["quota_class"] != "default":
        raise errors.NotFound(f"Quota class {call.params['quota_class']} could not be found.")
    given = call.body(ClassBody).quota_class_set
    given.pop("class_name", None)
    with call.services.store.write() as tx:
        quotas.set_defaults(tx, _limits(tx, given))
        return Reply(body={"quota_class_set": quotas.defaults(tx)})


_LIMIT = either(INTEGER, closed(each(INTEGER, "limit", "in_use", "reserved")))
_QUOTA = extensible(closed(each(_LIMIT, *quotas.BUILT_IN), {"id": TEXT}), _LIMIT)
"""Further limits are those of single volume types."""
ROUTES = [
    Route(method="GET", path="/os-quota-sets/{project_id}", handler=show, policy=_SHOW, default="reader",
          summary="Show a project's quotas", answer=one("quota_set", _QUOTA)),
    Route(method="GET", path="/os-quota-sets/{project_id}/defaults", handler=defaults, policy=_SHOW, default="reader",
          summary="Show the quotas of projects that have none of their own", answer=one("quota_set", _QUOTA)),
    Route(method="PUT", path="/os-quota-sets/{project_id}", handler=update, policy="volume_extension:quotas:update",
          default="admin", body=Body, summary="Change a project's quotas", answer=one("quota_set", _QUOTA)),
    Route(method="DELETE", path="/os-quota-sets/{project_id}", handler=delete,
          policy="volume_extension:quotas:delete", default="admin", summary="Set a project's quotas back"),
    Route(method="GET", path="/os-quota-class-sets/{quota_class}", handler=show_class,
          policy="volume_extension:quota_classes:get", default="admin", summary="Show the default quotas",
          answer=one("quota_class_set", _QUOTA)),
    Route(method="PUT", path="/os-quota-class-sets/{quota_class}", handler=update_class,
          policy="volume_extension:quota_classes:update", default="admin", body=ClassBody,
          summary="Change the default quotas", answer=one("quota_class_set", _QUOTA)),
]  # fmt: skip
