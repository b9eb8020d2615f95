"""Give, check, list and take roles of users and groups on projects, domains and the system."""

from __future__ import annotations

from moorage.api.identity import lists, views
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import Route
from moorage.identity.model import SYSTEM, Actor, Scope
from moorage.identity.service import assignments


def index(call: Call) -> Reply:
    """GET: 200 with the roles given to this one here, nothing implied."""
    with call.services.store.read() as tx:
        found = assignments.granted(tx, _actor(call), _scope(call))
    return Reply(body=lists.answer(call, "roles", [views.role(call, one) for one in found]))


def create(call: Call) -> Reply:
    """PUT: 204, also if it was given before."""
    with call.services.store.write() as tx:
        assignments.grant(tx, _actor(call), _scope(call), call.params["role_id"])
    return Reply(status=204)


def check(call: Call) -> Reply:
    """HEAD, GET: 204, or 404 if it was not given."""
    with call.services.store.read() as tx:
        assignments.require(tx, _actor(call), _scope(call), call.params["role_id"])
    return Reply(status=204)


def delete(call: Call) -> Reply:
    """DELETE: 204, or 404 if it was not given; ends the sessions it was good for."""
    with call.services.store.write() as tx:
        assignments.revoke(tx, _actor(call), _scope(call), call.params["role_id"])
    return Reply(status=204)


def _actor(call: Call) -> Actor:
    kind = "user" if "user_id" in call.params else "group"
    return Actor(kind, call.params[f"{kind}_id"])


def _scope(call: Call) -> Scope:
    for kind in ("project", "domain"):
        if f"{kind}_id" in call.params:
            return Scope(kind, call.params[f"{kind}_id"])
    return Scope("system", SYSTEM)


def _routes(scope: str, actor: str) -> list[Route]:
    place = "/system" if scope == "system" else f"/{scope}s/{{{scope}_id}}"
    path = f"{place}/{actor}s/{{{actor}_id}}/roles"
    noun, suffix = ("system_grant", f"_for_{actor}") if scope == "system" else ("grant", "")
    whom = f"of a {actor} on {'the system' if scope == 'system' else f'a {scope}'}"
    return [
        Route(
            method="GET", path=path, handler=index, policy=f"identity:list_{noun}s{suffix}", default="admin",
            summary=f"List the roles {whom}", answer=lists.listed("roles", views.ROLE),
        ),
        *(
            Route(
                method=method, path=f"{path}/{{role_id}}", handler=handler, default="admin",
                policy=f"identity:{verb}_{noun}{suffix}", summary=f"{word} a role {whom}",
            )
            for method, handler, verb, word in (
                ("PUT", create, "create", "Give"),
                ("GET", check, "check", "Check"),
                ("DELETE", delete, "revoke", "Take away"),
            )
        ),
    ]  # fmt: skip


ROUTES = [
    route for scope in ("project", "domain", "system") for actor in ("user", "group") for route in _routes(scope, actor)
]
