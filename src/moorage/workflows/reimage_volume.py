"""Fill a volume anew from an image (``os-reimage``)."""

from __future__ import annotations

from moorage.context import Context
from moorage.images.service import lookup as images
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.volumes import states
from moorage.volumes.model import Volume
from moorage.volumes.service import lifecycle, messages, volumes
from moorage.workflows.create_volume import backend_of, fill_from_image, image_facts
from moorage.workflows.world import World


def request(tx: Tx, context: Context, volume: Volume, image_id: str, *, reserved_too: bool) -> None:
    """Mark the volume as being filled; 400 if its status forbids it. The image was checked by the caller."""
    lifecycle.begin_reimage(tx, volume, reserved_too=reserved_too)
    args = {"volume_id": volume.id, "image_id": image_id}
    service.submit(tx, context, kind=KIND.name, subject=f"volume/{volume.id}", args=args)


def run(saga: Saga[World], volume_id: str, image_id: str) -> None:
    """The old content is replaced in one piece, so a failure before that keeps it and there is nothing to undo."""
    saga.do(refill, volume_id, image_id)
    saga.do(free_volume, volume_id)


def refill(world: World, volume_id: str, image_id: str) -> None:
    with world.store.read() as tx:
        volume, image = volumes.get(tx, volume_id), images.find(tx, image_id)
    fill_from_image(world, backend_of(world, volume), volume, image)
    assert image is not None
    with world.store.write() as tx:
        volumes.update(tx, volume_id, image_id=image_id, image_metadata=image_facts(image), bootable=True)


def free_volume(world: World, volume_id: str) -> None:
    with world.store.write() as tx:
        lifecycle.end_detour(tx, volume_id, states.DOWNLOADING)


def failed(world: World, message: str, volume_id: str, image_id: str) -> None:
    """Users see that the volume does not hold what they asked for."""
    del image_id
    with world.store.write() as tx:
        volume = volumes.find(tx, volume_id)
        if volume is None or volume.status != states.DOWNLOADING:
            return
        volumes.update(tx, volume_id, status=states.ERROR, previous_status=None)
        messages.add(
            tx, messages.COPY_IMAGE, message, project_id=volume.project_id, resource_type="VOLUME",
            resource_uuid=volume_id,
        )  # fmt: skip


KIND = Kind(name="reimage_volume", run=run, failed=failed)
