"""Move a volume to another backend under the same id: ``os-migrate_volume``, and ``os-retype`` to another one's type.

A hidden target is made in the other backend. The content of a volume that no guest is using is copied here; under a
running guest compute's swap copies it and moves the guest over. Then volume and target exchange their places in one
transaction, and what is left in the old backend is removed.
"""

from __future__ import annotations

from moorage import errors, ids
from moorage.attachments import mappings
from moorage.attachments import service as attachments
from moorage.attachments import states as attachment_states
from moorage.attachments.model import Attachment
from moorage.compute import states as server_states
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.volumes import states
from moorage.volumes.model import Volume, VolumeType
from moorage.volumes.service import backends, lifecycle, migrations, types, volumes
from moorage.workflows import create_volume, discard_target, swap_volume
from moorage.workflows.world import World

ALONE, SHELVED, OFFLOADED, RUNNING = "alone", "shelved", "offloaded", "running"
"""Who has the volume: nobody, a server whose guest is off, one without a host, or a guest that may be writing."""


def request_retype(tx: Tx, context: Context, volume: Volume, kind: VolumeType, *, may_move: bool) -> None:
    """Change the type, and the backend with it if the type's is another one and ``may_move``; 400 otherwise."""
    backend = types.backend_of(tx, kind.id)
    if backend == volume.backend:
        lifecycle.retype(tx, volume, kind)
        return
    lifecycle.check_retype(tx, volume, kind)
    if not may_move:
        raise errors.BadRequest(
            f"Invalid volume: Volume type {kind.name} is on another backend than volume {volume.id}, and the "
            "migration_policy is never."
        )
    change: dict[str, str | bool | None] = {"volume_type_id": kind.id, "multiattach": kind.is_multiattach}
    _request(tx, context, volume, backend, change, states.RETYPING)


def request(tx: Tx, context: Context, volume: Volume, backend: str, *, is_locked: bool = False) -> None:
    """Move the volume, its type unchanged. One that nobody has is locked in any case: ``maintenance``."""
    is_kept = volume.status == states.AVAILABLE or is_locked
    _request(tx, context, volume, backend, {}, states.MAINTENANCE if is_kept else volume.status)


def _request(
    tx: Tx, context: Context, volume: Volume, backend: str, change: dict[str, str | bool | None], status: str
) -> None:  # fmt: skip
    row, server = _holder(tx, volume)
    held = ALONE if row is None else _held(server)
    allowed = (states.AVAILABLE, states.IN_USE, *(("reserved",) if held == OFFLOADED else ()))
    migrations.check(tx, volume, backend, allowed)
    if mappings.of_volume(tx, volume.id) or (row is None and volume.status != states.AVAILABLE):
        raise errors.BadRequest(f"Invalid volume: Volume {volume.id} is connected to a host that is no server here.")
    if backends.state(tx, backend).disabled:
        raise errors.BadRequest(f"Invalid host: No available service named '{backend}'")
    target_id = ids.new()
    migrations.begin(tx, volume, {"id": target_id, "backend": backend, **change}, status)
    args = {"volume_id": volume.id, "target_id": target_id, "held": held, "row_id": None if row is None else row.id}
    subject = f"volume/{volume.id}"
    if row is not None and server is not None and held in (SHELVED, OFFLOADED):
        server_states.check(server, "swap_volume_shelved", swap_volume.ACTION)
        args["attach_status"] = row.attach_status
        attachments.begin_detaching(tx, row.id)  # nobody else may let it go meanwhile
        subject = f"server/{server.id}"  # an unshelve waits
    operations.submit(tx, context, kind=KIND.name, subject=subject, args=args)


def _holder(tx: Tx, volume: Volume) -> tuple[Attachment | None, Server | None]:
    """The one disk that the volume is; 400 if it is several, which no swap could move at once."""
    found = attachments.of_volume(tx, volume.id)
    if len(found) > 1:
        raise errors.BadRequest(
            f"Invalid volume: Volume {volume.id} has {len(found)} attachments; only one can be moved."
        )
    row = next((row for row in found if row.bdm_uuid and row.server_id), None)
    return row, None if row is None else servers.find(tx, str(row.server_id))


def _held(server: Server | None) -> str:
    known = {server_states.SHELVED: SHELVED, server_states.SHELVED_OFFLOADED: OFFLOADED}
    return RUNNING if server is None else known.get(server.vm_state, RUNNING)


