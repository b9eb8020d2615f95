"""Build one or more API services in the test process, without a port."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from moorage import errors
from moorage.api.services import Services
from moorage.api.wire.app import ServiceApp
from moorage.api.wire.policy import Policy
from moorage.api.wire.route import Service
from moorage.api.wire.rules import rules
from moorage.context import Context
from moorage.store import Store
from moorage.store.database import sqlite_url
from moorage.store.tables import metadata
from tests.support import postgresql

STORE = "MOORAGE_TEST_STORE"

ROLES = {
    "admin": frozenset({"admin", "manager", "member", "reader"}),
    "member": frozenset({"member", "reader"}),
    "reader": frozenset({"reader"}),
    "service": frozenset({"service"}),
}


class RoleTokens:
    """Tokens of the form ``<role>:<project>``; for tests that are not about identity."""

    def context_of(self, token: str) -> Context:
        role, _, project = token.partition(":")
        if role not in ROLES:
            raise errors.Unauthorized("The request you have made requires authentication.")
        project = project or "p" * 32
        return Context(user_id=f"user-{role}", project_id=project, roles=ROLES[role])

    def remembered(self, token: str) -> Context | None:
        return self.context_of(token)


def make_store(tmp_path: Path) -> Store:
    """A fresh database with all tables: SQLite, or PostgreSQL under ``pytest --store=postgresql``."""
    if os.environ.get(STORE) == "postgresql":
        return postgresql.new_store()
    store = Store(sqlite_url(tmp_path / "moorage.db"))
    with store.write() as tx:
        metadata.create_all(tx)
    return store


@contextlib.contextmanager
def database_url(tmp_path: Path) -> Iterator[str]:
    """Where an empty database is, of the kind that ``make_store`` makes."""
    if os.environ.get(STORE) == "postgresql":
        with postgresql.database() as url:
            yield url
    else:
        yield sqlite_url(tmp_path / "moorage.db")


def make_client(tmp_path: Path, *services: Service, **overrides: Any) -> TestClient:
    """A client for the given services; ``client.services`` is the ``Services`` they share."""
    arguments: dict[str, Any] = {
        "store": overrides.get("store") or make_store(tmp_path),
        "policy": Policy(rules(services)),
        "tokens": RoleTokens(),
        "hypervisor": None,
        "backends": {},
        "image_dir": tmp_path / "images",
        "site": None,
        **overrides,
    }
    arguments["image_dir"].mkdir(exist_ok=True)
    shared = Services(**arguments)
    app = Starlette(routes=[Mount(service.prefix, app=ServiceApp(service, shared)) for service in services])
    client = TestClient(app, base_url="http://moorage.test", raise_server_exceptions=False)
    client.services = shared  # type: ignore[attr-defined]
    return client
