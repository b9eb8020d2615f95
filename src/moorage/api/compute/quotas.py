"""``/os-quota-sets`` and ``/os-quota-class-sets``: limits of projects, and of all that have none of their own."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from moorage import errors
from moorage.api.compute.input import MAX_INT, Truth, check_query, truth
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import INTEGER, TEXT, closed, each, one
from moorage.api.wire.body import between
from moorage.compute.service import quotas

_SETS = "os_compute_api:os-quota-sets:"
_CLASSES = "os_compute_api:os-quota-class-sets:"
_NETWORK = frozenset({"fixed_ips", "floating_ips", "security_group_rules", "security_groups"})
_FILES = frozenset({"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"})
_GROUPS = frozenset({"server_groups", "server_group_members"})

Limit = Annotated[int, msgspec.Meta(ge=-1, le=MAX_INT)] | msgspec.UnsetType
UntilFiles = Annotated[Limit, between(((2, 1), (2, 56)))]
UntilNetwork = Annotated[Limit, between(((2, 1), (2, 35)))]
UntilClassNetwork = Annotated[Limit, between(((2, 1), (2, 49)))]


class _Limits(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    cores: Limit = msgspec.UNSET
    instances: Limit = msgspec.UNSET
    ram: Limit = msgspec.UNSET
    key_pairs: Limit = msgspec.UNSET
    metadata_items: Limit = msgspec.UNSET
    server_groups: Limit = msgspec.UNSET
    server_group_members: Limit = msgspec.UNSET
    injected_files: UntilFiles = msgspec.UNSET
    injected_file_content_bytes: UntilFiles = msgspec.UNSET
    injected_file_path_bytes: UntilFiles = msgspec.UNSET

    def given(self) -> dict[str, int]:
        values = msgspec.structs.asdict(self)
        return {name: value for name, value in values.items() if name in quotas.BUILT_IN and value is not msgspec.UNSET}


class QuotaSet(_Limits, forbid_unknown_fields=True, kw_only=True):
    fixed_ips: UntilNetwork = msgspec.UNSET
    floating_ips: UntilNetwork = msgspec.UNSET
    security_groups: UntilNetwork = msgspec.UNSET
    security_group_rules: UntilNetwork = msgspec.UNSET
    force: Truth = False


class Update(msgspec.Struct, forbid_unknown_fields=True):
    quota_set: QuotaSet


class QuotaClass(_Limits, forbid_unknown_fields=True, kw_only=True):
    fixed_ips: UntilClassNetwork = msgspec.UNSET
    floating_ips: UntilClassNetwork = msgspec.UNSET
    security_groups: UntilClassNetwork = msgspec.UNSET
    security_group_rules: UntilClassNetwork = msgspec.UNSET


class UpdateClass(msgspec.Struct, forbid_unknown_fields=True):
    quota_class_set: QuotaClass


def show(call: Call) -> Reply:
    project_id = _project(call, "show")
    with call.services.store.read() as tx:
        return _answer(call, project_id, quotas.limits_of(tx, project_id))


def detail(call: Call) -> Reply:
    project_id = _project(call, "detail")
    with call.services.store.read() as tx:
        limits, used = quotas.limits_of(tx, project_id), quotas.usage_of(tx, project_id)
    values = {name: {"limit": limits[name], "in_use": used[name], "reserved": 0} for name in limits}
    return _answer(call, project_id, values)


def defaults(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return _answer(call, call.params["project_id"], quotas.defaults(tx))


def update(call: Call) -> Reply:
    check_query(call, "user_id")
    wanted = call.body(Update).quota_set
    force = truth("force", wanted.force)
    if "user_id" in call.query:
        raise errors.NotImplementedHere("Limits of single users are not supported; set them for the project.")
    project_id = call.params["project_id"]
    with call.services.store.write() as tx:
        quotas.set_limits(tx, project_id, wanted.given(), force=force)
        return _answer(call, None, quotas.limits_of(tx, project_id))


def delete(call: Call) -> Reply:
    check_query(call, "user_id")
    if "user_id" not in call.query:
        with call.services.store.write() as tx:
            quotas.reset(tx, call.params["project_id"])
    return Reply(status=202)


def _project(call: Call, action: str) -> str:
    """The project in the path; 403 for others than the caller's own, except for admins."""
    check_query(call, "user_id")
    project_id = call.params["project_id"]
    if project_id != call.context.project_id and not call.context.is_admin:
        raise errors.Forbidden(f"Policy doesn't allow {_SETS}{action} to be performed.")
    return project_id


def _answer(call: Call, project_id: str | None, values: dict[str, Any]) -> Reply:
    dropped = (_NETWORK if call.at_least(2, 36) else frozenset()) | (_FILES if call.at_least(2, 57) else frozenset())
    return _without(values, dropped, "quota_set", project_id)


def show_class(call: Call) -> Reply:
    with call.services.store.read() as tx:
        return _answer_class(call, call.params["name"], quotas.defaults(tx))


def update_class(call: Call) -> Reply:
    limits = call.body(UpdateClass).quota_class_set.given()
    if call.params["name"] != "default":
        raise errors.BadRequest(
            f"Quota class {call.params['name']} cannot be changed: projects belong to the class default."
        )
    with call.services.store.write() as tx:
        quotas.set_defaults(tx, limits)
        return _answer_class(call, None, quotas.defaults(tx))


def _answer_class(call: Call, name: str | None, values: dict[str, Any]) -> Reply:
    dropped = (_NETWORK if call.at_least(2, 50) else _GROUPS) | (_FILES if call.at_least(2, 57) else frozenset())
    return _without(values, dropped, "quota_class_set", name)


def _without(values: dict[str, Any], dropped: frozenset[str], key: str, identifier: str | None) -> Reply:
    named = {} if identifier is None else {"id": identifier}
    return Reply(body={key: named | {name: value for name, value in values.items() if name not in dropped}})


_LIMITS = closed({}, {"id": TEXT} | each(INTEGER, *quotas.BUILT_IN))
_USAGE = closed({"id": TEXT}, each(closed(each(INTEGER, "limit", "in_use", "reserved")), *quotas.BUILT_IN))
_PATH = "/os-quota-sets/{project_id}"
ROUTES = [
    Route(method="GET", path=_PATH, handler=show, policy=_SETS + "show", default="reader",
          summary="Show the limits of a project", answer=one("quota_set", _LIMITS)),
    Route(method="GET", path=_PATH + "/detail", handler=detail, policy=_SETS + "detail", default="reader",
          summary="Show limits and usage of a project", answer=one("quota_set", _USAGE)),
    Route(method="GET", path=_PATH + "/defaults", handler=defaults, policy=_SETS + "defaults", default="any",
          summary="Show the limits of projects that have none of their own", answer=one("quota_set", _LIMITS)),
    Route(method="PUT", path=_PATH, handler=update, policy=_SETS + "update", default="admin", body=Update,
          summary="Change the limits of a project", answer=one("quota_set", _LIMITS)),
    Route(method="DELETE", path=_PATH, handler=delete, policy=_SETS + "delete", default="admin",
          summary="Set the limits of a project back to the defaults"),
    Route(method="GET", path="/os-quota-class-sets/{name}", handler=show_class, policy=_CLASSES + "show",
          default="admin", summary="Show the default limits", answer=one("quota_class_set", _LIMITS)),
    Route(method="PUT", path="/os-quota-class-sets/{name}", handler=update_class, policy=_CLASSES + "update",
          default="admin", body=UpdateClass, summary="Change the default limits",
          answer=one("quota_class_set", _LIMITS)),
]  # fmt: skip
