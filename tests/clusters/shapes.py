"""Clusters to render and check, without a database."""

from __future__ import annotations

import datetime as dt
from typing import Any

import yaml

from moorage.clusters.model import Cluster, NodeGroup
from moorage.clusters.plugins import registry
from moorage.clusters.rendering import Rendered, render

NOW = dt.datetime(2026, 1, 1)
IMAGE = "0b5b1c52-8f3a-4c50-9c8b-6d7a0f3c1f11"
NETWORK = "c1e4d7a0-52f2-4a77-8a6e-1b8f1f0e2a33"


def group(name: str, count: int = 1, **fields: Any) -> NodeGroup:
    values: dict[str, Any] = {
        "flavor_id": "2", "node_processes": ["worker"], "boot_from_volume": True, "root_gib": 10,
        "next_index": count, **fields,
    }  # fmt: skip
    return NodeGroup(id=f"id-{name}", cluster_id="c", position=0, name=name, count=count, created_at=NOW, **values)


def cluster(*groups: NodeGroup, **fields: Any) -> Cluster:
    values: dict[str, Any] = {
        "name": "c1", "node_name": "c1", "plugin_name": "generic", "plugin_version": "1.0", "default_image_id": IMAGE,
        "neutron_management_network": NETWORK, **fields,
    }  # fmt: skip
    return Cluster(
        id="c", project_id="p", user_id="u", status="Active", created_at=NOW, node_groups=list(groups), **values
    )


def rendered(shape: Cluster) -> Rendered:
    return render(shape, registry.named(shape.plugin_name))


def files_as_text(document: Rendered) -> dict[str, str]:
    return {name: yaml.safe_dump(content) for name, content in document.files.items()}
