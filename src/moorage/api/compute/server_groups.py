"""``/os-server-groups``: servers to keep together or apart."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from moorage import errors
from moorage.api.compute.input import MAX_INT, Name, check_name, check_query
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import INTEGER, TAGS, TEXT, closed, each, mapping, one, several
from moorage.api.wire.paging import MAX_LIMIT, limit_of, offset_of
from moorage.api.wire.route import Rule
from moorage.compute.model.server_group import ServerGroup
from moorage.compute.service import server_groups

_POLICY = "os_compute_api:os-server-groups:"
_Policy = Literal["anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity"]


class PoliciesGroup(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    policies: Annotated[list[_Policy], msgspec.Meta(min_length=1, max_length=1)]


class CreateWithPolicies(msgspec.Struct, forbid_unknown_fields=True):
    """Until 2.63."""

    server_group: PoliciesGroup


class Rules(msgspec.Struct, forbid_unknown_fields=True):
    max_server_per_host: Annotated[int, msgspec.Meta(ge=1, le=MAX_INT)] | msgspec.UnsetType = msgspec.UNSET


class PolicyGroup(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    policy: _Policy
    rules: Rules = msgspec.field(default_factory=Rules)


class Create(msgspec.Struct, forbid_unknown_fields=True):
    """From 2.64 on."""

    server_group: PolicyGroup


def index(call: Call) -> Reply:
    check_query(call, "all_projects", "limit", "offset")
    limit, offset = limit_of(call) or MAX_LIMIT, offset_of(call)
    project_id: str | None = call.context.project_id
    if "all_projects" in call.query and call.allowed(_POLICY + "index:all_projects"):
        project_id = None
    with call.services.store.read() as tx:
        groups = server_groups.listing(tx, project_id, limit, offset)
    return Reply(body={"server_groups": [_view(call, group) for group in groups]})


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        group = server_groups.get(tx, call.context, call.params["group_id"])
    return Reply(body={"server_group": _view(call, group)})


def create(call: Call) -> Reply:
    name, policy, rules = _wanted(call)
    with call.services.store.write() as tx:
        group = server_groups.create(tx, call.context, check_name(name), policy, rules)
    return Reply(body={"server_group": _view(call, group)})


def _wanted(call: Call) -> tuple[str, str, dict[str, int]]:
    if call.at_least(2, 64):
        new = call.body(Create).server_group
        count = new.rules.max_server_per_host
        return new.name, new.policy, {} if isinstance(count, msgspec.UnsetType) else {"max_server_per_host": count}
    old = call.body(CreateWithPolicies).server_group
    policy = old.policies[0]
    if policy.startswith("soft-") and not call.at_least(2, 15):
        raise errors.BadRequest(
            f"Invalid input for field/attribute policies. Value: {policy}. "
            f"'{policy}' is not one of ['anti-affinity', 'affinity']"
        )
    return old.name, policy, {}


def delete(call: Call) -> Reply:
    with call.services.store.write() as tx:
        server_groups.delete(tx, call.context, call.params["group_id"])
    return Reply(status=204)


def _view(call: Call, group: ServerGroup) -> dict[str, Any]:
    body: dict[str, Any] = {"id": group.id, "name": group.name, "members": group.members}
    if call.at_least(2, 64):
        body |= {"policy": group.policy, "rules": group.rules}
    else:
        body |= {"policies": [group.policy], "metadata": {}}
    if call.at_least(2, 13):
        body |= {"project_id": group.project_id, "user_id": group.user_id}
    return body


_GROUP = closed(
    {"id": TEXT, "name": TEXT, "members": TAGS},
    each(TEXT, "policy", "project_id", "user_id")
    | {"rules": mapping(INTEGER), "policies": TAGS, "metadata": closed({})},
)
ROUTES = [
    Route(method="GET", path="/os-server-groups", handler=index, policy=_POLICY + "index", default="reader",
          summary="List server groups", answer=several("server_groups", _GROUP)),
    Route(method="POST", path="/os-server-groups", handler=create, policy=_POLICY + "create", body=Create,
          summary="Create a server group", answer=one("server_group", _GROUP)),
    Route(method="GET", path="/os-server-groups/{group_id}", handler=show, policy=_POLICY + "show", default="reader",
          summary="Show a server group", answer=one("server_group", _GROUP)),
    Route(method="DELETE", path="/os-server-groups/{group_id}", handler=delete, policy=_POLICY + "delete",
          summary="Delete a server group"),
]  # fmt: skip
RULES = [Rule(name=_POLICY + "index:all_projects", default="admin", summary="List server groups of all projects")]
