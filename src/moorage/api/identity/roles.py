"""Roles: list, show, create, change, delete."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from moorage.api.identity import fields, lists, views
from moorage.api.wire.answers import one
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import Route
from moorage.identity.service import roles, rows


class NewRole(msgspec.Struct, forbid_unknown_fields=True):
    name: fields.LongName
    description: str | None = ""
    domain_id: None = None
    options: dict[str, Any] = {}


class RoleChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: fields.LongName | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    options: dict[str, Any] | UnsetType = UNSET


class CreateBody(msgspec.Struct, forbid_unknown_fields=True):
    role: NewRole


class UpdateBody(msgspec.Struct, forbid_unknown_fields=True):
    role: RoleChanges


def index(call: Call) -> Reply:
    """GET: 200; roles of a single domain do not exist here."""
    if call.query.get("domain_id"):
        return Reply(body=lists.answer(call, "roles", []))
    with call.services.store.read() as tx:
        page = rows.page(tx, rows.ROLE, lists.query(call, "name"))
    return Reply(body=lists.answer(call, "roles", [views.role(call, r) for r in page.items], has_more=page.has_more))


def show(call: Call) -> Reply:
    """GET: 200."""
    with call.services.store.read() as tx:
        return Reply(body={"role": views.role(call, rows.get(tx, rows.ROLE, call.params["role_id"]))})


def create(call: Call) -> Reply:
    """POST: 201; 409 if the name is taken."""
    body = call.body(CreateBody).role
    fields.refuse_options(body.options)
    with call.services.store.write() as tx:
        created = roles.create(tx, body.name, body.description or "")
    return Reply(status=201, body={"role": views.role(call, created)})


def update(call: Call) -> Reply:
    """PATCH: 200; 403 for the built-in roles."""
    body = call.body(UpdateBody).role
    fields.refuse_options(body.options or {})
    with call.services.store.write() as tx:
        changed = roles.update(tx, call.params["role_id"], fields.given(body, "options"))
    return Reply(body={"role": views.role(call, changed)})


def delete(call: Call) -> Reply:
    """DELETE: 204; 403 for the built-in roles."""
    with call.services.store.write() as tx:
        roles.delete(tx, call.params["role_id"])
    return Reply(status=204)


_ONE = "/roles/{role_id}"
ROUTES = [
    Route(method="GET", path="/roles", handler=index, policy="identity:list_roles", default="admin",
          summary="List roles", answer=lists.listed("roles", views.ROLE)),
    Route(method="POST", path="/roles", handler=create, policy="identity:create_role", default="admin",
          summary="Create a role", body=CreateBody, answer=one("role", views.ROLE)),
    Route(method="GET", path=_ONE, handler=show, policy="identity:get_role", default="admin", summary="Show a role",
          answer=one("role", views.ROLE)),
    Route(method="PATCH", path=_ONE, handler=update, policy="identity:update_role", default="admin",
          summary="Change a role", body=UpdateBody, answer=one("role", views.ROLE)),
    Route(method="DELETE", path=_ONE, handler=delete, policy="identity:delete_role", default="admin",
          summary="Delete a role"),
]  # fmt: skip
