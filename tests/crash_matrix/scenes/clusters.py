"""Operations on clusters of two nodes that boot from volumes, and on the stacks beneath them."""

from __future__ import annotations

from collections.abc import Callable

from tests.crash_matrix.scene import Scene
from tests.support.clouds import Cloud
from tests.support.data_processing import DataProcessing

_PATIENCE_S = 120.0


class _Cluster:
    """The service with an image for nodes, and the cluster once it was asked for."""

    def __init__(self, site: Cloud, nodes: int = 0) -> None:
        self.service = DataProcessing(site)
        self.id = ""
        if nodes:
            self.ask(nodes)
            self.service.wait(self.id, "Active")
            site.settle()

    def ask(self, nodes: int) -> None:
        self.id = self.service.create("c", self.service.node_group(count=nodes))


def _create(_site: Cloud, cluster: _Cluster) -> None:
    cluster.ask(2)


def _scale(nodes: int) -> Callable[[Cloud, _Cluster], None]:
    return lambda _site, cluster: cluster.service.scale(cluster.id, "w", nodes)


def _refused_growth(site: Cloud, cluster: _Cluster) -> None:
    """The new node's volume cannot be mapped: the cluster goes back to the nodes it had."""
    site.array_faults.add("connect", "refuse")
    _scale(2)(site, cluster)


def _delete(_site: Cloud, cluster: _Cluster) -> None:
    cluster.service.delete(cluster.id)


def _end(site: Cloud, cluster: _Cluster) -> str:
    shown = cluster.service.show(cluster.id)
    nodes = [node for group in shown.get("node_groups", []) for node in group["instances"]]
    return f"{shown['status']}, {len(nodes)} nodes, {len(cluster.service.servers())} servers"


def _clear(site: Cloud, cluster: _Cluster) -> None:
    if cluster.service.show(cluster.id)["status"] != "GONE":
        cluster.service.delete(cluster.id)
        cluster.service.wait(cluster.id, "GONE")
    site.settle(_PATIENCE_S)


def _scenes(does: str, play: Callable[[Cloud, _Cluster], None], nodes: int, *kinds: str) -> list[Scene]:
    """The same play, struck in the cluster's operation and in the stack's."""
    return [
        Scene(
            name=f"{kind.partition('_')[2]} {does}", kind=kind, arrange=lambda site: _Cluster(site, nodes), play=play,
            end=_end, clear=_clear, patience_s=_PATIENCE_S,
        )
        for kind in kinds
    ]  # fmt: skip


SCENES = [
    *_scenes("is created", _create, 0, "create_cluster", "create_stack"),
    *_scenes("grows", _scale(2), 1, "scale_cluster", "update_stack"),
    *_scenes("shrinks", _scale(1), 2, "scale_cluster", "update_stack"),
    *_scenes("cannot grow", _refused_growth, 1, "scale_cluster", "update_stack"),
    *_scenes("is deleted", _delete, 2, "delete_cluster", "delete_stack"),
]
