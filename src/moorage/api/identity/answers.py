"""How is a token described, as ``identity.service.login`` writes its body?"""

from __future__ import annotations

from moorage.api.identity.catalog import CATALOG_ENTRY
from moorage.api.wire.answers import BOOLEAN, NULL, TAGS, TEXT, array, closed, each, one

_NAMED = closed(each(TEXT, "id", "name"))
_OWNED = each(TEXT, "id", "name") | {"domain": _NAMED}
TOKEN = one(
    "token",
    closed(
        each(TEXT, "expires_at", "issued_at")
        | {"methods": TAGS, "audit_ids": TAGS, "user": closed(_OWNED | {"password_expires_at": NULL})},
        {
            "project": closed(_OWNED), "domain": _NAMED, "system": one("all", BOOLEAN), "is_domain": BOOLEAN,
            "roles": array(_NAMED), "catalog": array(CATALOG_ENTRY),
        },
    ),
)  # fmt: skip
"""Roles and catalog are those of the scope, which is one of project, domain and system."""
