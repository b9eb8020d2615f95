"""Who is the caller? ``X-Auth-Token`` proves a user, ``X-Service-Token`` a service that acts for one."""

from __future__ import annotations

import msgspec
from starlette.datastructures import Headers

from moorage import errors
from moorage.api.services import Services
from moorage.context import Context


def recognise(services: Services, headers: Headers, request_id: str) -> Context | None:
    """The caller of a request whose token was checked a moment ago, without waiting; None for all others."""
    token = headers.get("x-auth-token")
    if not token or headers.get("x-service-token"):
        return None
    context = services.tokens.remembered(token)
    return None if context is None else _named(context, request_id, token, "service" in context.roles)


def authenticate(services: Services, headers: Headers, request_id: str) -> Context:
    """The caller of a request; ``errors.Unauthorized`` if no valid token came along.

    A service token only adds rights if it is valid and carries the ``service`` role.
    """
    token = headers.get("x-auth-token")
    if not token:
        raise errors.Unauthorized("The request you have made requires authentication.")
    context = services.tokens.context_of(token)
    service_token = headers.get("x-service-token")
    is_service = "service" in context.roles
    if service_token:
        is_service = is_service or "service" in services.tokens.context_of(service_token).roles
    return _named(context, request_id, token, is_service)


def _named(context: Context, request_id: str, token: str, is_service: bool) -> Context:
    return msgspec.structs.replace(context, request_id=request_id, is_service=is_service, token=token)
