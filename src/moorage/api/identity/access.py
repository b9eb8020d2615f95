"""May the caller see this one? What the route's own rule cannot tell."""

from __future__ import annotations

from moorage import errors
from moorage.api.wire.call import Call
from moorage.api.wire.route import Rule
from moorage.identity.service.tokens import TokenService

RULES = [
    Rule(name="admin_required", default="admin", summary="See and use what belongs to other users"),
    Rule(name="service_or_admin", default="service_or_admin", summary="Validate other users' tokens"),
]


def own_or_admin(call: Call, *own_ids: str, wanted: str) -> None:
    """403 unless ``wanted`` is one of the caller's own or the caller is an admin."""
    if wanted not in own_ids:
        call.enforce("admin_required")


def token_service(call: Call) -> TokenService:
    """The embedded identity's tokens; 501 where another service keeps them."""
    service = call.services.tokens
    if not isinstance(service, TokenService):
        raise errors.NotImplementedHere("Tokens are issued by another identity service.")
    return service
