"""Projects: list, show, create, change, delete."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from moorage.api.identity import fields, lists, views
from moorage.api.identity.access import own_or_admin
from moorage.api.identity.tags import Tags, has_tags
from moorage.api.wire.answers import one
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import Route
from moorage.identity.model import DEFAULT_DOMAIN
from moorage.identity.service import projects, rows


class NewProject(msgspec.Struct):
    name: fields.ShortName
    domain_id: fields.Ident | None = None
    parent_id: fields.Ident | None = None
    description: str | None = ""
    enabled: bool = True
    is_domain: bool = False
    tags: Tags = []
    options: dict[str, Any] = {}


class ProjectChanges(msgspec.Struct):
    name: fields.ShortName | UnsetType = UNSET
    domain_id: str | UnsetType = UNSET
    parent_id: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    is_domain: bool | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    options: dict[str, Any] | UnsetType = UNSET


class CreateBody(msgspec.Struct, forbid_unknown_fields=True):
    project: NewProject


class UpdateBody(msgspec.Struct, forbid_unknown_fields=True):
    project: ProjectChanges


def index(call: Call) -> Reply:
    """GET: 200; filters also by tags."""
    query = lists.query(call, "name", "domain_id", "enabled", "parent_id")
    if call.query.get("is_domain", "false").lower() not in ("false", "0"):
        return Reply(body=lists.answer(call, "projects", []))
    with call.services.store.read() as tx:
        page = rows.page(tx, rows.PROJECT, query, accept=lambda one: has_tags(call, one.tags))
    shown = [views.project(call, one) for one in page.items]
    return Reply(body=lists.answer(call, "projects", shown, has_more=page.has_more))


def show(call: Call) -> Reply:
    """GET: 200; members see the project of their token."""
    own_or_admin(call, call.context.project_id, wanted=call.params["project_id"])
    with call.services.store.read() as tx:
        return Reply(body={"project": views.project(call, rows.get(tx, rows.PROJECT, call.params["project_id"]))})


def create(call: Call) -> Reply:
    """POST: 201; 409 if the domain has a project of that name."""
    body = call.body(CreateBody).project
    fields.refuse_options(body.options)
    fields.refuse_change("is_domain", body.is_domain, present=False)
    values = fields.given(body, "is_domain", "options")
    values["extra"] = fields.attributes(call.json()["project"], NewProject)
    with call.services.store.write() as tx:
        parent = rows.find(tx, rows.PROJECT, id=body.parent_id) if body.parent_id else None
        values["domain_id"] = (
            body.domain_id or (parent.domain_id if parent else "") or call.context.domain_id or DEFAULT_DOMAIN
        )
        return Reply(status=201, body={"project": views.project(call, projects.create(tx, values))})


def update(call: Call) -> Reply:
    """PATCH: 200; disabling ends the sessions in the project."""
    body = call.body(UpdateBody).project
    fields.refuse_options(body.options or {})
    values = fields.given(body, "domain_id", "parent_id", "is_domain", "options")
    own = fields.attributes(call.json()["project"], ProjectChanges)
    with call.services.store.write() as tx:
        present = rows.get(tx, rows.PROJECT, call.params["project_id"])
        for name in ("domain_id", "parent_id"):
            fields.refuse_change(name, getattr(body, name), getattr(present, name))
        fields.refuse_change("is_domain", body.is_domain, present=False)
        if own:
            values["extra"] = present.extra | own
        return Reply(body={"project": views.project(call, projects.update(tx, present.id, values))})


def delete(call: Call) -> Reply:
    """DELETE: 204."""
    with call.services.store.write() as tx:
        projects.delete(tx, call.params["project_id"])
    return Reply(status=204)


_ONE = "/projects/{project_id}"
ROUTES = [
    Route(method="GET", path="/projects", handler=index, policy="identity:list_projects", default="admin",
          summary="List projects", answer=lists.listed("projects", views.PROJECT)),
    Route(method="POST", path="/projects", handler=create, policy="identity:create_project", default="admin",
          summary="Create a project", body=CreateBody, answer=one("project", views.PROJECT)),
    Route(method="GET", path=_ONE, handler=show, policy="identity:get_project", default="any",
          summary="Show a project", answer=one("project", views.PROJECT)),
    Route(method="PATCH", path=_ONE, handler=update, policy="identity:update_project", default="admin",
          summary="Change a project", body=UpdateBody, answer=one("project", views.PROJECT)),
    Route(method="DELETE", path=_ONE, handler=delete, policy="identity:delete_project", default="admin",
          summary="Delete a project"),
]  # fmt: skip
