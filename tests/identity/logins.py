"""A database in which identity has been set up, and ways to log in."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from moorage.identity.model import DomainRef, Login, NamedRef, WantedScope
from moorage.identity.service.bootstrap import bootstrap
from moorage.store import Store

PASSWORDS = {"admin": "admin-secret", "demo": "demo-secret", "moorage": "service-secret"}
DEFAULT = {"id": "default"}


def bootstrapped(store: Store) -> Store:
    with store.write() as tx:
        bootstrap(
            tx,
            admin_password=PASSWORDS["admin"],
            demo_password=PASSWORDS["demo"],
            service_password=PASSWORDS["moorage"],
        )
    return store


def by_password(name: str, password: str | None = None, scope: WantedScope | None = None) -> Login:
    """A login to give to ``TokenService.issue``."""
    return Login(
        methods=["password"],
        scope=scope or WantedScope(),
        user=NamedRef(name=name, domain=DomainRef(id="default")),
        password=PASSWORDS[name] if password is None else password,
    )


def password_body(name: str, password: str | None = None, scope: Any = None) -> dict[str, Any]:
    """The body of ``POST /auth/tokens``."""
    secret = PASSWORDS.get(name, "") if password is None else password
    user = {"name": name, "domain": DEFAULT, "password": secret}
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if scope is not None:
        auth["scope"] = scope
    return {"auth": auth}


def project(name: str) -> dict[str, Any]:
    return {"project": {"name": name, "domain": DEFAULT}}


def log_in(client: TestClient, name: str, password: str | None = None, scope: Any = None) -> dict[str, str]:
    """Headers of a fresh token."""
    answer = client.post("/identity/v3/auth/tokens", json=password_body(name, password, scope))
    assert answer.status_code == 201, answer.text
    return {"X-Auth-Token": answer.headers["X-Subject-Token"]}
