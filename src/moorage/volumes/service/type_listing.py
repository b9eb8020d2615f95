"""Which volume types does a list show?"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage.context import Context
from moorage.store import Tx
from moorage.store.tables.volumes import volume_types
from moorage.volumes.model import VolumeType, type_of
from moorage.volumes.service import paging, types
from moorage.volumes.service.paging import Page


def page(tx: Tx, context: Context, is_public: bool | None, specs: dict[Any, Any], wanted: Page) -> list[VolumeType]:
    """``is_public`` None lists private ones too; members always see the private ones they may use."""
    query = sa.select(volume_types)
    if context.is_admin:
        query = query.where(sa.true() if is_public is None else volume_types.c.is_public.is_(is_public))
    else:
        query = query.where(volume_types.c.id.in_(_usable(tx, context)))
    for key, value in specs.items():
        query = query.where(volume_types.c.extra_specs[str(key)].as_string() == str(value))
    return [type_of(row) for row in paging.rows(tx, query, volume_types, wanted, "Volume type")]


def _usable(tx: Tx, context: Context) -> list[str]:
    return [found.id for found in types.every(tx) if types.is_visible(found, context)]
