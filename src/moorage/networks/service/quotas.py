"""How many ports may a project have? -1 is no limit; the default is Neutron's."""

from __future__ import annotations

import sqlalchemy as sa

from moorage import errors
from moorage.store import Tx
from moorage.store.limits import StoredLimits
from moorage.store.tables.networks import ports

BUILT_IN = {"port": 500}

_STORED = StoredLimits("network")


def limits_of(tx: Tx, project_id: str) -> dict[str, int]:
    """The project's limits by resource, in Neutron's names."""
    return {**BUILT_IN, **_STORED.of(tx, project_id)}


def usage_of(tx: Tx, project_id: str) -> dict[str, int]:
    count = tx.scalar(sa.select(sa.func.count()).select_from(ports).where(ports.c.project_id == project_id))
    return {"port": int(count or 0)}


def check(tx: Tx, project_id: str, count: int = 1) -> None:
    """``errors.OverQuota`` in Neutron's words if so many more ports would be too many."""
    limit = limits_of(tx, project_id)["port"]
    if 0 <= limit < usage_of(tx, project_id)["port"] + count:
        raise errors.OverQuota("Quota exceeded for resources: ['port'].")


def set_limits(tx: Tx, project_id: str, limits: dict[str, int]) -> None:
    _STORED.set(tx, project_id, limits)


def reset(tx: Tx, project_id: str) -> None:
    """Back to the default."""
    _STORED.forget(tx, project_id)
