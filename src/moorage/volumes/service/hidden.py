"""Which rows are not volumes of their own? Those that only stand by to take another volume's place."""

from __future__ import annotations

import sqlalchemy as sa

from moorage.store.tables.volumes import volumes
from moorage.volumes.model import TARGET_OF


def is_no_target() -> sa.ColumnElement[bool]:
    """Users neither see nor pay for the target of a migration."""
    return sa.or_(volumes.c.migration_status.is_(None), ~volumes.c.migration_status.startswith(TARGET_OF))
