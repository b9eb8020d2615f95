"""Copy a volume to an image (``os-volume_upload_image``)."""

from __future__ import annotations

from moorage.context import Context
from moorage.images import content
from moorage.images.model import Image, NewImage
from moorage.images.service import ingest
from moorage.images.service import lookup as images
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.volumes import states
from moorage.volumes.model import Volume
from moorage.volumes.service import lifecycle, volumes
from moorage.workflows import create_volume
from moorage.workflows.world import World


def request(tx: Tx, context: Context, volume: Volume, new: NewImage, *, force: bool) -> Image:
    """Make the queued image and mark the volume as being copied; 400 if its status forbids it."""
    lifecycle.begin_upload(tx, volume, force=force)
    image = ingest.ensure(tx, new)
    args = {"volume_id": volume.id, "image_id": image.id}
    service.submit(tx, context, kind=KIND.name, subject=f"volume/{volume.id}", args=args)
    return image


def run(saga: Saga[World], volume_id: str, image_id: str) -> None:
    saga.do(claim_image, volume_id, image_id, undo=release_image)
    saga.do(copy_content, volume_id, image_id)
    saga.do(activate_image, volume_id, image_id)
    saga.do(free_volume, volume_id, image_id)


def claim_image(world: World, volume_id: str, image_id: str) -> None:
    del volume_id
    with world.store.write() as tx:
        ingest.claim(tx, image_id)


def release_image(world: World, volume_id: str, image_id: str) -> None:
    """Take the bytes away before the image may be filled by somebody else."""
    del volume_id
    with world.store.read() as tx:
        image = images.find(tx, image_id)
    if image is None or image.status == "saving":
        (world.image_dir / content.location_of(image_id)).unlink(missing_ok=True)
    with world.store.write() as tx:
        ingest.release(tx, image_id)


def copy_content(world: World, volume_id: str, image_id: str) -> None:
    with world.store.read() as tx:
        volume = volumes.get(tx, volume_id)
    create_volume.backend_of(world, volume).read_image(volume_id, world.image_dir / content.location_of(image_id))


def activate_image(world: World, volume_id: str, image_id: str) -> None:
    """Checksums are computed from the finished file."""
    del volume_id
    path = world.image_dir / content.location_of(image_id)
    with world.store.read() as tx:
        image = images.get(tx, image_id)
    facts = content.facts_of(path, image.disk_format)
    with world.store.write() as tx:
        ingest.activate(tx, image_id, facts)


def free_volume(world: World, volume_id: str, image_id: str) -> None:
    del image_id
    with world.store.write() as tx:
        lifecycle.end_detour(tx, volume_id, states.UPLOADING)


def failed(world: World, message: str, volume_id: str, image_id: str) -> None:
    """The volume is as before; the image waits for bytes again."""
    del message
    free_volume(world, volume_id, image_id)


KIND = Kind(name="upload_volume", run=run, failed=failed)
