"""Every path of the identity API in one table."""

from __future__ import annotations

from moorage.api.identity import (
    assignments,
    auth,
    documents,
    domains,
    endpoints,
    grants,
    groups,
    projects,
    roles,
    tags,
    tokens,
    users,
)
from moorage.api.identity.access import RULES
from moorage.api.wire.route import Service

SERVICE = Service(
    name="identity",
    prefix="/identity",
    root="/v3",
    documents=documents.ROUTES,
    routes=[
        *tokens.ROUTES, *auth.ROUTES, *users.ROUTES, *projects.ROUTES, *tags.ROUTES, *domains.ROUTES, *groups.ROUTES,
        *roles.ROUTES, *grants.ROUTES, *assignments.ROUTES, *endpoints.ROUTES,
    ],
    rules=RULES,
)  # fmt: skip
