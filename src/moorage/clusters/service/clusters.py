"""Clusters, their node groups and nodes, as rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from moorage import clock, ids
from moorage.clusters import states
from moorage.clusters.model import Cluster, Instance, NodeGroup, instance_name
from moorage.clusters.service import guard
from moorage.clusters.service.records import record
from moorage.context import Context
from moorage.store import Tx
from moorage.store.tables.clusters import (
    cluster_events,
    cluster_instances,
    cluster_provision_steps,
    cluster_verifications,
    clusters,
    node_groups,
)

KIND = "Cluster"


def listing(tx: Tx, context: Context) -> list[Cluster]:
    return _built(tx, tx.execute(sa.select(clusters).where(guard.of_project(clusters, context))).all())


def in_status(tx: Tx, status: str) -> list[Cluster]:
    """Of all projects."""
    return _built(tx, tx.execute(sa.select(clusters).where(clusters.c.status == status)).all())


def find(tx: Tx, cluster_id: str) -> Cluster | None:
    return next(iter(_built(tx, tx.execute(sa.select(clusters).where(clusters.c.id == cluster_id)).all())), None)


def named(tx: Tx, name_or_id: str) -> list[Cluster]:
    """By id or name, of all projects: for operators."""
    wanted = sa.or_(clusters.c.id == name_or_id, clusters.c.name == name_or_id)
    return _built(tx, tx.execute(sa.select(clusters).where(wanted)).all())


def get(tx: Tx, context: Context, cluster_id: str) -> Cluster:
    """``Missing`` if there is none or the caller may not see it."""
    return guard.visible(find(tx, cluster_id), context, cluster_id)


def status_of(tx: Tx, cluster_id: str) -> str | None:
    return tx.scalar(sa.select(clusters.c.status).where(clusters.c.id == cluster_id))


def insert(tx: Tx, context: Context, values: dict[str, Any], groups: list[dict[str, Any]]) -> Cluster:
    """A cluster whose nodes are still to be made, its groups' fields already settled."""
    guard.check_name(tx, clusters, context.project_id, values["name"], KIND)
    cluster_id = ids.new()
    tx.execute(
        clusters.insert().values(
            id=cluster_id, project_id=context.project_id, user_id=context.user_id, status=states.VALIDATING,
            created_at=clock.now(), node_name=values["name"], **values,
        )
    )  # fmt: skip
    for position, group in enumerate(groups):
        insert_group(tx, cluster_id, position, group)
    return get(tx, context, cluster_id)


def insert_group(tx: Tx, cluster_id: str, position: int, values: dict[str, Any]) -> str:
    group_id = ids.new()
    row = {"id": group_id, "cluster_id": cluster_id, "position": position, "created_at": clock.now(), **values}
    tx.execute(node_groups.insert().values(row))
    return group_id


def update(tx: Tx, cluster_id: str, **values: Any) -> None:
    tx.execute(clusters.update().where(clusters.c.id == cluster_id).values(updated_at=clock.now(), **values))


def set_status(tx: Tx, cluster_id: str, status: str, description: str | None = None) -> bool:
    """``Deleting`` is final: whatever comes after it is dropped. Says whether the status was set."""
    query = clusters.update().where(clusters.c.id == cluster_id, clusters.c.status != states.DELETING)
    values = {"status": status, "status_description": description, "updated_at": clock.now()}
    return bool(tx.execute(query.values(values)).rowcount)


def update_group(tx: Tx, group_id: str, **values: Any) -> None:
    tx.execute(node_groups.update().where(node_groups.c.id == group_id).values(updated_at=clock.now(), **values))


def forget_group(tx: Tx, group_id: str) -> None:
    tx.execute(cluster_instances.delete().where(cluster_instances.c.node_group_id == group_id))
    tx.execute(node_groups.delete().where(node_groups.c.id == group_id))


def ensure_instances(tx: Tx, cluster: Cluster, domain: str) -> None:
    """A row for each node there should be, and none for the others."""
    for group in cluster.node_groups:
        known = {instance.node_index for instance in group.instances}
        for index in sorted(set(group.indexes()) - known):
            _insert_instance(tx, cluster, group, index, domain)
    forget_removed(tx, cluster)


def forget_removed(tx: Tx, cluster: Cluster) -> None:
    """No row for nodes that should not be."""
    for group in cluster.node_groups:
        known = {instance.node_index for instance in group.instances}
        gone = cluster_instances.c.node_index.in_(known - set(group.indexes()))
        tx.execute(cluster_instances.delete().where(cluster_instances.c.node_group_id == group.id, gone))


def _insert_instance(tx: Tx, cluster: Cluster, group: NodeGroup, index: int, domain: str) -> None:
    name = instance_name(cluster.node_name, group.name, index)
    tx.execute(
        cluster_instances.insert().values(
            id=ids.new(), cluster_id=cluster.id, node_group_id=group.id, node_index=index, instance_name=name,
            dns_hostname=f"{name}.{domain}", storage_devices_number=group.volumes_per_node, created_at=clock.now(),
        )
    )  # fmt: skip


def update_instance(tx: Tx, instance: Instance, **values: Any) -> None:
    """Write what differs."""
    changed = {name: value for name, value in values.items() if getattr(instance, name) != value}
    if changed:
        mine = cluster_instances.c.id == instance.id
        tx.execute(cluster_instances.update().where(mine).values(updated_at=clock.now(), **changed))


def forget(tx: Tx, cluster_id: str) -> None:
    """Everything is gone: now the rows."""
    steps = sa.select(cluster_provision_steps.c.id).where(cluster_provision_steps.c.cluster_id == cluster_id)
    tx.execute(cluster_events.delete().where(cluster_events.c.step_id.in_(steps)))
    for table in (cluster_provision_steps, cluster_verifications, cluster_instances, node_groups):
        tx.execute(table.delete().where(table.c.cluster_id == cluster_id))
    tx.execute(clusters.delete().where(clusters.c.id == cluster_id))


def _built(tx: Tx, rows: Iterable[Any]) -> list[Cluster]:
    rows = list(rows)
    wanted = [row.id for row in rows]
    instances: dict[str, list[Instance]] = {}
    query = sa.select(cluster_instances).where(cluster_instances.c.cluster_id.in_(wanted))
    for row in tx.execute(query.order_by(cluster_instances.c.node_index)):
        instances.setdefault(row.node_group_id, []).append(record(Instance, row))
    groups: dict[str, list[NodeGroup]] = {}
    query = sa.select(node_groups).where(node_groups.c.cluster_id.in_(wanted)).order_by(node_groups.c.position)
    for row in tx.execute(query):
        group = record(NodeGroup, row, instances=instances.get(row.id, []))
        groups.setdefault(row.cluster_id, []).append(group)
    return [record(Cluster, row, node_groups=groups.get(row.id, [])) for row in rows]
