"""Domains: the name spaces of users, groups and projects."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import errors, ids
from moorage.identity.model import Domain, DomainRef
from moorage.identity.service import assignments, revocation, rows
from moorage.store import Tx
from moorage.store.tables import identity as tables


def create(tx: Tx, values: dict[str, Any]) -> Domain:
    return rows.insert(tx, rows.DOMAIN, {"id": ids.new_hex(), **values})


def update(tx: Tx, domain_id: str, changes: dict[str, Any]) -> Domain:
    """Change columns; disabling kills the tokens of the domain's users and for its projects."""
    domain = rows.change(tx, rows.DOMAIN, domain_id, changes)
    if not domain.enabled:
        revocation.of_domain(tx, domain_id)
    return domain


def delete(tx: Tx, domain_id: str) -> None:
    """Remove the domain and all in it; ``errors.Forbidden`` while it is enabled."""
    if rows.get(tx, rows.DOMAIN, domain_id).enabled:
        raise errors.Forbidden("Cannot delete a domain that is enabled, please disable it first.")
    revocation.of_domain(tx, domain_id)
    members = tables.group_members
    for kind in (rows.USER, rows.GROUP, rows.PROJECT):
        for ident in tx.scalars(sa.select(kind.table.c.id).where(kind.table.c.domain_id == domain_id)).all():
            assignments.forget(tx, kind.word, ident)
            tx.execute(members.delete().where((members.c.user_id == ident) | (members.c.group_id == ident)))
            rows.remove(tx, kind, ident)
    assignments.forget(tx, "domain", domain_id)
    rows.remove(tx, rows.DOMAIN, domain_id)


def referred(tx: Tx, ref: DomainRef | None) -> Domain | None:
    """The domain a client means, by id or by name."""
    if ref is None:
        return None
    return rows.find(tx, rows.DOMAIN, id=ref.id) if ref.id else rows.find(tx, rows.DOMAIN, name=ref.name or "")
