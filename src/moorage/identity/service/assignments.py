"""Who has which role on what?"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from moorage import errors
from moorage.identity.model import SYSTEM, Actor, Assignment, AssignmentFilter, Domain, Project, Role, Scope
from moorage.identity.service import revocation, roles, rows
from moorage.store import Tx
from moorage.store.tables import identity as tables

_GRANTS = tables.role_assignments
_MEMBERS = tables.group_members


def check(tx: Tx, actor: Actor, scope: Scope, role_id: str | None = None) -> None:
    """``errors.NotFound`` unless all of them exist."""
    if scope.kind != "system":
        rows.get(tx, rows.KINDS[scope.kind], scope.id)
    rows.get(tx, rows.KINDS[actor.kind], actor.id)
    if role_id is not None:
        rows.get(tx, rows.ROLE, role_id)


def grant(tx: Tx, actor: Actor, scope: Scope, role_id: str) -> None:
    """Give the role; nothing happens if it is given already. New tokens carry it, older ones stay as they are."""
    check(tx, actor, scope, role_id)
    if not is_granted(tx, actor, scope, role_id):
        tx.execute(
            _GRANTS.insert().values(
                actor_kind=actor.kind, actor_id=actor.id, scope_kind=scope.kind, scope_id=scope.id, role_id=role_id
            )
        )


def revoke(tx: Tx, actor: Actor, scope: Scope, role_id: str) -> None:
    """Take the role away; the actor's tokens for that scope die. ``errors.NotFound`` if it was not given."""
    check(tx, actor, scope, role_id)
    if not is_granted(tx, actor, scope, role_id):
        raise _not_granted(actor, scope, role_id)
    tx.execute(_GRANTS.delete().where(*_exactly(actor, scope), _GRANTS.c.role_id == role_id))
    revocation.of_users(tx, _people(tx, actor), scope)


def require(tx: Tx, actor: Actor, scope: Scope, role_id: str) -> None:
    """``errors.NotFound`` unless the role is given."""
    check(tx, actor, scope, role_id)
    if not is_granted(tx, actor, scope, role_id):
        raise _not_granted(actor, scope, role_id)


def is_granted(tx: Tx, actor: Actor, scope: Scope, role_id: str) -> bool:
    found = sa.select(_GRANTS.c.role_id).where(*_exactly(actor, scope), _GRANTS.c.role_id == role_id)
    return tx.execute(found).first() is not None


def granted(tx: Tx, actor: Actor, scope: Scope) -> list[Role]:
    """The roles given to this very actor on this very scope, nothing implied."""
    check(tx, actor, scope)
    role_ids = set(tx.scalars(sa.select(_GRANTS.c.role_id).where(*_exactly(actor, scope))))
    return sorted(rows.by_id(tx, rows.ROLE, role_ids).values(), key=lambda role: role.name)


def roles_of(tx: Tx, user_id: str, scope: Scope) -> list[Role]:
    """All roles a user has on a scope: own ones, those of its groups, and what they imply."""
    on_scope = (_GRANTS.c.scope_kind == scope.kind) & (_GRANTS.c.scope_id == scope.id)
    return roles.expand(tx, tx.scalars(sa.select(_GRANTS.c.role_id).where(_held_by(user_id), on_scope)))


def projects_of(tx: Tx, user_id: str) -> list[Project]:
    """Projects on which the user has any role."""
    return _scopes_of(tx, user_id, rows.PROJECT)


def domains_of(tx: Tx, user_id: str) -> list[Domain]:
    """Domains on which the user has any role."""
    return _scopes_of(tx, user_id, rows.DOMAIN)


def _scopes_of(tx: Tx, user_id: str, kind: rows.Kind[rows.M]) -> list[rows.M]:
    scope_ids = sa.select(_GRANTS.c.scope_id).where(_held_by(user_id), _GRANTS.c.scope_kind == kind.word)
    found = tx.execute(kind.select().where(kind.table.c.id.in_(scope_ids)).order_by(kind.table.c.id))
    return [kind.of(row) for row in found]


def listed(tx: Tx, wanted: AssignmentFilter, *, is_effective: bool) -> list[Assignment]:
    """Grants; if ``is_effective``, as they act: groups replaced by their members, implied roles added."""
    select = sa.select(_GRANTS).order_by(*_GRANTS.primary_key.columns)
    if wanted.scope:
        select = select.where(_GRANTS.c.scope_kind == wanted.scope.kind, _GRANTS.c.scope_id == wanted.scope.id)
    given = [
        Assignment(Actor(row.actor_kind, row.actor_id), Scope(row.scope_kind, row.scope_id), row.role_id)
        for row in tx.execute(select)
    ]
    found = _effective(tx, given) if is_effective else iter(given)
    return [one for one in found if wanted.fits(one)]


def _effective(tx: Tx, given: list[Assignment]) -> Iterator[Assignment]:
    by_name = {role.name: role.id for role in rows.page(tx, rows.ROLE, rows.Query()).items}
    names = {ident: name for name, ident in by_name.items()}
    seen = set()
    for one in given:
        for actor, group in _as_users(tx, one.actor):
            for name in roles.implied(names.get(one.role_id, "")):
                key = (actor, one.scope, name)
                if name in by_name and key not in seen:
                    seen.add(key)
                    implied_by = one.role_id if by_name[name] != one.role_id else ""
                    yield Assignment(actor, one.scope, by_name[name], group, implied_by)


def _as_users(tx: Tx, actor: Actor) -> list[tuple[Actor, str]]:
    if actor.kind == "user":
        return [(actor, "")]
    return [(Actor("user", user_id), actor.id) for user_id in _people(tx, actor)]


def forget(tx: Tx, kind: str, ident: str) -> None:
    """Delete every grant to or on something that goes away."""
    as_actor = (_GRANTS.c.actor_kind == kind) & (_GRANTS.c.actor_id == ident)
    as_scope = (_GRANTS.c.scope_kind == kind) & (_GRANTS.c.scope_id == ident)
    tx.execute(_GRANTS.delete().where(as_actor | as_scope))


def _people(tx: Tx, actor: Actor) -> list[str]:
    if actor.kind == "user":
        return [actor.id]
    return list(tx.scalars(sa.select(_MEMBERS.c.user_id).where(_MEMBERS.c.group_id == actor.id)))


def _held_by(user_id: str) -> sa.ColumnElement[bool]:
    groups = sa.select(_MEMBERS.c.group_id).where(_MEMBERS.c.user_id == user_id)
    own = (_GRANTS.c.actor_kind == "user") & (_GRANTS.c.actor_id == user_id)
    return own | ((_GRANTS.c.actor_kind == "group") & _GRANTS.c.actor_id.in_(groups))


def _exactly(actor: Actor, scope: Scope) -> list[sa.ColumnElement[bool]]:
    return [
        _GRANTS.c.actor_kind == actor.kind, _GRANTS.c.actor_id == actor.id,
        _GRANTS.c.scope_kind == scope.kind, _GRANTS.c.scope_id == scope.id,
    ]  # fmt: skip


def _not_granted(actor: Actor, scope: Scope, role_id: str) -> errors.NotFound:
    where = "system" if scope == Scope("system", SYSTEM) else f"{scope.kind} {scope.id}"
    return errors.NotFound(
        f"Could not find role assignment with role: {role_id}, {actor.kind} or group: {actor.id}, on {where}."
    )
