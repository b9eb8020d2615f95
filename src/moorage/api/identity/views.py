"""What do identity's resources look like on the wire?"""

from __future__ import annotations

from typing import Any

from moorage.api.wire.answers import BOOLEAN, NULL, NULLABLE_TEXT, OBJECT, TAGS, TEXT, closed, each, extensible
from moorage.api.wire.call import Call
from moorage.identity.model import Domain, Group, Project, Role, User
from moorage.identity.service.roles import BUILT_IN


def links(call: Call, *path: str) -> dict[str, str]:
    return {"self": "/".join((call.service_url, *path))}


def domain(call: Call, one: Domain) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "enabled": one.enabled,
        "tags": [],
        "options": {},
        "links": links(call, "domains", one.id),
    }


def project(call: Call, one: Project) -> dict[str, Any]:
    return {
        **one.extra,
        "id": one.id,
        "name": one.name,
        "domain_id": one.domain_id,
        "description": one.description,
        "enabled": one.enabled,
        "parent_id": one.parent_id,
        "is_domain": False,
        "tags": one.tags,
        "options": {},
        "links": links(call, "projects", one.id),
    }


def user(call: Call, one: User) -> dict[str, Any]:
    shown = {
        "options": {},
        **one.extra,
        "id": one.id,
        "name": one.name,
        "domain_id": one.domain_id,
        "enabled": one.enabled,
        "password_expires_at": None,
        "links": links(call, "users", one.id),
    }
    # Keystone leaves out what was never given.
    given = {"email": one.email, "default_project_id": one.default_project_id, "description": one.description or None}
    return shown | {name: value for name, value in given.items() if value is not None}


def group(call: Call, one: Group) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "domain_id": one.domain_id,
        "description": one.description,
        "links": links(call, "groups", one.id),
    }


def role(call: Call, one: Role) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "domain_id": None,
        "description": one.description,
        "options": {"immutable": True} if one.name in BUILT_IN else {},
        "links": links(call, "roles", one.id),
    }


LINKS = closed({"self": TEXT})
_NAMED = each(TEXT, "id", "name", "description") | {"links": LINKS}
DOMAIN = closed(_NAMED | {"enabled": BOOLEAN, "tags": TAGS, "options": OBJECT})
PROJECT = extensible(
    closed(
        _NAMED | each(BOOLEAN, "enabled", "is_domain")
        | {"domain_id": TEXT, "parent_id": NULLABLE_TEXT, "tags": TAGS, "options": OBJECT}
    ),
    {},
)  # fmt: skip
"""Keystone keeps attributes of the client's own for projects and users."""
USER = extensible(
    closed(
        each(TEXT, "id", "name", "domain_id")
        | {"enabled": BOOLEAN, "password_expires_at": NULL, "options": OBJECT, "links": LINKS},
        each(TEXT, "email", "default_project_id", "description"),
    ),
    {},
)
GROUP = closed(_NAMED | {"domain_id": TEXT})
ROLE = closed(_NAMED | {"domain_id": NULL, "options": OBJECT})
