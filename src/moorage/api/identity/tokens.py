"""Log in, look at a token, log out."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from moorage import errors
from moorage.api.identity.access import token_service
from moorage.api.identity.answers import TOKEN
from moorage.api.identity.catalog import catalog
from moorage.api.wire.call import Call, Reply
from moorage.api.wire.route import EVERYONE, Route
from moorage.identity.model import DomainRef, Login, NamedRef, WantedScope


class PasswordUser(msgspec.Struct, forbid_unknown_fields=True):
    password: str
    id: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    domain: DomainRef | UnsetType = UNSET


class PasswordMethod(msgspec.Struct, forbid_unknown_fields=True):
    user: PasswordUser


class TokenMethod(msgspec.Struct, forbid_unknown_fields=True):
    id: str


class IdentityBody(msgspec.Struct):
    """Other methods may bring fields of their own: they are refused as methods, not as fields."""

    methods: Annotated[list[str], Meta(min_length=1, max_length=10)]
    password: PasswordMethod | UnsetType = UNSET
    token: TokenMethod | UnsetType = UNSET


class SystemBody(msgspec.Struct, forbid_unknown_fields=True):
    all: bool


class ScopeBody(msgspec.Struct, forbid_unknown_fields=True):
    project: NamedRef | UnsetType = UNSET
    domain: DomainRef | UnsetType = UNSET
    system: SystemBody | UnsetType = UNSET
    unscoped: dict[str, Any] | UnsetType = UNSET


class AuthBody(msgspec.Struct, forbid_unknown_fields=True):
    identity: IdentityBody
    scope: ScopeBody | str | UnsetType = UNSET


class LoginBody(msgspec.Struct, forbid_unknown_fields=True):
    auth: AuthBody


def create(call: Call) -> Reply:
    """POST: 201 with the token in ``X-Subject-Token``; 401 for any wrong part of the login."""
    issued = token_service(call).issue(_login(call.body(LoginBody).auth))
    return Reply(status=201, body=_render(call, issued.body), headers={"X-Subject-Token": issued.token})


def show(call: Call) -> Reply:
    """GET: what POST answered; 404 for a token that is unknown, expired or revoked."""
    subject, body = _subject(call)
    return Reply(body=_render(call, body), headers={"X-Subject-Token": subject})


def check(call: Call) -> Reply:
    """HEAD: 200 without a body, or 404."""
    subject, _ = _subject(call)
    return Reply(headers={"X-Subject-Token": subject})


def delete(call: Call) -> Reply:
    """DELETE: 204; the token is no longer valid."""
    subject, _ = _subject(call, "admin_required")
    token_service(call).revoke(subject)
    return Reply(status=204)


def _subject(call: Call, rule: str = "service_or_admin") -> tuple[str, dict[str, Any]]:
    """The token asked about: the caller's own, or any for those whom ``rule`` allows."""
    subject = call.headers.get("x-subject-token")
    if not subject:
        raise errors.BadRequest("The X-Subject-Token header is missing.")
    if subject != call.context.token:
        call.enforce(rule)
    return subject, token_service(call).body_of(subject)


def _render(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    is_scoped = "roles" in body
    if is_scoped and "nocatalog" not in call.query:
        body = {**body, "catalog": catalog(call)}
    return {"token": body}


def _login(auth: AuthBody) -> Login:
    identity = auth.identity
    for method in ("password", "token"):
        if method in identity.methods and getattr(identity, method) is UNSET:
            raise errors.BadRequest(f"Expecting to find {method} in identity.")
    user = identity.password.user if identity.password else None
    return Login(
        methods=identity.methods,
        scope=_scope(auth.scope),
        user=_named("user", NamedRef(user.id, user.name, user.domain)) if user else None,
        password=user.password if user else "",
        token=identity.token.id if identity.token else "",
    )


def _scope(scope: ScopeBody | str | UnsetType) -> WantedScope:
    if scope is UNSET:
        return WantedScope()
    if isinstance(scope, str):
        if scope != "unscoped":
            raise errors.BadRequest(f"Invalid input for field/attribute scope. Value: {scope}. Expected an object.")
        return WantedScope("unscoped")
    kinds = [kind for kind in scope.__struct_fields__ if getattr(scope, kind) is not UNSET]
    if len(kinds) != 1:
        raise errors.BadRequest("Expecting to find exactly one of project, domain, system or unscoped in scope.")
    if scope.project:
        return WantedScope("project", _named("project", scope.project))
    if scope.domain:
        return WantedScope("domain", _domain("scope", scope.domain))
    if scope.system and not scope.system.all:
        raise errors.BadRequest(
            "Invalid input for field/attribute all. Value: False. Only all of the system is a scope."
        )
    return WantedScope(kinds[0])


def _named(field: str, ref: NamedRef) -> NamedRef:
    if ref.id:
        return ref
    if not ref.name:
        raise errors.BadRequest(f"Expecting to find id or name in {field}.")
    if ref.domain is UNSET:
        raise errors.BadRequest(f"Expecting to find domain in {field}.")
    _domain(field, ref.domain)
    return ref


def _domain(field: str, ref: DomainRef) -> DomainRef:
    if not ref.id and not ref.name:
        raise errors.BadRequest(f"Expecting to find id or name in the domain of {field}.")
    return ref


_PATH = "/auth/tokens"
ROUTES = [
    Route(
        method="POST", path=_PATH, handler=create, policy="identity:authenticate", default=EVERYONE,
        summary="Log in", body=LoginBody, answer=TOKEN,
    ),
    Route(
        method="GET", path=_PATH, handler=show, policy="identity:validate_token", default="any",
        summary="Show a token", answer=TOKEN,
    ),
    Route(
        method="HEAD", path=_PATH, handler=check, policy="identity:check_token", default="any",
        summary="Check a token",
    ),
    Route(
        method="DELETE", path=_PATH, handler=delete, policy="identity:revoke_token", default="any",
        summary="Revoke a token",
    ),
]  # fmt: skip
