"""What may be asked of a volume, and what does its status become? Conditions and words are Cinder's."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.context import Context
from moorage.store import Tx
from moorage.volumes import states
from moorage.volumes.model import Volume, VolumeType
from moorage.volumes.service import backends, quotas, snapshots, types, volumes


def begin_delete(tx: Tx, context: Context, volume: Volume, *, cascade: bool = False, force: bool = False) -> list[str]:
    """Mark the volume as being deleted; returns the snapshots that go with it. 400 if its state forbids it."""
    backends.require_thawed(tx, volume.backend)
    found = snapshots.of_volume(tx, volume.id)
    allowed = force or volume.status in states.DELETABLE
    if volume.attach_status == "attached" or volume.migration_status not in states.NOT_MIGRATING:
        allowed = False
    if not allowed or not _snapshots_allow(context, found, cascade, force):
        raise errors.BadRequest(f"Invalid volume: {_delete_rule(force)}")
    for snapshot in found:
        snapshots.update(tx, snapshot.id, status="deleting")
    volumes.update(tx, volume.id, status=states.DELETING)
    return [snapshot.id for snapshot in found]


def _snapshots_allow(context: Context, found: list[Any], cascade: bool, force: bool) -> bool:
    if not cascade:
        return not found
    if force:
        return True
    deletable = all(snapshot.status in ("available", "error", "deleting") for snapshot in found)
    return deletable and (context.is_admin or all(s.project_id == context.project_id for s in found))


def _delete_rule(force: bool) -> str:
    status = "" if force else f"status must be {states.any_of(states.DELETABLE)} and "
    return (
        f"Volume {status}must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, "
        "or be disassociated from snapshots after volume transfer."
    )


def begin_extend(tx: Tx, volume: Volume, new_size_gib: int, *, in_use: bool) -> None:
    """Mark the volume as growing; 400 if it is not larger or the state forbids it, 413 over quota."""
    states.require_still(volume.id, volume.migration_status)
    increase = new_size_gib - volume.size_gib
    if increase <= 0:
        raise errors.BadRequest(
            "Invalid input received: New size for extend must be greater than current size. "
            f"(current: {volume.size_gib}, extended: {new_size_gib})."
        )
    expected = states.IN_USE if in_use and volume.status == states.IN_USE else states.AVAILABLE
    if volume.status != expected:
        raise errors.BadRequest(
            f"Invalid volume: Volume {volume.id} status must be '{{'status': '{expected}'}}' to extend, "
            f"currently {volume.status}."
        )
    quotas.check_size(tx, volume.project_id, new_size_gib)
    kind = types.named(tx, volume.volume_type_id)
    quotas.check_volume(tx, volume.project_id, kind.name, increase, new=False)
    values = {"previous_status": volume.status, "extending_to_gib": new_size_gib}
    volumes.update(tx, volume.id, status=states.EXTENDING, **values)


def begin_upload(tx: Tx, volume: Volume, *, force: bool) -> None:
    """Mark the volume as being copied to an image; 400 if the state forbids it."""
    states.require_still(volume.id, volume.migration_status)
    allowed = (states.AVAILABLE, states.IN_USE) if force else (states.AVAILABLE,)
    if volume.status not in allowed:
        raise errors.BadRequest(f"Invalid volume: Volume {volume.id} status must be {states.any_of(allowed)}")
    volumes.update(tx, volume.id, status=states.UPLOADING, previous_status=volume.status)


def begin_reimage(tx: Tx, volume: Volume, *, reserved_too: bool) -> None:
    """Mark the volume as being filled anew; 400 if the state forbids it."""
    states.require_still(volume.id, volume.migration_status)
    allowed = (states.AVAILABLE, states.ERROR, *(("reserved",) if reserved_too else ()))
    if volume.status not in allowed:
        raise errors.BadRequest(
            f"Invalid volume: Volume {volume.id} status must be {states.any_of(allowed)}, but current status is "
            f"{volume.status}."
        )
    before = "reserved" if volume.status == "reserved" else states.AVAILABLE
    volumes.update(tx, volume.id, status=states.DOWNLOADING, previous_status=before)


def end_detour(tx: Tx, volume_id: str, status: str) -> None:
    """Back from ``extending`` or ``uploading`` to the status before; if it was changed meanwhile, it stays."""
    volume = volumes.find(tx, volume_id)
    if volume is None or volume.status != status:
        return
    before = volume.previous_status or states.AVAILABLE
    volumes.update(tx, volume_id, status=before, previous_status=None)


def reserve(tx: Tx, volume: Volume) -> None:
    """``os-reserve``: attaching; 400 if the volume is not available."""
    allowed = (states.AVAILABLE, states.IN_USE) if volume.multiattach else (states.AVAILABLE,)
    if volume.status not in allowed:
        raise errors.BadRequest(
            f"Invalid volume: Volume status must be {states.any_of(allowed)} to reserve, "
            f"but the status is {volume.status}."
        )
    volumes.update(tx, volume.id, status="attaching")


def reset_status(tx: Tx, volume: Volume, wanted: dict[str, str | None]) -> None:
    """``os-reset_status``: what an admin says, without looking at the outside world. 400 in the middle of a move."""
    if volume.is_target or volume.migration_status in (*states.MOVING, states.COMPLETING):
        raise errors.BadRequest(f"Invalid volume: Volume {volume.id} is {volume.migration_status}; the move ends it.")
    values = {key: value for key, value in wanted.items() if value is not None}
    if values.get("migration_status") == "none":
        values["migration_status"] = None  # type: ignore[assignment] # none means that it never migrated
    volumes.update(tx, volume.id, **values)


def check_retype(tx: Tx, volume: Volume, kind: VolumeType) -> None:
    """400 unless the volume may get this type, 413 over the new type's quota."""
    if kind.id == volume.volume_type_id:
        raise errors.BadRequest(f"Invalid input received: New volume_type same as original: {kind.name}.")
    if volume.attach_status == "attached" and kind.is_multiattach != volume.multiattach:
        raise errors.BadRequest("Invalid input received: Changing 'multiattach' of a volume in use is not allowed.")
    quotas.check_retype(tx, volume.project_id, kind.name, volume.size_gib)


def retype(tx: Tx, volume: Volume, kind: VolumeType) -> None:
    """Change the type within one backend; errors as ``check_retype``, 400 if the volume's state forbids it."""
    check_retype(tx, volume, kind)
    if volume.status not in (states.AVAILABLE, states.IN_USE) or volume.migration_status not in states.NOT_MIGRATING:
        raise errors.BadRequest(states.must_be_movable(volume.id))
    volumes.update(tx, volume.id, volume_type_id=kind.id, multiattach=kind.is_multiattach)
