"""What is to be seen of a stack while it is being made? Recorded as states, provision steps, and ids of nodes.

Looking is no step: it may happen any number of times, and writes down only what has not been seen yet.
"""

from __future__ import annotations

import msgspec

from moorage.clusters import states
from moorage.clusters.model import Cluster, Instance, NodeGroup
from moorage.clusters.service import clusters, progress
from moorage.stacks.model import Stack
from moorage.store import Tx
from moorage.workflows.clusters import stack
from moorage.workflows.clusters.stack import Node
from moorage.workflows.world import World

CREATION = (states.SPAWNING, states.WAITING, states.PREPARING, states.CONFIGURING, states.STARTING)
SCALING = (
    states.SCALING_SPAWNING, states.SCALING_WAITING, states.SCALING_PREPARING, states.CONFIGURING, states.CONFIGURING,
)  # fmt: skip


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps of an operation are called, and whom they are about."""

    key: str
    """Tells this operation's steps from those of others."""
    step_type: str
    states: tuple[str, ...]
    instances: list[tuple[NodeGroup, Instance]]


def begin(tx: Tx, cluster_id: str, story: Story) -> None:
    """Write down what will be done, so that users see what is still ahead."""
    total = len(story.instances)
    booting = sum(group.boot_from_volume for group, _ in story.instances)
    for step_type, step_name, count in (
        (story.step_type, states.CREATE_BOOT_VOLUMES, booting), (story.step_type, states.CREATE_STACK, 1),
        (story.step_type, states.WAIT_FOR_NODES, total), (story.step_type, states.ASSIGN_IPS, total),
        (states.PLUGIN_CONFIGURE, states.CONFIGURE_INSTANCES, total),
    ):  # fmt: skip
        progress.begin(tx, cluster_id, story.key, step_type, step_name, count)


EVERY_S = 0.5
"""How often a look is worth it: it reads the whole stack."""


def look(world: World, cluster: Cluster, story: Story, found: Stack) -> None:
    """Record what has come to be since the last look."""
    seen = stack.nodes(stack.service(world).resources(found.id))
    pairs = [(instance, seen.get((group.name, instance.node_index), Node())) for group, instance in story.instances]
    with world.store.write() as tx:
        _note_ids(tx, pairs)
        _note_steps(tx, cluster.id, story, pairs)
        status = _status(story, pairs)
        if status not in (clusters.status_of(tx, cluster.id), None):
            clusters.set_status(tx, cluster.id, status)


def _note_ids(tx: Tx, pairs: list[tuple[Instance, Node]]) -> None:
    for instance, node in pairs:
        clusters.update_instance(tx, instance, instance_id=node.server_id, boot_volume_id=node.volume_id)


def _note_steps(tx: Tx, cluster_id: str, story: Story, pairs: list[tuple[Instance, Node]]) -> None:
    for step_type, step_name, part in (
        (story.step_type, states.CREATE_BOOT_VOLUMES, "has_volume"),
        (story.step_type, states.WAIT_FOR_NODES, "has_server"),
        (states.PLUGIN_CONFIGURE, states.CONFIGURE_INSTANCES, "has_reported"),
    ):  # fmt: skip
        step_id = progress.id_of(cluster_id, story.key, step_type, step_name)
        progress.succeed(tx, step_id, [instance for instance, node in pairs if getattr(node, part)])


def _status(story: Story, pairs: list[tuple[Instance, Node]]) -> str:
    spawning, waiting, preparing, configuring, starting = story.states
    seen = [node for _, node in pairs]
    if not all(node.has_server for node in seen):
        return spawning
    if all(node.has_reported for node in seen):
        return starting
    if any(node.has_reported for node in seen):
        return configuring
    needs = [instance.storage_devices_number for instance, _ in pairs]
    is_attached = all(node.has_data_volumes or not count for node, count in zip(seen, needs, strict=True))
    return preparing if is_attached else waiting


def adopt(tx: Tx, cluster: Cluster, story: Story, found: Stack) -> None:
    """All is there: write down the addresses."""
    known = {node["name"]: node for group in cluster.node_groups for node in _outputs(found, group)}
    for group, instance in story.instances:
        node = known.get(instance.instance_name, {})
        address = node.get("address")
        clusters.update_instance(tx, instance, internal_ip=address, management_ip=address)
        del group
    done = [instance for _, instance in story.instances]
    progress.succeed(tx, progress.id_of(cluster.id, story.key, story.step_type, states.ASSIGN_IPS), done)
    progress.finish(tx, progress.id_of(cluster.id, story.key, story.step_type, states.CREATE_STACK))


def _outputs(found: Stack, group: NodeGroup) -> list[dict[str, str]]:
    nodes: list[dict[str, str]] = found.outputs.get(f"{group.name}-instances") or []
    return nodes
