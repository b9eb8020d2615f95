"""``OS::Cinder::VolumeAttachment``: a volume given to a running server."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.attachments import service as attachments
from moorage.attachments import states
from moorage.compute.service import servers
from moorage.operations import service as operations
from moorage.stacks.model import Resource
from moorage.volumes.service import volumes
from moorage.workflows import attach_volume, detach_volume
from moorage.workflows.stack_resources.ports import Begun, Job, Look


def create(job: Job, path: str, properties: dict[str, Any]) -> Begun:
    server = servers.get(job.tx, properties["instance_uuid"], job.stack.project_id)
    volume = volumes.get(job.tx, properties["volume_id"], job.stack.project_id)
    assert job.world.site is not None
    order = attach_volume.Order(volume=volume, device=properties.get("mountpoint"))
    row = attach_volume.request(job.tx, job.context, server, order, job.world.site)
    return Begun(physical_id=row.id, subject=f"server/{server.id}")


def look(job: Job, row: Resource) -> Look:
    found = attachments.by_row(job.tx, str(row.physical_id))
    if found is not None and found.attach_status == states.ATTACHED:
        return Look(is_there=True)
    last = [entry for entry in operations.recent(job.tx, 5, row.subject) if entry.kind == attach_volume.KIND.name]
    return Look(reason=(last[0].error if last else None) or "The volume was not attached.")


def change(job: Job, row: Resource, properties: dict[str, Any]) -> None:
    raise AssertionError("no property of it can be changed")


def delete(job: Job, row: Resource) -> None:
    found = attachments.by_row(job.tx, str(row.physical_id))
    if found is None or found.server_id is None or found.volume_id is None:
        return
    try:
        server, volume = servers.get(job.tx, found.server_id), volumes.get(job.tx, found.volume_id)
    except errors.NotFound:
        return  # whoever goes takes the attachment along
    detach_volume.request(job.tx, job.context, server, volume)


def is_gone(job: Job, row: Resource) -> bool:
    return row.physical_id is None or attachments.by_row(job.tx, row.physical_id) is None


def attribute(job: Job, row: Resource, name: str) -> Any:
    raise AssertionError(f"it has no attribute {name}")
