"""Users: list, show, create, change, delete; change one's password."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from moorage.api.identity import fields, lists, views
from moorage.api.identity.access import own_or_admin, token_service
from moorage.api.wire.answers import one
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import EVERYONE, Route
from moorage.identity.model import DEFAULT_DOMAIN
from moorage.identity.service import assignments, passwords, rows, users


class NewUser(msgspec.Struct):
    name: fields.LongName
    domain_id: fields.Ident | None = None
    password: fields.Password | None = None
    enabled: bool = True
    email: str | None = None
    description: str | None = ""
    default_project_id: fields.Ident | None = None
    options: dict[str, Any] = {}


class UserChanges(msgspec.Struct):
    name: fields.LongName | UnsetType = UNSET
    domain_id: str | UnsetType = UNSET
    password: fields.Password | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    default_project_id: fields.Ident | UnsetType | None = UNSET
    options: dict[str, Any] | UnsetType = UNSET


class CreateBody(msgspec.Struct, forbid_unknown_fields=True):
    user: NewUser


class UpdateBody(msgspec.Struct, forbid_unknown_fields=True):
    user: UserChanges


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    original_password: str
    password: fields.Password


class PasswordBody(msgspec.Struct, forbid_unknown_fields=True):
    user: NewPassword


def index(call: Call) -> Reply:
    """GET: 200."""
    with call.services.store.read() as tx:
        page = rows.page(tx, rows.USER, lists.query(call, "name", "domain_id", "enabled"))
    return Reply(body=lists.answer(call, "users", [views.user(call, u) for u in page.items], has_more=page.has_more))


def show(call: Call) -> Reply:
    """GET: 200; members see only themselves."""
    own_or_admin(call, call.context.user_id, wanted=call.params["user_id"])
    with call.services.store.read() as tx:
        return Reply(body={"user": views.user(call, rows.get(tx, rows.USER, call.params["user_id"]))})


def create(call: Call) -> Reply:
    """POST: 201; 409 if the domain has a user of that name."""
    body = call.body(CreateBody).user
    fields.refuse_options(body.options, *fields.HARMLESS_OPTIONS)
    values = fields.given(body, "password", "options")
    values["domain_id"] = body.domain_id or call.context.domain_id or DEFAULT_DOMAIN
    values["password_hash"] = passwords.hashed(body.password) if body.password else None
    values["extra"] = fields.attributes(call.json()["user"], NewUser)
    if body.options:
        values["extra"]["options"] = body.options
    with call.services.store.write() as tx:
        return Reply(status=201, body={"user": views.user(call, users.create(tx, values))})


def update(call: Call) -> Reply:
    """PATCH: 200; disabling or a new password ends the user's sessions."""
    body = call.body(UpdateBody).user
    values = fields.given(body, "domain_id", "password", "options")
    if body.password is not UNSET:
        values["password_hash"] = passwords.hashed(body.password) if body.password else None
    own = fields.attributes(call.json()["user"], UserChanges)
    if body.options:
        fields.refuse_options(body.options, *fields.HARMLESS_OPTIONS)
        own["options"] = body.options
    with call.services.store.write() as tx:
        present = rows.get(tx, rows.USER, call.params["user_id"])
        fields.refuse_change("domain_id", body.domain_id, present.domain_id)
        if own:
            values["extra"] = present.extra | own
        return Reply(body={"user": views.user(call, users.update(tx, present.id, values))})


def delete(call: Call) -> Reply:
    """DELETE: 204."""
    with call.services.store.write() as tx:
        users.delete(tx, call.params["user_id"])
    return Reply(status=204)


def change_password(call: Call) -> Reply:
    """POST: 204; the old password is the proof, so no token is needed; 401 if it is wrong."""
    body = call.body(PasswordBody).user
    token_service(call).change_password(call.params["user_id"], body.original_password, body.password)
    return Reply(status=204)


def list_projects(call: Call) -> Reply:
    """GET: projects the user has a role on; members may ask for their own."""
    user_id = call.params["user_id"]
    own_or_admin(call, call.context.user_id, wanted=user_id)
    wanted = lists.query(call, "name", "domain_id", "enabled").equal
    with call.services.store.read() as tx:
        rows.get(tx, rows.USER, user_id)
        found = assignments.projects_of(tx, user_id)
    fitting = [p for p in found if all(getattr(p, name) == value for name, value in wanted.items())]
    return Reply(body=lists.answer(call, "projects", [views.project(call, p) for p in fitting]))


def list_groups(call: Call) -> Reply:
    """GET: groups the user is in; members may ask for their own."""
    own_or_admin(call, call.context.user_id, wanted=call.params["user_id"])
    with call.services.store.read() as tx:
        found = users.groups_of(tx, call.params["user_id"])
    return Reply(body=lists.answer(call, "groups", [views.group(call, g) for g in found]))


_ONE = "/users/{user_id}"
ROUTES = [
    Route(method="GET", path="/users", handler=index, policy="identity:list_users", default="admin",
          summary="List users", answer=lists.listed("users", views.USER)),
    Route(method="POST", path="/users", handler=create, policy="identity:create_user", default="admin",
          summary="Create a user", body=CreateBody, answer=one("user", views.USER)),
    Route(method="GET", path=_ONE, handler=show, policy="identity:get_user", default="any", summary="Show a user",
          answer=one("user", views.USER)),
    Route(method="PATCH", path=_ONE, handler=update, policy="identity:update_user", default="admin",
          summary="Change a user", body=UpdateBody, answer=one("user", views.USER)),
    Route(method="DELETE", path=_ONE, handler=delete, policy="identity:delete_user", default="admin",
          summary="Delete a user"),
    Route(method="POST", path=f"{_ONE}/password", handler=change_password, policy="identity:change_password",
          default=EVERYONE, summary="Change one's own password", body=PasswordBody),
    Route(method="GET", path=f"{_ONE}/projects", handler=list_projects, policy="identity:list_user_projects",
          default="any", summary="List a user's projects", answer=lists.listed("projects", views.PROJECT)),
    Route(method="GET", path=f"{_ONE}/groups", handler=list_groups, policy="identity:list_groups_for_user",
          default="any", summary="List a user's groups", answer=lists.listed("groups", views.GROUP)),
]  # fmt: skip