def run(
    saga: Saga[World], volume_id: str, target_id: str, held: str, row_id: str | None, attach_status: str = ""
) -> None:  # fmt: skip
    saga.do(check_way, target_id, held)
    saga.do(make_target, volume_id, target_id)
    if held == RUNNING:
        saga.do(ask_compute, volume_id, target_id, row_id)
        return
    saga.do(copy_content, volume_id, target_id)
    if held == SHELVED and row_id is not None:
        server_id, new_row = saga.do(reserve_place, target_id, row_id)
        swap_volume.exchange_shelved(saga, server_id, row_id, new_row, target_id)
    else:
        saga.insist(change_place, volume_id, target_id, row_id, attach_status)
    saga.insist(discard_target.submit_step, volume_id, target_id)


def check_way(world: World, target_id: str, held: str) -> None:
    """Whoever has the volume must be able to use it where it is going; ``Refused`` before anything is copied."""
    with world.store.read() as tx:
        target = volumes.get(tx, target_id)
    driver, protocol = world.hypervisor, create_volume.backend_of(world, target).protocol
    if held == RUNNING and not driver.capabilities.swap_volume:
        raise errors.Refused(f"The {driver.name} driver cannot swap the volume of a server.")
    if held != ALONE and protocol not in driver.capabilities.volume_protocols:
        raise errors.Refused(f"Servers of the {driver.name} driver cannot reach a volume by {protocol}.")


def make_target(world: World, volume_id: str, target_id: str) -> None:
    """An empty volume in the other backend, under the id of the one that will be there."""
    with world.store.write() as tx:
        volume, target = volumes.get(tx, volume_id), volumes.get(tx, target_id)
        volumes.update(tx, volume_id, migration_status=migrations.MIGRATING)
    create_volume.backend_of(world, volume)
    create_volume.backend_of(world, target).create(target.content_id, target.size_gib)
    with world.store.write() as tx:
        volumes.update(tx, target_id, launched_at=volume.launched_at)


def copy_content(world: World, volume_id: str, target_id: str) -> None:
    """By way of a file beside the images; repeated, it starts over."""
    with world.store.read() as tx:
        volume, target = volumes.get(tx, volume_id), volumes.get(tx, target_id)
    passage = world.image_dir / f".migration-{volume_id}"
    try:
        create_volume.backend_of(world, volume).read_image(volume_id, passage)
        create_volume.backend_of(world, target).write_image(target.content_id, passage, "raw")
    finally:
        passage.unlink(missing_ok=True)


def reserve_place(world: World, target_id: str, row_id: str) -> tuple[str, str]:
    """The target becomes the second volume of a swap on the server: ids of the server and of the new row."""
    with world.store.write() as tx:
        row, target = attachments.by_row(tx, row_id), volumes.get(tx, target_id)
        if row is None or row.server_id is None:
            raise errors.Refused("The volume's server is gone.")
        return row.server_id, swap_volume.reserve_target(tx, row.server_id, target)


def ask_compute(world: World, volume_id: str, target_id: str, row_id: str) -> None:
    """As Cinder asks Nova: swap the volume for its target under the guest. Compute's refusal ends the migration."""
    with world.store.write() as tx:
        row, target = attachments.by_row(tx, row_id), volumes.get(tx, target_id)
        server = None if row is None else servers.find(tx, str(row.server_id))
        if row is None or server is None:
            raise errors.Refused(f"Volume {volume_id} is no longer attached.")
        try:
            swap_volume.request_migration(tx, server, row, volumes.get(tx, volume_id), target)
        except errors.MoorageError as refusal:
            raise errors.Refused(refusal.message) from None


def change_place(world: World, volume_id: str, target_id: str, row_id: str | None, attach_status: str) -> None:
    """The record follows the content: one transaction."""
    with world.store.write() as tx:
        migrations.exchange(tx, volume_id, target_id)
        _give_back(tx, volume_id, row_id, attach_status)


def _give_back(tx: Tx, volume_id: str, row_id: str | None, attach_status: str) -> None:
    """The attachment as it was before; a server being deleted has the last word."""
    row = None if row_id is None else attachments.by_row(tx, row_id)
    is_ours = row is not None and row.volume_id == volume_id and row.attach_status == attachment_states.DETACHING
    if row is not None and is_ours and attach_status:
        attachments.set_status(tx, row.id, attach_status)
    if volumes.find(tx, volume_id) is not None:
        attachments.recompute(tx, volume_id)


def failed(
    world: World, message: str, volume_id: str, target_id: str, held: str, row_id: str | None, attach_status: str = ""
) -> None:  # fmt: skip
    """The volume is where and what it was, ``migration_status`` says ``error``; the target is removed."""
    with world.store.write() as tx:
        migrations.fail(tx, volume_id)
        _give_back(tx, volume_id, row_id, attach_status)
        swap_volume.give_target_up(tx, target_id)
        discard_target.submit(tx, volume_id, target_id)


KIND = Kind(name="migrate_volume", run=run, failed=failed)
