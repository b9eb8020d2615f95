"""How healthy is a cluster? Its servers' states, as they are on record."""

from __future__ import annotations

from typing import Any

from moorage.clusters import states
from moorage.clusters.model import Cluster
from moorage.clusters.service import clusters, verifications
from moorage.clusters.service.verifications import GREEN, RED, YELLOW
from moorage.compute import states as server_states
from moorage.compute.service import servers
from moorage.store import Store, Tx
from moorage.workflows.clusters import stack


def look(tx: Tx, cluster: Cluster) -> None:
    """Look at every node and keep the verdict."""
    verifications.put(tx, cluster.id, [_check_nodes(tx, cluster), _check_counts(cluster)])


def _check_nodes(tx: Tx, cluster: Cluster) -> dict[str, Any]:
    missing, resting = [], []
    for _, instance in stack.instances(cluster):
        server = None if instance.instance_id is None else servers.find(tx, instance.instance_id)
        if server is None or server.deleted_at is not None or server.vm_state == server_states.ERROR:
            missing.append(instance.instance_name)
        elif server.vm_state != server_states.ACTIVE:
            resting.append(instance.instance_name)
    if missing:
        return _check("Servers of the nodes", RED, f"Gone or in error: {', '.join(missing)}")
    if resting:
        return _check("Servers of the nodes", YELLOW, f"Not running: {', '.join(resting)}")
    return _check("Servers of the nodes", GREEN, "All servers are running")


def _check_counts(cluster: Cluster) -> dict[str, Any]:
    wrong = [group.name for group in cluster.node_groups if len(group.instances) != group.count]
    if wrong:
        return _check("Sizes of the node groups", RED, f"Other than asked for: {', '.join(wrong)}")
    return _check("Sizes of the node groups", GREEN, "As asked for")


def _check(name: str, status: str, description: str) -> dict[str, Any]:
    return {"name": name, "status": status, "description": description}


def look_at_all(store: Store) -> None:
    """The periodic look at clusters that are at rest."""
    with store.read() as tx:
        resting = [cluster.id for cluster in clusters.in_status(tx, states.ACTIVE)]
    for cluster_id in resting:
        with store.write() as tx:
            cluster = clusters.find(tx, cluster_id)
            if cluster is not None and cluster.status == states.ACTIVE:
                look(tx, cluster)
