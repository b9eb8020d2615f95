"""Make a cluster: its stack, and with it every node, which reports when it has set itself up."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.clusters import states
from moorage.clusters.model import Cluster
from moorage.clusters.plugins import registry
from moorage.clusters.service import clusters, progress
from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.stacks.model import Stack
from moorage.store import Tx
from moorage.workflows.clusters import demand, observation, stack, verification
from moorage.workflows.clusters.observation import Story
from moorage.workflows.clusters.plan import Desk, check_host_names, plan
from moorage.workflows.site import Site
from moorage.workflows.world import World

POOL = "clusters"
"""Operations on clusters wait for their stacks, and so must not take the slots that stacks need."""


def request(tx: Tx, context: Context, site: Site, given: dict[str, Any], count: int | None) -> list[Cluster]:
    """Record one cluster, or ``count`` of them, and that they are to be made; 400 if anything is wrong with one."""
    found = plan(Desk(tx, context, site), given)
    names = [given["name"]] if count is None else numbered(given["name"], count)
    demand.check(tx, context.project_id, found.wanted * len(names))
    made = []
    for name in names:
        check_host_names(site, name, [(group["name"], group["count"]) for group in found.groups])
        cluster = clusters.insert(tx, context, {**found.values, "name": name}, found.groups)
        found.plugin.check(cluster)
        clusters.ensure_instances(tx, cluster, site.node_domain)
        submit(tx, context, KIND, cluster.id)
        made.append(cluster)
    return made


def numbered(name: str, count: int) -> list[str]:
    """``name-1`` and so on, with zeros in front so that they sort."""
    width = len(str(count))
    return [f"{name}-{number:0{width}}" for number in range(1, count + 1)]


def submit(tx: Tx, context: Context, kind: Kind, cluster_id: str, **args: Any) -> str:
    return service.submit(
        tx, context, kind=kind.name, subject=f"cluster/{cluster_id}", args={"cluster_id": cluster_id, **args}
    )


def run(saga: Saga[World], cluster_id: str) -> None:
    if not saga.do(may_begin, cluster_id):
        return
    saga.do(make_stack, cluster_id)
    outcome = saga.when(is_settled, take_stock, cluster_id, every_s=observation.EVERY_S)
    if outcome["reason"] is None:
        saga.do(finish, cluster_id)
    elif not outcome["is_deleted"]:
        saga.insist(remove_stack, cluster_id)
        saga.when(is_stack_gone, note_stack_gone, cluster_id)
        raise errors.Refused(outcome["reason"])


def may_begin(world: World, cluster_id: str) -> bool:
    """Decided once and for all: a stack that may have been begun is always on record when this was true."""
    with world.store.write() as tx:
        if not clusters.set_status(tx, cluster_id, states.INFRA_UPDATING):
            return False
        observation.begin(tx, cluster_id, _story(get(tx, cluster_id)))
    return True


def make_stack(world: World, cluster_id: str) -> None:
    with world.store.read() as tx:
        cluster = get(tx, cluster_id)
    stack_id = stack.service(world).create(
        stack.owner(cluster), stack.name(cluster), stack.document(cluster), key=_key(cluster)
    )
    with world.store.write() as tx:
        clusters.update(tx, cluster_id, stack_id=stack_id)
        clusters.set_status(tx, cluster_id, states.SPAWNING)


def is_settled(world: World, cluster_id: str) -> bool:
    """Whether the stack has ended, or is not wanted any more; what is to be seen of it is recorded."""
    with world.store.read() as tx:
        cluster = get(tx, cluster_id)
    if cluster.status == states.DELETING:
        return True
    found = stack_of(world, cluster)
    observation.look(world, cluster, _story(cluster), found)
    return found.is_ended


def take_stock(world: World, cluster_id: str) -> dict[str, Any]:
    """How the stack ended. A cluster that is being deleted is none of this operation's business any more."""
    with world.store.read() as tx:
        cluster = get(tx, cluster_id)
    if cluster.status == states.DELETING:
        return {"reason": "deleted", "is_deleted": True}
    found = stack_of(world, cluster)
    if stack.is_complete(found):
        return {"reason": None, "is_deleted": False}
    with world.store.write() as tx:
        progress.fail_open(tx, cluster_id, reason_of(found))
    return {"reason": reason_of(found), "is_deleted": False}


def finish(world: World, cluster_id: str) -> None:
    """Addresses, what the plugin tells of the cluster, and the first look at its health."""
    with world.store.write() as tx:
        if not is_over(tx, cluster_id):
            cluster = get(tx, cluster_id)
            observation.adopt(tx, cluster, _story(cluster), stack_of(world, cluster))
            conclude(tx, cluster_id)


def is_over(tx: Tx, cluster_id: str) -> bool:
    """Whether the next change of the cluster, or its deletion, was asked for: this one has nothing more to say."""
    return service.is_followed(tx, f"cluster/{cluster_id}")


def conclude(tx: Tx, cluster_id: str, description: str | None = None) -> None:
    """The cluster is as it was asked to be, or as near as it came."""
    cluster = get(tx, cluster_id)
    clusters.update(tx, cluster_id, info=registry.named(cluster.plugin_name).info(cluster))
    clusters.set_status(tx, cluster_id, states.ACTIVE, description)
    verification.look(tx, cluster)


def remove_stack(world: World, cluster_id: str) -> None:
    """What was begun is taken back; the cluster's record stays for its user to read."""
    with world.store.read() as tx:
        stack_id = get(tx, cluster_id).stack_id
    if stack_id is not None:
        stack.service(world).delete(stack_id)


def is_stack_gone(world: World, cluster_id: str) -> bool:
    """Or somebody else's: the deletion of a cluster waits for its stack itself."""
    with world.store.read() as tx:
        cluster = get(tx, cluster_id)
    is_over = cluster.stack_id is None or cluster.status == states.DELETING
    return is_over or stack.is_at_rest(stack.service(world).find(str(cluster.stack_id)))


def note_stack_gone(world: World, cluster_id: str) -> None:
    with world.store.write() as tx:
        cluster = get(tx, cluster_id)
        if cluster.stack_id is not None and stack.service(world).find(cluster.stack_id) is None:
            clusters.update(tx, cluster_id, stack_id=None)


def failed(world: World, message: str, cluster_id: str) -> None:
    reason = f"Creating cluster failed for the following reason(s): {message}"
    with world.store.write() as tx:
        if clusters.set_status(tx, cluster_id, states.ERROR, reason):
            progress.fail_open(tx, cluster_id, message)


def get(tx: Tx, cluster_id: str) -> Cluster:
    """Rows outlive the operations on them."""
    found = clusters.find(tx, cluster_id)
    assert found is not None
    return found


def stack_of(world: World, cluster: Cluster) -> Stack:
    """``Refused`` if somebody removed it behind the cluster's back."""
    found = None if cluster.stack_id is None else stack.service(world).find(cluster.stack_id)
    if found is None:
        raise errors.Refused(f"Stack {stack.name(cluster)} is gone")
    return found


def reason_of(found: Stack) -> str:
    return found.reason or f"stack {found.name} is {found.status}"


def _key(cluster: Cluster) -> str:
    return f"cluster/{cluster.id}/create"


def _story(cluster: Cluster) -> Story:
    return Story(
        key="create", step_type=states.ENGINE_CREATE, states=observation.CREATION,
        instances=list(stack.instances(cluster)),
    )  # fmt: skip


KIND = Kind(name="create_cluster", run=run, failed=failed, pool=POOL)
