"""Give a cluster more nodes or fewer: first those that go hand over their work, then the stack changes.

What fails is taken back as far as it can be: nodes that were to be added are removed again, and those that were
decommissioned do not come back.
"""

from __future__ import annotations

from typing import Any

from moorage import errors, ids
from moorage.clusters import states
from moorage.clusters.model import Cluster, Instance, NodeGroup
from moorage.clusters.plugins import registry
from moorage.clusters.service import clusters, progress
from moorage.compute.service import servers
from moorage.context import Context
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.workflows import power
from moorage.workflows.clusters import demand, observation, stack
from moorage.workflows.clusters.create import POOL, conclude, get, is_over, reason_of, stack_of, submit
from moorage.workflows.clusters.observation import Story
from moorage.workflows.clusters.plan import Desk, check_host_names
from moorage.workflows.clusters.scale_plan import Change, plan
from moorage.workflows.site import Site
from moorage.workflows.world import World


def request(tx: Tx, context: Context, site: Site, cluster: Cluster, given: dict[str, Any]) -> None:
    """Record what is to change; 400 in Sahara's words if it cannot, and then nothing has changed."""
    desk = Desk(tx, context, site)
    changes = plan(desk, cluster, given)
    check_host_names(site, cluster.node_name, [(change.name, change.next_index) for change in changes])
    demand.check(tx, cluster.project_id, [change.wanted for change in changes if change.wanted is not None])
    registry.named(cluster.plugin_name).check(Change.applied(cluster, changes))
    groups = {}
    for change in changes:
        group_id = change.group_id or clusters.insert_group(tx, cluster.id, _last(cluster), change.row)
        groups[group_id] = {"remove": change.removed, "add": change.added}
    clusters.set_status(tx, cluster.id, states.VALIDATING)
    submit(tx, context, KIND, cluster.id, key=ids.new(), groups=groups, domain=site.node_domain)


def _last(cluster: Cluster) -> int:
    return max((group.position for group in cluster.node_groups), default=-1) + 1


Groups = dict[str, dict[str, list[int]]]
"""Node group's id → indexes to ``remove`` and to ``add``."""


def run(saga: Saga[World], cluster_id: str, key: str, groups: Groups, domain: str) -> None:
    if any(change["remove"] for change in groups.values()):
        saga.do(stop_nodes, cluster_id, key, groups)
        saga.when(are_nodes_stopped, note_stopped, cluster_id, key, groups)
    if not saga.do(change_groups, cluster_id, key, groups, domain):
        return
    reason = saga.do(change_stack, cluster_id, key, groups)
    if reason is None:
        reason = saga.when(is_settled, take_stock, cluster_id, key, groups, every_s=observation.EVERY_S)
    if reason is None:
        saga.do(finish, cluster_id, key, groups)
        return
    saga.insist(withdraw_nodes, cluster_id, key, groups)
    saga.insist(restore_stack, cluster_id, key, groups)
    saga.when(is_restored, note_restored, cluster_id, key, groups)
    raise errors.Refused(reason)


def stop_nodes(world: World, cluster_id: str, key: str, groups: Groups) -> None:
    """A node that is shut down decommissions itself first: its services know how."""
    with world.store.write() as tx:
        if not clusters.set_status(tx, cluster_id, states.DECOMMISSIONING):
            return
        cluster = get(tx, cluster_id)
        going = _instances(cluster, groups, "remove")
        progress.begin(tx, cluster_id, key, states.PLUGIN_DECOMMISSION, states.DECOMMISSION, len(going))
        context = Context(user_id=cluster.user_id, project_id=cluster.project_id, request_id=f"req-{key}")
        for _, instance in going:
            _stop(tx, context, instance)


def _stop(tx: Tx, context: Context, instance: Instance) -> None:
    """A server that cannot be stopped, because it is stopped or broken, has nothing to hand over."""
    server = None if instance.instance_id is None else servers.find(tx, instance.instance_id)
    if server is None:
        return
    try:
        power.request_stop(tx, context, server)
    except errors.Rejected:
        return


def are_nodes_stopped(world: World, cluster_id: str, key: str, groups: Groups) -> bool:
    """Whether nothing goes on with their servers any more."""
    with world.store.read() as tx:
        cluster = get(tx, cluster_id)
        if cluster.status == states.DELETING:
            return True
        going = _instances(cluster, groups, "remove")
        return not any(service.unfinished(tx, f"server/{instance.instance_id}") for _, instance in going)


def note_stopped(world: World, cluster_id: str, key: str, groups: Groups) -> None:
    with world.store.write() as tx:
        going = [instance for _, instance in _instances(get(tx, cluster_id), groups, "remove")]
        step_id = progress.id_of(cluster_id, key, states.PLUGIN_DECOMMISSION, states.DECOMMISSION)
        progress.succeed(tx, step_id, going)


