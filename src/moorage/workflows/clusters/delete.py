"""Delete a cluster: the stack goes, and everything in it, and then the record."""

from __future__ import annotations

from moorage import errors
from moorage.clusters import states
from moorage.clusters.model import Cluster
from moorage.clusters.service import clusters, progress
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.store import Tx
from moorage.workflows.clusters import stack
from moorage.workflows.clusters.create import POOL, submit
from moorage.workflows.world import World


def request(tx: Tx, context: Context, cluster: Cluster, *, force: bool = False, keep: bool | None = None) -> None:
    """From now on the cluster is being deleted, whatever else goes on with it; asking again changes nothing.

    ``keep``: whether the boot volumes stay; None leaves it to the cluster's own setting.
    """
    if cluster.status == states.DELETING and not force:
        return
    if keep is not None:
        clusters.update(tx, cluster.id, keeps_boot_volumes=keep)
    clusters.update(tx, cluster.id, status=states.DELETING, status_description=None)
    is_changed = keep is not None and keep != cluster.keeps_boot_volumes
    submit(tx, context, KIND, cluster.id, is_forced=force, is_changed=is_changed)


def run(saga: Saga[World], cluster_id: str, is_forced: bool, is_changed: bool) -> None:
    """There is no way back: every step has to succeed in the end."""
    if is_changed:
        saga.when(is_stack_at_rest, decide_on_volumes, cluster_id)
        saga.when(is_stack_at_rest, note_status, cluster_id)
    saga.insist(remove_stack, cluster_id, when_stuck=show_trouble)
    if not is_forced:
        saga.when(is_stack_at_rest, note_status, cluster_id)
        saga.insist(confirm_gone, cluster_id, when_stuck=show_trouble)
    saga.insist(forget, cluster_id)


def is_stack_at_rest(world: World, cluster_id: str) -> bool:
    stack_id = _stack_id(world, cluster_id)
    return stack_id is None or stack.is_at_rest(stack.service(world).find(stack_id))


def decide_on_volumes(world: World, cluster_id: str) -> None:
    """Whether the volumes stay is part of the stack's document. A stack that never was complete has none to keep."""
    with world.store.read() as tx:
        cluster = clusters.find(tx, cluster_id)
    found = None if cluster is None or cluster.stack_id is None else stack.service(world).find(cluster.stack_id)
    if cluster is not None and found is not None and stack.is_complete(found):
        stack.service(world).update(found.id, stack.document(cluster), key=f"cluster/{cluster_id}/keep")


def note_status(world: World, cluster_id: str) -> str | None:
    """How the stack took it, for the journal."""
    stack_id = _stack_id(world, cluster_id)
    found = None if stack_id is None else stack.service(world).find(stack_id)
    return None if found is None else found.status


def remove_stack(world: World, cluster_id: str) -> None:
    with world.store.write() as tx:
        cluster = clusters.find(tx, cluster_id)
        if cluster is not None:
            progress.begin(tx, cluster_id, "delete", states.ENGINE_SHUTDOWN, states.REMOVE_NODES, 1)
    stack_id = _stack_id(world, cluster_id)
    if stack_id is not None:
        stack.service(world).delete(stack_id)


def confirm_gone(world: World, cluster_id: str) -> None:
    """A stack that could not be deleted is told again: it knows what is left."""
    stack_id = _stack_id(world, cluster_id)
    found = None if stack_id is None else stack.service(world).find(stack_id)
    if found is None:
        return
    stack.service(world).delete(found.id)
    raise errors.Unknown(f"stack {found.name} is {found.status}: {found.reason or 'no reason given'}")


def forget(world: World, cluster_id: str) -> None:
    with world.store.write() as tx:
        clusters.forget(tx, cluster_id)


def show_trouble(world: World, reason: str, cluster_id: str) -> None:
    with world.store.write() as tx:
        clusters.update(tx, cluster_id, status_description=f"Deleting goes on: {reason}")


def _stack_id(world: World, cluster_id: str) -> str | None:
    with world.store.read() as tx:
        cluster = clusters.find(tx, cluster_id)
    return None if cluster is None else cluster.stack_id


def failed(world: World, message: str, cluster_id: str, is_forced: bool, is_changed: bool) -> None:
    """Only a bug leads here: the cluster stays visible so that delete can be asked for again."""
    with world.store.write() as tx:
        clusters.update(tx, cluster_id, status=states.ERROR, status_description=message)


KIND = Kind(name="delete_cluster", run=run, failed=failed, pool=POOL)
