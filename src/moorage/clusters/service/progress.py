"""How far did the operations on a cluster get? Steps with one event a node, as ``cluster show --show-progress`` tells.

Everything may be recorded again: a step and an event are found by what they are about.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, ids
from moorage.clusters.model import Event, Instance, Step
from moorage.clusters.service.records import record
from moorage.store import Tx
from moorage.store.tables.clusters import cluster_events as events
from moorage.store.tables.clusters import cluster_provision_steps as steps


def id_of(cluster_id: str, key: str, step_type: str, step_name: str) -> str:
    """``key`` tells the steps of one operation from those of another."""
    return ids.derived("provision-step", cluster_id, key, step_type, step_name)


def begin(tx: Tx, cluster_id: str, key: str, step_type: str, step_name: str, total: int) -> None:
    """A step that ``total`` nodes have to take; none for no nodes."""
    step_id = id_of(cluster_id, key, step_type, step_name)
    if total and tx.scalar(sa.select(steps.c.id).where(steps.c.id == step_id)) is None:
        tx.execute(
            steps.insert().values(
                id=step_id, cluster_id=cluster_id, step_name=step_name, step_type=step_type, total=total,
                created_at=clock.now(),
            )
        )  # fmt: skip


def succeed(tx: Tx, step_id: str, instances: list[Instance]) -> None:
    """These nodes are through; the last one ends the step, and its events go, as in Sahara."""
    step = tx.execute(sa.select(steps).where(steps.c.id == step_id)).one_or_none()
    if step is None or step.successful is not None:
        return
    if len(instances) >= step.total:
        finish(tx, step_id)
        return
    known = set(tx.scalars(sa.select(events.c.id).where(events.c.step_id == step_id)))
    through = {ids.derived("event", step_id, instance.id): instance for instance in instances}
    new = [_event(event_id, step_id, instance) for event_id, instance in through.items() if event_id not in known]
    if new:
        tx.execute(events.insert(), new)


def fail(tx: Tx, step_id: str, instance: Instance | None, reason: str) -> None:
    """The step is lost with its first failed node."""
    event_id = ids.derived("event", step_id, "failed", "" if instance is None else instance.id)
    if tx.scalar(sa.select(events.c.id).where(events.c.id == event_id)) is None:
        tx.execute(events.insert(), _event(event_id, step_id, instance, reason))
    unfinished = (steps.c.id == step_id) & steps.c.successful.is_(None)
    tx.execute(steps.update().where(unfinished).values(successful=False, updated_at=clock.now()))


def finish(tx: Tx, step_id: str) -> None:
    """The step is through as a whole."""
    unfinished = (steps.c.id == step_id) & steps.c.successful.is_(None)
    if tx.execute(steps.update().where(unfinished).values(successful=True, updated_at=clock.now())).rowcount:
        tx.execute(events.delete().where(events.c.step_id == step_id))


def fail_open(tx: Tx, cluster_id: str, reason: str) -> None:
    """Whatever is under way has failed for this reason."""
    query = sa.select(steps.c.id).where(steps.c.cluster_id == cluster_id, steps.c.successful.is_(None))
    for step_id in tx.scalars(query).all():
        fail(tx, step_id, None, reason)


def of_cluster(tx: Tx, cluster_id: str, *, with_events: bool) -> list[Step]:
    """Oldest first."""
    query = sa.select(steps).where(steps.c.cluster_id == cluster_id).order_by(steps.c.created_at, steps.c.id)
    found = [record(Step, row) for row in tx.execute(query)]
    if not with_events:
        return found
    return [record(Step, step, events=_events(tx, step.id)) for step in tx.execute(query)]


def _events(tx: Tx, step_id: str) -> list[Event]:
    query = sa.select(events).where(events.c.step_id == step_id).order_by(events.c.created_at, events.c.instance_name)
    return [record(Event, row) for row in tx.execute(query)]


def _event(event_id: str, step_id: str, instance: Instance | None, reason: str | None = None) -> dict[str, Any]:
    """The row; ``reason``: why it failed."""
    return {
        "id": event_id, "step_id": step_id, "successful": reason is None, "event_info": reason,
        "created_at": clock.now(),
        "node_group_id": None if instance is None else instance.node_group_id,
        "instance_id": None if instance is None else instance.instance_id,
        "instance_name": None if instance is None else instance.instance_name,
    }  # fmt: skip
