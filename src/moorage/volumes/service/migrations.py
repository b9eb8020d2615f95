"""A volume moves to another backend: what its record and that of its hidden target say meanwhile.

The target is a volume of its own until the content is there; then the two exchange their places in one transaction. The
words of ``migration_status`` are Cinder's. Both backends keep the content under the id that users know, so what is left
to be removed is always a content *in a backend*, never an id that something else may have.
"""

from __future__ import annotations

import sqlalchemy as sa

from moorage import clock, errors
from moorage.store import Tx
from moorage.store.tables.volumes import snapshots, volumes
from moorage.volumes import states
from moorage.volumes.model import TARGET_OF, Volume
from moorage.volumes.service import backends
from moorage.volumes.service.volumes import find, get, update

STARTING, MIGRATING = states.MOVING
SUCCESS, ERROR = "success", "error"


def check(tx: Tx, volume: Volume, backend: str, allowed: tuple[str, ...]) -> None:
    """400, in Cinder's words, unless the volume's state lets it move to ``backend``."""
    if (
        volume.status not in allowed
        or volume.migration_status not in states.NOT_MIGRATING
        or volume.backend == backend
        or target_of(tx, volume.id) is not None
        or tx.scalar(sa.select(snapshots.c.id).where(snapshots.c.volume_id == volume.id).limit(1)) is not None
    ):
        raise errors.BadRequest(states.must_be_movable(volume.id))
    backends.require_thawed(tx, volume.backend)


def begin(tx: Tx, volume: Volume, target: dict[str, str | bool | None], status: str) -> None:
    """Record the target, hidden, with what is to change (``backend`` and more), and that the volume is on its way."""
    same = (
        "project_id", "user_id", "name", "size_gib", "availability_zone", "volume_type_id", "bootable", "multiattach",
        "readonly", "image_metadata",
    )  # fmt: skip
    row = {
        **{name: getattr(volume, name) for name in same}, "status": states.CREATING,
        "migration_status": f"{TARGET_OF}{volume.id}", "created_at": clock.now(), **target,
    }  # fmt: skip
    tx.execute(volumes.insert().values(row))
    update(tx, volume.id, migration_status=STARTING, status=status, previous_status=volume.status)


def target_of(tx: Tx, volume_id: str) -> Volume | None:
    """The volume that stands by to take this one's place, or what is left of it."""
    found = tx.scalar(sa.select(volumes.c.id).where(volumes.c.migration_status == f"{TARGET_OF}{volume_id}"))
    return None if found is None else get(tx, found)


def exchange(tx: Tx, volume_id: str, target_id: str) -> None:
    """The volume is where its target was, with the target's type; repeating it changes nothing.

    The target now stands for the old content, until that is removed.
    """
    volume, target = get(tx, volume_id), get(tx, target_id)
    if volume.migration_status not in states.MOVING:
        return
    kept = ("backend", "volume_type_id", "multiattach")
    update(tx, target_id, **{name: getattr(volume, name) for name in kept})
    new = {name: getattr(target, name) for name in kept}
    update(tx, volume_id, migration_status=states.COMPLETING, previous_status=None, **new)


def fail(tx: Tx, volume_id: str) -> None:
    """The volume stays where it is; one that has changed its place already is not taken back."""
    volume = find(tx, volume_id)
    if volume is not None and volume.migration_status in states.MOVING:
        update(tx, volume_id, migration_status=ERROR, previous_status=None)


def end(tx: Tx, volume_id: str) -> None:
    """Nothing is left in the other backend."""
    volume = find(tx, volume_id)
    if volume is not None and volume.migration_status == states.COMPLETING:
        update(tx, volume_id, migration_status=SUCCESS)


def confirm(volume: Volume, new: Volume) -> str:
    """``os-migrate_volume_completion``: the id the volume goes on with; 400, in Cinder's words, unless the two moved.

    Compute's swap exchanges the two itself, in the transaction in which its own record changes. So the call only says
    whether that has been done, however often it is repeated.
    """
    if volume.migration_status is None:
        raise errors.BadRequest("Invalid volume: Source volume not mid-migration.")
    if new.migration_status is None:
        raise errors.BadRequest("Invalid volume: Destination volume not mid-migration.")
    expected = f"{TARGET_OF}{volume.id}"
    if new.migration_status != expected:
        raise errors.BadRequest(
            f"Invalid volume: Destination has migration_status {new.migration_status}, expected {expected}."
        )
    if volume.migration_status != states.COMPLETING:
        raise errors.BadRequest(
            f"Invalid volume: Volume {volume.id} is {volume.migration_status}; its server still works on the exchange."
        )
    return volume.id
