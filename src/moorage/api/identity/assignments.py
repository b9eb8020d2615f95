"""The list of who has which role on what."""

from __future__ import annotations

from typing import Any

from moorage.api.identity import lists
from moorage.api.wire.answers import BOOLEAN, TEXT, closed, each
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import Route
from moorage.identity.model import SYSTEM, Actor, Assignment, AssignmentFilter, Record, Scope
from moorage.identity.service import assignments, rows
from moorage.store import Tx

Names = dict[str, dict[str, Any]]


def index(call: Call) -> Reply:
    """GET: 200; with ``effective`` as they act, with ``include_names`` with names."""
    with call.services.store.read() as tx:
        found = assignments.listed(tx, _wanted(call), is_effective=_is_on(call, "effective"))
        names = _names(tx, found) if _is_on(call, "include_names") else {}
    if call.query.get("scope.OS-INHERIT:inherited_to"):
        found = []
    return Reply(body=lists.answer(call, "role_assignments", [_view(call, one, names) for one in found]))


def _wanted(call: Call) -> AssignmentFilter:
    actors = [Actor(kind, call.query[f"{kind}.id"]) for kind in ("user", "group") if call.query.get(f"{kind}.id")]
    scopes = [
        Scope(kind, call.query[f"scope.{kind}.id"])
        for kind in ("project", "domain")
        if call.query.get(f"scope.{kind}.id")
    ]
    if call.query.get("scope.system"):
        scopes.append(Scope("system", SYSTEM))
    return AssignmentFilter(
        actor=actors[0] if actors else None,
        scope=scopes[0] if scopes else None,
        role_id=call.query.get("role.id") or None,
    )


def _is_on(call: Call, name: str) -> bool:
    return name in call.query and call.query[name].lower() not in ("false", "0")


def _names(tx: Tx, found: list[Assignment]) -> Names:
    """By kind, then by id: everything the assignments mention, and the domains it is in."""
    wanted: dict[str, set[str]] = {kind: set() for kind in rows.KINDS}
    for one in found:
        wanted["role"].add(one.role_id)
        wanted[one.actor.kind].add(one.actor.id)
        if one.scope.kind != "system":
            wanted[one.scope.kind].add(one.scope.id)
    records = {kind: rows.by_id(tx, rows.KINDS[kind], ids) for kind, ids in wanted.items() if kind != "domain"}
    owners = {one.domain_id for kind in ("user", "group", "project") for one in records[kind].values()}
    records["domain"] = rows.by_id(tx, rows.DOMAIN, wanted["domain"] | owners)
    return records


def _view(call: Call, one: Assignment, names: Names) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "role": _ref("role", one.role_id, names),
        one.actor.kind: _ref(one.actor.kind, one.actor.id, names),
        "scope": {"system": {"all": True}}
        if one.scope.kind == "system"
        else {one.scope.kind: _ref(one.scope.kind, one.scope.id, names)},
        "links": {"assignment": _grant_url(call, one)},
    }
    if one.through_group:
        shown["links"]["membership"] = f"{call.service_url}/groups/{one.through_group}/users/{one.actor.id}"
    if one.implied_by:
        shown["links"]["prior_role"] = f"{call.service_url}/prior_roles/{one.implied_by}/implies/{one.role_id}"
    return shown


def _ref(kind: str, ident: str, names: Names) -> dict[str, Any]:
    record: Record | None = names[kind].get(ident) if names else None
    if record is None:
        return {"id": ident}
    shown: dict[str, Any] = {"id": ident, "name": record.name}
    owner = getattr(record, "domain_id", None)
    if owner is not None:
        shown["domain"] = _ref("domain", owner, names)
    return shown


def _grant_url(call: Call, one: Assignment) -> str:
    """Where the grant itself stands: on the group and the stronger role, if it comes from them."""
    place = "system" if one.scope.kind == "system" else f"{one.scope.kind}s/{one.scope.id}"
    actor = f"groups/{one.through_group}" if one.through_group else f"{one.actor.kind}s/{one.actor.id}"
    return f"{call.service_url}/{place}/{actor}/roles/{one.implied_by or one.role_id}"


_DOMAIN = closed({"id": TEXT}, {"name": TEXT})
_REF = closed({"id": TEXT}, {"name": TEXT, "domain": _DOMAIN})
_ASSIGNMENT = closed(
    {
        "role": _REF,
        "scope": closed({}, {"project": _REF, "domain": _DOMAIN, "system": closed({"all": BOOLEAN})}),
        "links": closed({"assignment": TEXT}, each(TEXT, "membership", "prior_role")),
    },
    each(_REF, "user", "group"),
)
ROUTES = [
    Route(
        method="GET", path="/role_assignments", handler=index, policy="identity:list_role_assignments",
        default="admin", summary="List role assignments", answer=lists.listed("role_assignments", _ASSIGNMENT),
    ),
]  # fmt: skip
