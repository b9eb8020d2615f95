"""Which tokens die when something changes, and how does this process learn of it?

Rows of dead tokens are deleted in the transaction of the change. When it has committed, the epoch advances, and every
answer remembered before it is void: at once in this process, within the cache's lifetime in others.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import sqlalchemy as sa

from moorage.identity.model import Scope
from moorage.store import Tx
from moorage.store.database import after_commit
from moorage.store.tables import identity as tables

_TOKENS = tables.tokens


class Epoch:
    """Counts the revocations this process has committed."""

    def __init__(self) -> None:
        self.value = 0
        self._lock = threading.Lock()

    def advance(self) -> None:
        with self._lock:
            self.value += 1


EPOCH = Epoch()


def of_token(tx: Tx, digest: str) -> None:
    _delete(tx, _TOKENS.c.digest == digest)


def of_users(tx: Tx, user_ids: Iterable[str], scope: Scope | None = None) -> None:
    """All tokens of the users, or only those for ``scope``."""
    wanted = sorted(set(user_ids))
    # A login that read the old state holds its user row: wait for it, so that its token is seen and deleted.
    tx.execute(sa.select(tables.users.c.id).where(tables.users.c.id.in_(wanted)).with_for_update())
    condition = _TOKENS.c.user_id.in_(wanted)
    _delete(tx, condition if scope is None else condition & _for(scope))


def of_project(tx: Tx, project_id: str) -> None:
    _delete(tx, _for(Scope("project", project_id)))


def of_domain(tx: Tx, domain_id: str) -> None:
    """Tokens of the domain's users, for its projects, and for the domain itself."""
    users = sa.select(tables.users.c.id).where(tables.users.c.domain_id == domain_id)
    projects = sa.select(tables.projects.c.id).where(tables.projects.c.domain_id == domain_id)
    scoped = _for(Scope("domain", domain_id))
    _delete(tx, _TOKENS.c.user_id.in_(users) | _TOKENS.c.project_id.in_(projects) | scoped)


def _for(scope: Scope) -> sa.ColumnElement[bool]:
    if scope.kind == "project":
        return _TOKENS.c.project_id == scope.id
    if scope.kind == "domain":
        domain: sa.ColumnElement[str] = _TOKENS.c.body["domain"]["id"].as_string()
        return domain == scope.id
    system: sa.ColumnElement[bool] = _TOKENS.c.body["system"]["all"].as_boolean()
    return system == sa.true()


def _delete(tx: Tx, condition: sa.ColumnElement[bool]) -> None:
    tx.execute(_TOKENS.delete().where(condition))
    after_commit(tx, EPOCH.advance)
