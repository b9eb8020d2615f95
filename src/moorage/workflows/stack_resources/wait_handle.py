"""``OS::Heat::WaitConditionHandle``: where guests tell how it went."""

from __future__ import annotations

from typing import Any

from moorage import ids
from moorage.stacks import signals
from moorage.stacks.model import Resource
from moorage.workflows.stack_resources.ports import Begun, Job, Look

PATH = "/wait-conditions"


def create(job: Job, path: str, properties: dict[str, Any]) -> Begun:
    return Begun(physical_id=ids.new())


def look(job: Job, row: Resource) -> Look:
    return Look(is_there=True)


def change(job: Job, row: Resource, properties: dict[str, Any]) -> None:
    raise AssertionError("no property of it can be changed")


def delete(job: Job, row: Resource) -> None:
    signals.forget(job.tx, str(row.physical_id))


def is_gone(job: Job, row: Resource) -> bool:
    return True


def attribute(job: Job, row: Resource, name: str) -> Any:
    """The command that a guest runs with ``--data-binary '{"status": "SUCCESS"}'`` behind it.

    The token in it is made when a server gets it; before that a mark stands in its place.
    """
    handle_id = str(row.physical_id)
    url = f"{job.world.public_url}{PATH}/{handle_id}?token={signals.mark(handle_id)}"
    return f"curl -X PUT '{url}' -H 'Content-Type: application/json'"
