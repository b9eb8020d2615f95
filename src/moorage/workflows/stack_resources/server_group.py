"""``OS::Nova::ServerGroup``."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.compute.service import server_groups
from moorage.stacks.model import Resource
from moorage.workflows.stack_resources.ports import Begun, Job, Look


def create(job: Job, path: str, properties: dict[str, Any]) -> Begun:
    policies = properties["policies"]
    if len(policies) != 1:
        raise errors.BadRequest(f"Exactly one policy has to be given: {policies}")
    name = str(properties.get("name") or job.name_for(path))[:255]
    return Begun(physical_id=server_groups.create(job.tx, job.context, name, policies[0], {}).id)


def look(job: Job, row: Resource) -> Look:
    return Look(is_there=True)


def change(job: Job, row: Resource, properties: dict[str, Any]) -> None:
    raise AssertionError("no property of it can be changed")


def delete(job: Job, row: Resource) -> None:
    if not is_gone(job, row):
        server_groups.delete(job.tx, job.context, str(row.physical_id))


def is_gone(job: Job, row: Resource) -> bool:
    try:
        server_groups.get(job.tx, job.context, str(row.physical_id))
    except errors.NotFound:
        return True
    return False


def attribute(job: Job, row: Resource, name: str) -> Any:
    raise AssertionError(f"it has no attribute {name}")
