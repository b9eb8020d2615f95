"""What can the caller's login be used for?"""

from __future__ import annotations

from moorage import errors
from moorage.api.identity import lists, views
from moorage.api.identity.catalog import CATALOG_ENTRY, catalog
from moorage.api.wire.answers import BOOLEAN, one
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import Route
from moorage.identity.model import SYSTEM, Scope
from moorage.identity.service import assignments


def show_catalog(call: Call) -> Reply:
    """GET: 403 unless the token is for a project, as in Keystone."""
    if not call.context.project_id:
        raise errors.Forbidden("A project-scoped token is required to produce a service catalog.")
    return Reply(body=lists.answer(call, "catalog", catalog(call)))


def list_projects(call: Call) -> Reply:
    """GET: enabled projects the caller can log in to."""
    with call.services.store.read() as tx:
        found = assignments.projects_of(tx, call.context.user_id)
    return Reply(body=lists.answer(call, "projects", [views.project(call, one) for one in found if one.enabled]))


def list_domains(call: Call) -> Reply:
    """GET: enabled domains the caller can log in to."""
    with call.services.store.read() as tx:
        found = assignments.domains_of(tx, call.context.user_id)
    return Reply(body=lists.answer(call, "domains", [views.domain(call, one) for one in found if one.enabled]))


def list_systems(call: Call) -> Reply:
    """GET: whether the caller can log in to the system."""
    with call.services.store.read() as tx:
        found = assignments.roles_of(tx, call.context.user_id, Scope("system", SYSTEM))
    return Reply(body=lists.answer(call, "system", [{"all": True}] if found else []))


ROUTES = [
    Route(
        method="GET", path=f"/auth/{noun}", handler=handler, policy=f"identity:{rule}", default="any",
        summary=summary, answer=lists.listed(noun, entry),
    )
    for noun, handler, rule, summary, entry in (
        ("catalog", show_catalog, "get_auth_catalog", "Show the catalog", CATALOG_ENTRY),
        ("projects", list_projects, "get_auth_projects", "List own projects", views.PROJECT),
        ("domains", list_domains, "get_auth_domains", "List own domains", views.DOMAIN),
        ("system", list_systems, "get_auth_system", "List own system scopes", one("all", BOOLEAN)),
    )
]  # fmt: skip
