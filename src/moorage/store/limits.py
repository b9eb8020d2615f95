"""The limits on record: where what a project may use of a service differs from the defaults."""

from __future__ import annotations

import sqlalchemy as sa

from moorage.store.database import Tx
from moorage.store.tables.volumes import quotas

DEFAULT_CLASS = ""
"""The project that stands for the quota class ``default``."""
_OF = sa.select(quotas.c.resource, quotas.c.hard_limit).where(
    quotas.c.service == sa.bindparam("service"), quotas.c.project_id == sa.bindparam("project_id")
)


class StoredLimits:
    """Rows of ``quotas`` that belong to one service."""

    def __init__(self, service: str) -> None:
        self._service = service

    def of(self, tx: Tx, project_id: str) -> dict[str, int]:
        """Limits by resource; empty if the project has none of its own."""
        mine = {"service": self._service, "project_id": project_id}
        return {row.resource: row.hard_limit for row in tx.execute(_OF, mine)}

    def set(self, tx: Tx, project_id: str, limits: dict[str, int]) -> None:
        """Put these in the place of the ones on record; others stay."""
        for resource, limit in limits.items():
            self.forget(tx, project_id, resource)
            row = {"service": self._service, "project_id": project_id, "resource": resource, "hard_limit": limit}
            tx.execute(quotas.insert().values(row))

    def forget(self, tx: Tx, project_id: str, resource: str | None = None) -> None:
        """Back to the default for one resource, or for all."""
        query = quotas.delete().where(quotas.c.service == self._service, quotas.c.project_id == project_id)
        tx.execute(query if resource is None else query.where(quotas.c.resource == resource))
