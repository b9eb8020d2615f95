"""A cluster's stack: what it is asked to be, and what can be seen of each node in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import yaml

from moorage.clusters.model import Cluster, Instance, NodeGroup
from moorage.clusters.plugins import registry
from moorage.clusters.rendering import render
from moorage.clusters.rendering.cluster import GROUP_PREFIX
from moorage.clusters.rendering.data_volume import GROUP as DATA_VOLUMES
from moorage.clusters.rendering.node import BOOT_VOLUME, SERVER, WAIT
from moorage.stacks import states
from moorage.stacks.model import Resource, Stack
from moorage.stacks.ports import Document, Owner, Stacks
from moorage.workflows.embedded_stacks import EmbeddedStacks
from moorage.workflows.world import World

Place = tuple[str, int]
"""Name of a node group and index of a node in it."""


class Node(msgspec.Struct, kw_only=True):
    """How far a node's resources are."""

    server_id: str | None = None
    volume_id: str | None = None
    has_volume: bool = False
    has_server: bool = False
    has_data_volumes: bool = False
    has_reported: bool = False


def service(world: World) -> Stacks:
    """Who makes the stacks."""
    return EmbeddedStacks(world.store)


def name(cluster: Cluster) -> str:
    """As Sahara names it."""
    return f"{cluster.name}{cluster.id[:8]}"


def is_complete(found: Stack) -> bool:
    """Whether the stack is what it was last asked to be."""
    return found.progress == states.COMPLETE


def is_at_rest(found: Stack | None) -> bool:
    """Whether nothing goes on with the stack, nor will; one that is gone rests."""
    return found is None or (found.is_ended and not found.is_delete_requested)


def owner(cluster: Cluster) -> Owner:
    return Owner(project_id=cluster.project_id, user_id=cluster.user_id)


def document(cluster: Cluster) -> Document:
    """What the stack has to be for the cluster to be as its rows say."""
    rendered = render(cluster, registry.named(cluster.plugin_name))
    files = {name: yaml.safe_dump(content, sort_keys=False) for name, content in rendered.files.items()}
    return Document(template=rendered.template, files=files, timeout_s=rendered.timeout_s)


def nodes(resources: Iterable[Resource]) -> dict[Place, Node]:
    """Every node of which there is anything to see."""
    found: dict[Place, Node] = {}
    for resource in resources:
        parts = resource.path.split("/")
        if len(parts) != 3 or not parts[0].startswith(GROUP_PREFIX) or resource.action == states.DELETE:
            continue
        if not parts[1].isdigit() or resource.is_replaced:
            continue
        node = found.setdefault((parts[0].removeprefix(GROUP_PREFIX), int(parts[1])), Node())
        _note(node, parts[2], resource)
    return found


def _note(node: Node, part: str, resource: Resource) -> None:
    is_there = resource.progress == states.COMPLETE
    if part == SERVER:
        node.server_id, node.has_server = resource.physical_id, is_there
    elif part == BOOT_VOLUME:
        node.volume_id, node.has_volume = resource.physical_id, is_there
    elif part == DATA_VOLUMES:
        node.has_data_volumes = is_there
    elif part == WAIT:
        node.has_reported = is_there


def instances(cluster: Cluster) -> Iterator[tuple[NodeGroup, Instance]]:
    for group in cluster.node_groups:
        for instance in group.instances:
            yield group, instance
