"""Make a volume: blank, or filled from an image, a snapshot or another volume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moorage import clock, errors
from moorage.context import Context
from moorage.images.model import Image
from moorage.images.service import lookup as images
from moorage.operations import Kind, Saga, service
from moorage.store import Tx
from moorage.volumes import states
from moorage.volumes.model import Volume
from moorage.volumes.ports import VolumeBackend
from moorage.volumes.service import backends, messages, volumes
from moorage.workflows.world import World

NO_BACKEND = "No backend was found that can hold the volume: {backend} is not among the enabled ones."


def request(tx: Tx, context: Context, volume_id: str, **values: Any) -> Volume:
    """Record the volume and that it is to be made; errors as in ``volumes.insert``."""
    volume = volumes.insert(tx, volume_id=volume_id, project_id=context.project_id, user_id=context.user_id, **values)
    service.submit(tx, context, kind=KIND.name, subject=f"volume/{volume_id}", args={"volume_id": volume_id})
    return volume


def run(saga: Saga[World], volume_id: str) -> None:
    saga.do(choose_backend, volume_id)
    saga.do(show_progress, volume_id)
    saga.do(make_content, volume_id, undo=remove_content)
    saga.do(set_available, volume_id)


def choose_backend(world: World, volume_id: str) -> None:
    """The backend follows from the type; ``Refused`` if operators took it out of service."""
    with world.store.read() as tx:
        volume = volumes.get(tx, volume_id)
        is_disabled = backends.state(tx, volume.backend).disabled
    backend_of(world, volume)
    if is_disabled:
        raise errors.Refused(NO_BACKEND.format(backend=volume.backend))


def show_progress(world: World, volume_id: str) -> None:
    """Users see ``downloading`` while an image is being copied."""
    with world.store.write() as tx:
        if volumes.get(tx, volume_id).image_id is not None:
            volumes.move(tx, volume_id, (states.CREATING,), states.DOWNLOADING)


def make_content(world: World, volume_id: str) -> None:
    """Create the volume in its backend as its row says. A volume that was completed before is left alone."""
    with world.store.read() as tx:
        volume = volumes.get(tx, volume_id)
        image = None if volume.image_id is None else images.find(tx, volume.image_id)
    if volume.launched_at is not None:
        return
    backend = backend_of(world, volume)
    if volume.image_id is not None:
        fill_from_image(world, backend, volume, image)
    elif volume.snapshot_id is not None:
        backend.create_from_snapshot(volume_id, volume.snapshot_id, volume.size_gib)
    elif volume.source_volid is not None:
        backend.clone(volume_id, volume.source_volid, volume.size_gib)
    else:
        backend.create(volume_id, volume.size_gib)
    facts = {} if image is None else {"image_metadata": image_facts(image), "bootable": True}
    with world.store.write() as tx:
        volumes.update(tx, volume_id, launched_at=clock.now(), **facts)


def fill_from_image(world: World, backend: VolumeBackend, volume: Volume, image: Image | None) -> None:
    """Replace the volume's content by the image's; ``Refused`` if that is not, or no longer, usable."""
    path = image_path(world, image)
    assert image is not None
    backend.create(volume.id, volume.size_gib)
    backend.write_image(volume.id, path, str(image.disk_format))


def image_path(world: World, image: Image | None) -> Path:
    """The file with an image's bytes; ``Refused`` if it is not, or no longer, usable."""
    if image is None or image.status != "active" or image.location is None:
        raise errors.Refused("The image is not active any more.")
    return world.image_dir / image.location


def image_facts(image: Image) -> dict[str, str]:
    """What a volume remembers of the image it was made from (``volume_image_metadata``)."""
    known = {
        "image_id": image.id, "image_name": image.name, "checksum": image.checksum, "disk_format": image.disk_format,
        "container_format": image.container_format, "min_disk": image.min_disk, "min_ram": image.min_ram,
        "size": image.size,
    }  # fmt: skip
    facts = {key: str(value) for key, value in known.items() if value is not None}
    return {**image.properties, **facts}


def backend_of(world: World, volume: Volume) -> VolumeBackend:
    """The backend that holds a volume; ``Refused`` if it is not enabled."""
    if volume.backend not in world.backends:
        raise errors.Refused(NO_BACKEND.format(backend=volume.backend or "none"))
    return world.backends[volume.backend]


def set_available(world: World, volume_id: str) -> None:
    """Whoever reserved the volume while it was being filled keeps it."""
    with world.store.write() as tx:
        volumes.move(tx, volume_id, states.UNFINISHED, states.AVAILABLE)


def remove_content(world: World, volume_id: str) -> None:
    """Nothing half-made stays in the backend; a backend that is not enabled never made anything."""
    with world.store.read() as tx:
        volume = volumes.find(tx, volume_id)
    if volume is not None and volume.backend in world.backends:
        world.backends[volume.backend].delete(volume_id)


def discard(world: World, volume_id: str) -> None:
    """Delete the volume for good: content, then row. Absent is success."""
    with world.store.read() as tx:
        volume = volumes.find(tx, volume_id)
    if volume is None:
        return
    if volume.launched_at is not None:
        backend_of(world, volume)  # content in a backend that is not enabled must not be forgotten
    remove_content(world, volume_id)
    with world.store.write() as tx:
        volumes.forget(tx, volume_id)


def has_snapshots(tx: Tx, volume_id: str) -> bool:
    """Whether snapshots depend on the volume."""
    return volumes.has_snapshots(tx, volume_id)


def failed(world: World, message: str, volume_id: str) -> None:
    """The volume stays in ``error`` for the user to see why, and holds nothing."""
    with world.store.write() as tx:
        volume = volumes.find(tx, volume_id)
        if volume is None or volume.status == states.ERROR:
            return
        volumes.update(tx, volume_id, status=states.ERROR)
        event = _event_of(volume, message)
        messages.add(tx, event, message, project_id=volume.project_id, resource_type="VOLUME", resource_uuid=volume_id)


def _event_of(volume: Volume, message: str) -> tuple[str, str]:
    if message == NO_BACKEND.format(backend=volume.backend or "none"):
        return messages.NO_BACKEND
    return messages.COPY_IMAGE if volume.image_id is not None else messages.CREATE_VOLUME


KIND = Kind(name="create_volume", run=run, failed=failed)
