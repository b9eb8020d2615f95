"""Remove what a migration does not need any more: the old content after it, the target's if it failed.

An operation of its own, since a server that is being deleted meanwhile has to let go of the content first.
"""

from __future__ import annotations

from moorage import errors, ids
from moorage.attachments import service as attachments
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.volumes.service import migrations, volumes
from moorage.workflows import create_volume
from moorage.workflows.world import World


def submit(tx: Tx, volume_id: str, target_id: str) -> None:
    """Once for each target, however often it is asked for."""
    target = volumes.find(tx, target_id)
    operation_id = ids.derived("discard-target", target_id)
    if target is None or operations.is_known(tx, operation_id):
        return
    context = Context(
        user_id=target.user_id, project_id=target.project_id, roles=frozenset(), request_id=f"req-{ids.new()}"
    )
    args = {"volume_id": volume_id, "target_id": target_id}
    subject = f"volume/{target_id}"
    operations.submit(tx, context, kind=KIND.name, subject=subject, args=args, operation_id=operation_id)


def submit_step(world: World, volume_id: str, target_id: str) -> None:
    with world.store.write() as tx:
        submit(tx, volume_id, target_id)


def run(saga: Saga[World], volume_id: str, target_id: str) -> None:
    saga.insist(discard, volume_id, target_id)


def discard(world: World, volume_id: str, target_id: str) -> None:
    """Content, then row, and with it the migration ends. Absent is success."""
    with world.store.read() as tx:
        target, holders = volumes.find(tx, target_id), attachments.of_volume(tx, target_id)
    if holders:
        raise errors.Unknown(f"The copy of volume {volume_id} in {target and target.backend} is still connected")
    if target is not None:
        create_volume.backend_of(world, target).delete(target.content_id)
    with world.store.write() as tx:
        volumes.forget(tx, target_id)
        migrations.end(tx, volume_id)


def failed(world: World, message: str, volume_id: str, target_id: str) -> None:
    """Cannot come about: its one step insists."""


KIND = Kind(name="discard_target", run=run, failed=failed)
