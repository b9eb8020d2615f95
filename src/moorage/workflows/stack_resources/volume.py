"""``OS::Cinder::Volume``: blank, or filled from an image."""

from __future__ import annotations

from typing import Any

from moorage import errors, ids
from moorage.operations import service as operations
from moorage.stacks.model import Resource
from moorage.volumes import states
from moorage.volumes.model import Volume
from moorage.volumes.service import types, volumes
from moorage.workflows import create_volume, delete_volume, volume_images
from moorage.workflows.stack_resources.ports import Begun, Job, Look


def create(job: Job, path: str, properties: dict[str, Any]) -> Begun:
    zone = properties.get("availability_zone") or job.world.availability_zone
    if zone != job.world.availability_zone:
        raise errors.BadRequest(f"Availability zone '{zone}' is invalid.")
    kind = properties.get("volume_type")
    volume_type = types.usable(job.tx, job.context, kind).id if kind else None
    image_id = None
    if properties.get("image"):
        image = volume_images.named(job.tx, job.context, properties["image"])
        volume_images.check(image, properties["size"])
        image_id = image.id
    made = create_volume.request(
        job.tx, job.context, ids.new(), size_gib=properties["size"], name=_name(job, path, properties),
        description=properties.get("description"), volume_type=volume_type, availability_zone=zone,
        metadata=_texts(properties), image_id=image_id,
    )  # fmt: skip
    return Begun(physical_id=made.id, subject=f"volume/{made.id}")


def _name(job: Job, path: str, properties: dict[str, Any]) -> str:
    return str(properties.get("name") or job.name_for(path))[:255]


def _texts(properties: dict[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in (properties.get("metadata") or {}).items()}


def _find(job: Job, row: Resource) -> Volume | None:
    return volumes.find(job.tx, str(row.physical_id))


def look(job: Job, row: Resource) -> Look:
    volume = _find(job, row)
    if volume is None:
        return Look(reason=f"Volume {row.physical_id} was deleted.")
    if volume.launched_at is not None and volume.status != states.ERROR:
        return Look(is_there=True)
    last = operations.recent(job.tx, 1, f"volume/{volume.id}")
    return Look(reason=(last[0].error if last else None) or f"Volume {volume.id} went to status {volume.status}.")


def change(job: Job, row: Resource, properties: dict[str, Any]) -> None:
    volumes.update(
        job.tx, str(row.physical_id), name=_name(job, row.path, properties), metadata=_texts(properties),
        description=properties.get("description"),
    )  # fmt: skip


def delete(job: Job, row: Resource) -> None:
    volume = _find(job, row)
    if volume is not None:
        delete_volume.request(job.tx, job.context, volume)


def is_gone(job: Job, row: Resource) -> bool:
    return row.physical_id is None or _find(job, row) is None


def attribute(job: Job, row: Resource, name: str) -> Any:
    volume = volumes.get(job.tx, str(row.physical_id))
    return {
        "availability_zone": volume.availability_zone, "size": str(volume.size_gib), "display_name": volume.name,
        "display_description": volume.description, "metadata": volume.metadata, "status": volume.status,
        "bootable": str(volume.bootable).lower(),
        "volume_type": types.names_by_id(job.tx).get(str(volume.volume_type_id)),
    }[name]  # fmt: skip
