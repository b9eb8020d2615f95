"""Domains: list, show, create, change, delete."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from moorage.api.identity import fields, lists, views
from moorage.api.identity.access import own_or_admin
from moorage.api.wire.answers import one
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import Route
from moorage.identity.service import domains, rows


class NewDomain(msgspec.Struct, forbid_unknown_fields=True):
    name: fields.ShortName
    description: str | None = ""
    enabled: bool = True
    options: dict[str, Any] = {}


class DomainChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: fields.ShortName | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    options: dict[str, Any] | UnsetType = UNSET


class CreateBody(msgspec.Struct, forbid_unknown_fields=True):
    domain: NewDomain


class UpdateBody(msgspec.Struct, forbid_unknown_fields=True):
    domain: DomainChanges


def index(call: Call) -> Reply:
    """GET: 200."""
    with call.services.store.read() as tx:
        page = rows.page(tx, rows.DOMAIN, lists.query(call, "name", "enabled"))
    shown = [views.domain(call, one) for one in page.items]
    return Reply(body=lists.answer(call, "domains", shown, has_more=page.has_more))


def show(call: Call) -> Reply:
    """GET: 200; members see the domains of their token."""
    context, wanted = call.context, call.params["domain_id"]
    in_project = context.project_domain_id if context.project_id else ""
    own_or_admin(call, context.user_domain_id, context.domain_id, in_project, wanted=wanted)
    with call.services.store.read() as tx:
        return Reply(body={"domain": views.domain(call, rows.get(tx, rows.DOMAIN, wanted))})


def create(call: Call) -> Reply:
    """POST: 201; 409 if the name is taken."""
    body = call.body(CreateBody).domain
    fields.refuse_options(body.options)
    with call.services.store.write() as tx:
        created = domains.create(tx, fields.given(body, "options"))
    return Reply(status=201, body={"domain": views.domain(call, created)})


def update(call: Call) -> Reply:
    """PATCH: 200; disabling ends the sessions of the domain's users and in its projects."""
    body = call.body(UpdateBody).domain
    fields.refuse_options(body.options or {})
    with call.services.store.write() as tx:
        changed = domains.update(tx, call.params["domain_id"], fields.given(body, "options"))
    return Reply(body={"domain": views.domain(call, changed)})


def delete(call: Call) -> Reply:
    """DELETE: 204; 403 while it is enabled."""
    with call.services.store.write() as tx:
        domains.delete(tx, call.params["domain_id"])
    return Reply(status=204)


_ONE = "/domains/{domain_id}"
ROUTES = [
    Route(method="GET", path="/domains", handler=index, policy="identity:list_domains", default="admin",
          summary="List domains", answer=lists.listed("domains", views.DOMAIN)),
    Route(method="POST", path="/domains", handler=create, policy="identity:create_domain", default="admin",
          summary="Create a domain", body=CreateBody, answer=one("domain", views.DOMAIN)),
    Route(method="GET", path=_ONE, handler=show, policy="identity:get_domain", default="any", summary="Show a domain",
          answer=one("domain", views.DOMAIN)),
    Route(method="PATCH", path=_ONE, handler=update, policy="identity:update_domain", default="admin",
          summary="Change a domain", body=UpdateBody, answer=one("domain", views.DOMAIN)),
    Route(method="DELETE", path=_ONE, handler=delete, policy="identity:delete_domain", default="admin",
          summary="Delete a domain"),
]  # fmt: skip
