"""Server groups: find, list, create, and who is in them."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.compute.model.server_group import ServerGroup, from_row
from moorage.compute.service import quotas
from moorage.context import Context
from moorage.store import Tx
from moorage.store.tables.compute import server_groups, servers


def get(tx: Tx, context: Context, group_id: str) -> ServerGroup:
    """The group with its living members; 404 if it belongs to another project."""
    row = tx.execute(sa.select(server_groups).where(server_groups.c.id == group_id)).one_or_none()
    if row is None or not (context.is_admin or row.project_id == context.project_id):
        raise errors.NotFound(f"Instance group {group_id} could not be found.")
    return _alive(tx, [from_row(row)])[0]


def listing(tx: Tx, project_id: str | None, limit: int = 1000, offset: int = 0) -> list[ServerGroup]:
    """Groups in order of their making; ``project_id`` None lists those of all projects."""
    query = sa.select(server_groups).order_by(server_groups.c.created_at, server_groups.c.id)
    if project_id is not None:
        query = query.where(server_groups.c.project_id == project_id)
    return _alive(tx, [from_row(row) for row in tx.execute(query.limit(limit).offset(offset))])


def _alive(tx: Tx, groups: list[ServerGroup]) -> list[ServerGroup]:
    named = {member for group in groups for member in group.members}
    query = sa.select(servers.c.id).where(servers.c.id.in_(named), servers.c.deleted_at.is_(None))
    living = {row.id for row in tx.execute(query)} if named else set()
    return [
        msgspec.structs.replace(group, members=[member for member in group.members if member in living])
        for group in groups
    ]


def create(tx: Tx, context: Context, name: str, policy: str, rules: dict[str, int]) -> ServerGroup:
    """A new, empty group in the caller's project."""
    limit = quotas.limits_of(tx, context.project_id)["server_groups"]
    if 0 <= limit <= quotas.usage_of(tx, context.project_id)["server_groups"]:
        raise errors.OverQuota("Quota exceeded, too many server groups.")
    if rules and policy != "anti-affinity":
        raise errors.BadRequest("Only anti-affinity policy supports rules.")
    group = ServerGroup(
        id=ids.new(), project_id=context.project_id, user_id=context.user_id, name=name, policy=policy, rules=rules,
        members=[], created_at=clock.now(),
    )  # fmt: skip
    tx.execute(server_groups.insert().values(msgspec.structs.asdict(group)))
    return group


def join(tx: Tx, context: Context, group_id: str, server_id: str) -> ServerGroup:
    """Add a server; over quota if the group is full. Joining twice is joining once."""
    group = get(tx, context, group_id)
    if server_id in group.members:
        return group
    limit = quotas.limits_of(tx, group.project_id)["server_group_members"]
    if 0 <= limit <= len(group.members):
        raise errors.OverQuota("Quota exceeded, too many servers in group")
    members = [*group.members, server_id]
    tx.execute(server_groups.update().where(server_groups.c.id == group_id).values(members=members))
    return msgspec.structs.replace(group, members=members)


def delete(tx: Tx, context: Context, group_id: str) -> None:
    """The servers in it stay."""
    get(tx, context, group_id)
    tx.execute(server_groups.delete().where(server_groups.c.id == group_id))
