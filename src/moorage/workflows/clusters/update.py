"""Change what a cluster is called and who sees it, read its key pair anew, look at its health."""

from __future__ import annotations

from typing import Any

from moorage.clusters.model import Cluster
from moorage.clusters.refusals import InvalidReference
from moorage.clusters.service import clusters, guard
from moorage.context import Context
from moorage.store import Tx
from moorage.store.tables.clusters import clusters as table
from moorage.workflows.clusters import references, verification


def request(tx: Tx, context: Context, cluster: Cluster, given: dict[str, Any]) -> None:
    """Servers keep the names they were made with."""
    if given.get("name") is not None:
        guard.check_name(tx, table, cluster.project_id, given["name"], clusters.KIND, own_id=cluster.id)
    changed = {name: given[name] for name in ("name", "description", "is_public", "is_protected") if name in given}
    kept: dict[str, Any] = {
        name: value for name, value in changed.items() if value is not None or name == "description"
    }
    if given.get("update_keypair"):
        kept["public_key"] = _key(tx, context, cluster)
    if kept:
        clusters.update(tx, cluster.id, **kept)


def _key(tx: Tx, context: Context, cluster: Cluster) -> str:
    """Nodes made from now on have it; nobody logs in to those that run."""
    if cluster.user_keypair_id is None:
        raise InvalidReference(f"Cluster '{cluster.name}' has no key pair")
    return references.keypair(tx, context, cluster.user_keypair_id)


def verify(tx: Tx, cluster_id: str) -> None:
    cluster = clusters.find(tx, cluster_id)
    assert cluster is not None
    verification.look(tx, cluster)
