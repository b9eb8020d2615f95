"""Who is it, and what is asked for: from proofs and a scope to the contents of a token.

Every refusal is the same 401, so that nobody learns which part was wrong.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from moorage import errors
from moorage.context import Context
from moorage.identity.model import (
    SYSTEM,
    Domain,
    DomainRef,
    NamedRef,
    Role,
    Scope,
    Session,
    User,
    WantedScope,
)
from moorage.identity.service import assignments, domains, projects, rows, users
from moorage.store import Tx


def refused() -> errors.Unauthorized:
    return errors.Unauthorized("The request you have made requires authentication.")


def user_of(tx: Tx, session: Session) -> User:
    """The user behind a session, held until the transaction ends; 401 if disabled or changed since the proof."""
    user = rows.held(tx, rows.USER, session.user_id)
    if user is None or not user.enabled or not _domain(tx, user.domain_id).enabled:
        raise refused()
    if session.password_hash and users.password_hash_of(tx, user.id) != session.password_hash:
        raise refused()
    return user


def body(tx: Tx, session: Session, wanted: WantedScope, issued_at: dt.datetime) -> dict[str, Any]:
    """What the token stands for, as Keystone v3 writes it, without catalog; 401 if the user has no role there."""
    user = user_of(tx, session)
    return {
        "methods": session.methods,
        "user": {
            "domain": _named(_domain(tx, user.domain_id)),
            "id": user.id,
            "name": user.name,
            "password_expires_at": None,
        },
        "audit_ids": [secrets.token_urlsafe(16), *session.audit_chain],
        "expires_at": _moment(session.expires_at),
        "issued_at": _moment(issued_at),
        **_scope(tx, user, wanted),
    }


def context(token: dict[str, Any]) -> Context:
    """The caller a token body describes."""
    user, project = token["user"], token.get("project")
    return Context(
        user_id=user["id"],
        user_name=user["name"],
        user_domain_id=user["domain"]["id"],
        project_id=project["id"] if project else "",
        project_name=project["name"] if project else "",
        project_domain_id=project["domain"]["id"] if project else "",
        domain_id=token["domain"]["id"] if "domain" in token else "",
        roles=frozenset(role["name"] for role in token.get("roles", ())),
        system="system" in token,
    )


def _scope(tx: Tx, user: User, wanted: WantedScope) -> dict[str, Any]:
    if wanted.kind == "unscoped":
        return {}
    if wanted.kind == "project":
        assert isinstance(wanted.ref, NamedRef)
        return _project_scope(tx, user, wanted.ref)
    if wanted.kind == "domain":
        assert isinstance(wanted.ref, DomainRef)
        return _domain_scope(tx, user, wanted.ref)
    if wanted.kind == "system":
        return {"roles": _roles(tx, user, Scope("system", SYSTEM)), "system": {"all": True}}
    return _default_scope(tx, user)


def _default_scope(tx: Tx, user: User) -> dict[str, Any]:
    if not user.default_project_id:
        return {}
    try:
        return _project_scope(tx, user, NamedRef(id=user.default_project_id))
    except errors.Unauthorized:
        # As in Keystone: a default project that cannot be used leaves the token unscoped.
        return {}


def _project_scope(tx: Tx, user: User, ref: NamedRef) -> dict[str, Any]:
    named = projects.referred(tx, ref)
    project = rows.held(tx, rows.PROJECT, named.id) if named else None
    if project is None or not project.enabled:
        raise refused()
    domain = _domain(tx, project.domain_id)
    if not domain.enabled:
        raise refused()
    return {
        "project": {"domain": _named(domain), "id": project.id, "name": project.name},
        "is_domain": False,
        "roles": _roles(tx, user, Scope("project", project.id)),
    }


def _domain_scope(tx: Tx, user: User, ref: DomainRef) -> dict[str, Any]:
    domain = domains.referred(tx, ref)
    if domain is None or not _domain(tx, domain.id).enabled:
        raise refused()
    return {"domain": _named(domain), "roles": _roles(tx, user, Scope("domain", domain.id))}


def _roles(tx: Tx, user: User, scope: Scope) -> list[dict[str, str]]:
    found = assignments.roles_of(tx, user.id, scope)
    if not found:
        raise refused()
    return [_named(role) for role in found]


def _domain(tx: Tx, domain_id: str) -> Domain:
    domain = rows.held(tx, rows.DOMAIN, domain_id)
    if domain is None:
        raise refused()
    return domain


def _named(record: Domain | Role) -> dict[str, str]:
    return {"id": record.id, "name": record.name}


def _moment(when: dt.datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
