"""Groups and the users in them."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from moorage.api.identity import fields, lists, views
from moorage.api.wire.answers import one
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import Route
from moorage.identity.model import DEFAULT_DOMAIN
from moorage.identity.service import groups, rows


class NewGroup(msgspec.Struct, forbid_unknown_fields=True):
    name: fields.ShortName
    domain_id: fields.Ident | None = None
    description: str | None = ""


class GroupChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: fields.ShortName | UnsetType = UNSET
    domain_id: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET


class CreateBody(msgspec.Struct, forbid_unknown_fields=True):
    group: NewGroup


class UpdateBody(msgspec.Struct, forbid_unknown_fields=True):
    group: GroupChanges


def index(call: Call) -> Reply:
    """GET: 200."""
    with call.services.store.read() as tx:
        page = rows.page(tx, rows.GROUP, lists.query(call, "name", "domain_id"))
    shown = [views.group(call, one) for one in page.items]
    return Reply(body=lists.answer(call, "groups", shown, has_more=page.has_more))


def show(call: Call) -> Reply:
    """GET: 200."""
    with call.services.store.read() as tx:
        return Reply(body={"group": views.group(call, rows.get(tx, rows.GROUP, call.params["group_id"]))})


def create(call: Call) -> Reply:
    """POST: 201; 409 if the domain has a group of that name."""
    values = fields.given(call.body(CreateBody).group)
    values["domain_id"] = values["domain_id"] or call.context.domain_id or DEFAULT_DOMAIN
    with call.services.store.write() as tx:
        return Reply(status=201, body={"group": views.group(call, groups.create(tx, values))})


def update(call: Call) -> Reply:
    """PATCH: 200."""
    body = call.body(UpdateBody).group
    with call.services.store.write() as tx:
        present = rows.get(tx, rows.GROUP, call.params["group_id"])
        fields.refuse_change("domain_id", body.domain_id, present.domain_id)
        changed = rows.change(tx, rows.GROUP, present.id, fields.given(body, "domain_id"))
    return Reply(body={"group": views.group(call, changed)})


def delete(call: Call) -> Reply:
    """DELETE: 204."""
    with call.services.store.write() as tx:
        groups.delete(tx, call.params["group_id"])
    return Reply(status=204)


def list_users(call: Call) -> Reply:
    """GET: 200."""
    with call.services.store.read() as tx:
        page = groups.members(tx, call.params["group_id"], lists.query(call, "name", "domain_id", "enabled"))
    shown = [views.user(call, one) for one in page.items]
    return Reply(body=lists.answer(call, "users", shown, has_more=page.has_more))


def add_user(call: Call) -> Reply:
    """PUT: 204."""
    with call.services.store.write() as tx:
        groups.add(tx, call.params["group_id"], call.params["user_id"])
    return Reply(status=204)


def check_user(call: Call) -> Reply:
    """HEAD: 204, or 404 if the user is not in the group."""
    with call.services.store.read() as tx:
        groups.require(tx, call.params["group_id"], call.params["user_id"])
    return Reply(status=204)


def remove_user(call: Call) -> Reply:
    """DELETE: 204, or 404 if the user is not in the group."""
    with call.services.store.write() as tx:
        groups.leave(tx, call.params["group_id"], call.params["user_id"])
    return Reply(status=204)


_ONE = "/groups/{group_id}"
_MEMBER = "/groups/{group_id}/users/{user_id}"
ROUTES = [
    Route(method="GET", path="/groups", handler=index, policy="identity:list_groups", default="admin",
          summary="List groups", answer=lists.listed("groups", views.GROUP)),
    Route(method="POST", path="/groups", handler=create, policy="identity:create_group", default="admin",
          summary="Create a group", body=CreateBody, answer=one("group", views.GROUP)),
    Route(method="GET", path=_ONE, handler=show, policy="identity:get_group", default="admin", summary="Show a group",
          answer=one("group", views.GROUP)),
    Route(method="PATCH", path=_ONE, handler=update, policy="identity:update_group", default="admin",
          summary="Change a group", body=UpdateBody, answer=one("group", views.GROUP)),
    Route(method="DELETE", path=_ONE, handler=delete, policy="identity:delete_group", default="admin",
          summary="Delete a group"),
    Route(method="GET", path=f"{_ONE}/users", handler=list_users, policy="identity:list_users_in_group",
          default="admin", summary="List the users in a group", answer=lists.listed("users", views.USER)),
    Route(method="PUT", path=_MEMBER, handler=add_user, policy="identity:add_user_to_group", default="admin",
          summary="Add a user to a group"),
    Route(method="HEAD", path=_MEMBER, handler=check_user, policy="identity:check_user_in_group", default="admin",
          summary="Check whether a user is in a group"),
    Route(method="DELETE", path=_MEMBER, handler=remove_user, policy="identity:remove_user_from_group",
          default="admin", summary="Remove a user from a group"),
]  # fmt: skip
