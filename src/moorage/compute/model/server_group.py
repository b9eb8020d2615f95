"""Which servers shall be kept together or apart?"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

POLICIES = ("anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity")


class ServerGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``server_groups``."""

    id: str
    project_id: str
    user_id: str
    name: str
    policy: str
    rules: dict[str, int]
    members: list[str]
    """Ids of servers; reading a group leaves out the deleted ones."""
    created_at: Any


def from_row(row: sa.Row[Any]) -> ServerGroup:
    return ServerGroup(**row._mapping)