def change_groups(world: World, cluster_id: str, key: str, groups: Groups, domain: str) -> bool:
    """The rows say from here on what the cluster is to be; false if it is being deleted."""
    with world.store.write() as tx:
        if not clusters.set_status(tx, cluster_id, states.SCALING):
            return False
        for group in get(tx, cluster_id).node_groups:
            if group.id in groups:
                change = groups[group.id]
                _set_indexes(tx, group, {*group.removed, *change["remove"]}, change["add"])
        cluster = get(tx, cluster_id)
        clusters.ensure_instances(tx, cluster, domain)
        observation.begin(tx, cluster_id, _story(get(tx, cluster_id), key, groups))
    return True


def _set_indexes(tx: Tx, group: NodeGroup, removed: set[int], added: list[int]) -> None:
    """Written as they will be, so that doing it twice is doing it once."""
    next_index = max([group.next_index, *(index + 1 for index in added)])
    clusters.update_group(tx, group.id, next_index=next_index, removed=sorted(removed), count=next_index - len(removed))


def change_stack(world: World, cluster_id: str, key: str, groups: Groups) -> str | None:
    """Ask the stack to become what the rows say; why it cannot, if it says so at once."""
    with world.store.read() as tx:
        cluster = get(tx, cluster_id)
    try:
        stack.service(world).update(stack_of(world, cluster).id, stack.document(cluster), key=key)
    except errors.Rejected as refusal:
        return refusal.message
    with world.store.write() as tx:
        clusters.set_status(tx, cluster_id, states.SCALING_SPAWNING)
    return None


def is_settled(world: World, cluster_id: str, key: str, groups: Groups) -> bool:
    with world.store.read() as tx:
        cluster = get(tx, cluster_id)
    if cluster.status == states.DELETING:
        return True
    found = stack_of(world, cluster)
    observation.look(world, cluster, _story(cluster, key, groups), found)
    return found.is_ended


def take_stock(world: World, cluster_id: str, key: str, groups: Groups) -> str | None:
    """Why the stack did not become what was asked; None if it did, or if nobody wants it any more."""
    with world.store.read() as tx:
        cluster = get(tx, cluster_id)
    found = None if cluster.status == states.DELETING else stack_of(world, cluster)
    if found is None or stack.is_complete(found):
        return None
    with world.store.write() as tx:
        progress.fail_open(tx, cluster_id, reason_of(found))
    return reason_of(found)


def finish(world: World, cluster_id: str, key: str, groups: Groups) -> None:
    with world.store.write() as tx:
        if is_over(tx, cluster_id):
            return
        cluster = get(tx, cluster_id)
        observation.adopt(tx, cluster, _story(cluster, key, groups), stack_of(world, cluster))
        _forget_empty(tx, cluster)
        conclude(tx, cluster_id)


def withdraw_nodes(world: World, cluster_id: str, key: str, groups: Groups) -> None:
    """The nodes that were to be added are not wanted any more; their indexes are used up."""
    with world.store.write() as tx:
        clusters.set_status(tx, cluster_id, states.ROLLBACK_SPAWNING)
        for group in get(tx, cluster_id).node_groups:
            added = groups.get(group.id, {"add": []})["add"]
            _set_indexes(tx, group, {*group.removed, *added}, [])


def restore_stack(world: World, cluster_id: str, key: str, groups: Groups) -> None:
    with world.store.read() as tx:
        cluster = get(tx, cluster_id)
    if cluster.status != states.DELETING:
        stack.service(world).update(stack_of(world, cluster).id, stack.document(cluster), key=f"{key}-back")


def is_restored(world: World, cluster_id: str, key: str, groups: Groups) -> bool:
    with world.store.read() as tx:
        cluster = get(tx, cluster_id)
    return cluster.status == states.DELETING or stack_of(world, cluster).is_ended


def note_restored(world: World, cluster_id: str, key: str, groups: Groups) -> None:
    with world.store.write() as tx:
        cluster = get(tx, cluster_id)
        clusters.forget_removed(tx, cluster)
        _forget_empty(tx, cluster)


def failed(world: World, message: str, cluster_id: str, key: str, groups: Groups, domain: str) -> None:
    """The cluster works on with the nodes it has, and says why it has no others."""
    reason = f"Scaling cluster failed for the following reason(s): {message}"
    with world.store.write() as tx:
        if not is_over(tx, cluster_id):
            progress.fail_open(tx, cluster_id, message)
            conclude(tx, cluster_id, reason)


def _forget_empty(tx: Tx, cluster: Cluster) -> None:
    for group in cluster.node_groups:
        if not group.count:
            clusters.forget_group(tx, group.id)


def _instances(cluster: Cluster, groups: Groups, part: str) -> list[tuple[NodeGroup, Instance]]:
    return [
        (group, instance)
        for group, instance in stack.instances(cluster)
        if instance.node_index in groups.get(group.id, {part: []})[part]
    ]


def _story(cluster: Cluster, key: str, groups: Groups) -> Story:
    return Story(
        key=key, step_type=states.ENGINE_SCALE, states=observation.SCALING,
        instances=_instances(cluster, groups, "add"),
    )  # fmt: skip


KIND = Kind(name="scale_cluster", run=run, failed=failed, pool=POOL)
