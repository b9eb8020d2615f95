"""``/quotas``: how many ports a project may have. Of what cannot be made there may be none."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from moorage import errors
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import INTEGER, closed, each, one
from moorage.networks.service import quotas
from moorage.store import Tx

_NEVER = (
    "floatingip", "network", "rbac_policy", "router", "security_group", "security_group_rule", "subnet", "subnetpool",
)  # fmt: skip
Limit = Annotated[int, Meta(ge=-1, le=0x7FFFFFFF)]
Zero = Annotated[int, Meta(ge=0, le=0)]


class Limits(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The ``quota`` of PUT; only ports can be made, so only their limit can be raised."""

    port: Limit | UnsetType = UNSET
    floatingip: Zero | UnsetType = UNSET
    network: Zero | UnsetType = UNSET
    rbac_policy: Zero | UnsetType = UNSET
    router: Zero | UnsetType = UNSET
    security_group: Zero | UnsetType = UNSET
    security_group_rule: Zero | UnsetType = UNSET
    subnet: Zero | UnsetType = UNSET
    subnetpool: Zero | UnsetType = UNSET
    check_limit: bool | UnsetType = UNSET
    force: bool | UnsetType = UNSET


class UpdateQuota(msgspec.Struct, forbid_unknown_fields=True):
    quota: Limits


def show(call: Call) -> Reply:
    project_id = _own(call)
    with call.services.store.read() as tx:
        return Reply(body={"quota": _limits(tx, project_id)})


def default(call: Call) -> Reply:
    _own(call)
    return Reply(body={"quota": dict.fromkeys(_NEVER, 0) | quotas.BUILT_IN})


def details(call: Call) -> Reply:
    project_id = _own(call)
    with call.services.store.read() as tx:
        limits, used = _limits(tx, project_id), quotas.usage_of(tx, project_id)
    shown = {name: {"limit": limit, "used": used.get(name, 0), "reserved": 0} for name, limit in limits.items()}
    return Reply(body={"quota": shown})


def update(call: Call) -> Reply:
    wanted, project_id = call.body(UpdateQuota, strict=True).quota, call.params["project_id"]
    with call.services.store.write() as tx:
        if wanted.port is not UNSET:
            quotas.set_limits(tx, project_id, {"port": wanted.port})
        return Reply(body={"quota": _limits(tx, project_id)})


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        quotas.reset(tx, call.params["project_id"])
    return Reply(status=204)


def _limits(tx: Tx, project_id: str) -> dict[str, int]:
    return dict.fromkeys(_NEVER, 0) | quotas.limits_of(tx, project_id)


def _own(call: Call) -> str:
    project_id = call.params["project_id"]
    if not call.context.is_admin and project_id != call.context.project_id:
        raise errors.Forbidden("Policy doesn't allow get_quota to be performed.")
    return project_id


_LIMITS = one("quota", closed(each(INTEGER, "port", *_NEVER)))
_DETAILS = one("quota", closed(each(closed(each(INTEGER, "limit", "used", "reserved")), "port", *_NEVER)))
_P = "/quotas/{project_id}"
ROUTES = [
    Route(method="GET", path=_P, handler=show, policy="get_quota", default="reader", summary="Show a quota.",
          answer=_LIMITS),
    Route(method="GET", path=_P + "/default", handler=default, policy="get_quota", default="reader",
          summary="Show the quota of projects that have none of their own.", answer=_LIMITS),
    Route(method="GET", path=_P + "/details", handler=details, policy="get_quota", default="reader",
          summary="Show a quota and what is used of it.", answer=_DETAILS),
    Route(method="GET", path=_P + "/details.json", handler=details, policy="get_quota", default="reader",
          summary="The same, as some clients ask for it.", answer=_DETAILS),
    Route(method="PUT", path=_P, handler=update, policy="update_quota", default="admin", body=UpdateQuota,
          summary="Change how many ports a project may have.", answer=_LIMITS),
    Route(method="DELETE", path=_P, handler=delete, policy="delete_quota", default="admin",
          summary="Go back to the default."),
]  # fmt: skip
