"""Which nodes go and which come, and may they? Indexes are never used twice, so a node's name always means one node."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from moorage import ids
from moorage.clusters import states
from moorage.clusters.inheritance import fields_of
from moorage.clusters.model import Cluster, Instance, NodeGroup
from moorage.clusters.plugins import registry
from moorage.clusters.refusals import InvalidData, InvalidReference
from moorage.clusters.service import guard
from moorage.workflows.clusters import image_registry, references
from moorage.workflows.clusters.demand import Wanted
from moorage.workflows.clusters.plan import Desk, GroupRow, demand, group_row, inherited


class Change(msgspec.Struct, kw_only=True):
    """What happens to one node group."""

    name: str
    removed: list[int]
    added: list[int]
    next_index: int
    group_id: str = ""
    """Empty for a new group, which is made of ``row``."""
    row: GroupRow = {}
    wanted: Wanted | None = None

    @staticmethod
    def applied(cluster: Cluster, changes: list[Change]) -> Cluster:
        """The cluster with the counts it will have; new groups come last."""
        counts = {change.group_id: len(change.added) - len(change.removed) for change in changes if change.group_id}
        groups = [
            msgspec.structs.replace(group, count=group.count + counts.get(group.id, 0)) for group in cluster.node_groups
        ]
        groups += [_as_group(cluster, change) for change in changes if not change.group_id]
        return msgspec.structs.replace(cluster, node_groups=groups)


def _as_group(cluster: Cluster, change: Change) -> NodeGroup:
    fields = {**change.row, "count": len(change.added)}
    return NodeGroup(id="", cluster_id=cluster.id, position=0, created_at=cluster.created_at, **fields)


def plan(desk: Desk, cluster: Cluster, given: dict[str, Any]) -> list[Change]:
    """The changes a request asks for; 400 in Sahara's words if anything is wrong with one."""
    resized, new = given.get("resize_node_groups") or [], given.get("add_node_groups") or []
    if not resized and not new:
        raise InvalidReference("Either 'resize_node_groups' or 'add_node_groups' must be given")
    if cluster.status != states.ACTIVE:
        raise InvalidReference(f"Cluster cannot be scaled not in 'Active' status. Cluster status: {cluster.status}")
    _check_cluster(desk, cluster)
    guard.check_group_names([group["name"] for group in resized])
    guard.check_group_names([group["name"] for group in new])
    return [*(_resize(desk, cluster, group) for group in resized), *(_add(desk, cluster, group) for group in new)]


def _check_cluster(desk: Desk, cluster: Cluster) -> None:
    if cluster.user_keypair_id:
        references.keypair(desk.tx, desk.context, cluster.user_keypair_id)
    if cluster.default_image_id:
        image_registry.check(desk.tx, desk.context, cluster.default_image_id, [])


def _resize(desk: Desk, cluster: Cluster, given: dict[str, Any]) -> Change:
    group = cluster.group(given["name"])
    if group is None:
        raise InvalidReference(f"Cluster doesn't contain node group with name '{given['name']}'")
    difference = given["count"] - group.count
    named = _named(group, given.get("instances") or [], -difference)
    if difference <= 0:
        others = [index for index in reversed(group.indexes()) if index not in named]
        removed = [*named, *others[: -difference - len(named)]]
        return Change(group_id=group.id, name=group.name, removed=removed, added=[], next_index=group.next_index)
    references.node_group(desk.tx, desk.context, desk.site, fields_of(group))
    added = list(range(group.next_index, group.next_index + difference))
    row = {**fields_of(group), "count": group.count, "root_gib": group.root_gib}
    return Change(
        group_id=group.id, name=group.name, removed=[], added=added, next_index=added[-1] + 1,
        wanted=demand(desk, row, difference),
    )  # fmt: skip


def _named(group: NodeGroup, wanted: list[str], fewer: int) -> list[int]:
    """Indexes of the instances that a request names, by name or by id of the server."""
    if len(wanted) > max(fewer, 0):
        raise InvalidData(
            f"Number of specific instances ({len(wanted)}) to delete can not be greater than the count difference "
            f"({fewer} during scaling"
        )
    if len({ids.is_uuid(name) for name in wanted}) > 1:
        raise InvalidReference("You can only reference instances by Name or UUID, not both on the same request")
    if twice := [name for name, count in Counter(wanted).items() if count > 1]:
        raise InvalidData(f"Duplicate entry for instances to delete: {twice}")
    return [_find(group, name).node_index for name in wanted]


def _find(group: NodeGroup, name: str) -> Instance:
    for instance in group.instances:
        if name in (instance.instance_name, instance.instance_id):
            return instance
    raise InvalidReference(f"Node group '{group.name}' has no instance '{name}'")


def _add(desk: Desk, cluster: Cluster, given: dict[str, Any]) -> Change:
    if cluster.group(given["name"]) is not None:
        raise InvalidReference(f"Can't add new nodegroup. Cluster already has nodegroup with name '{given['name']}'")
    plugin = registry.of_version(cluster.plugin_name, cluster.plugin_version)
    image = str(cluster.default_image_id)
    row = group_row(desk, plugin, cluster.plugin_version, image, inherited(desk, given))
    count = given["count"]
    empty = {**row, "count": 0, "next_index": 0}
    return Change(
        name=given["name"], removed=[], added=list(range(count)), next_index=count, row=empty,
        wanted=demand(desk, row),
    )  # fmt: skip
