"""Reserve, connect, complete, release: the life of an attachment, and the volume's status with it.

Each function changes both sides in the caller's transaction. None talks to storage: whoever maps or unmaps does so in
a step of a workflow before or after.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, errors, ids
from moorage.attachments import states
from moorage.attachments.model import AttachedVolume, Attachment, from_row, query
from moorage.store import Tx
from moorage.store.tables.attachments import attachments
from moorage.store.tables.volumes import volumes
from moorage.volumes.states import MOVING

_BY_ROW = query().where(attachments.c.id == sa.bindparam("row_id"))
_OF_VOLUME = query().where(
    attachments.c.volume_id == sa.bindparam("volume_id"), attachments.c.attachment_id.is_not(None)
)
_OF_SERVER = query().where(attachments.c.server_id == sa.bindparam("server_id"))
_BOOT_ORDER = sa.case((attachments.c.boot_index >= 0, attachments.c.boot_index), else_=2**31)
_VOLUMES = (
    sa.select(attachments.c.server_id, attachments.c.volume_id, attachments.c.delete_on_termination)
    .where(attachments.c.volume_id.is_not(None), attachments.c.bdm_uuid.is_not(None))
    .where(attachments.c.server_id.in_(sa.bindparam("server_ids", expanding=True)))
    .order_by(_BOOT_ORDER, attachments.c.created_at, attachments.c.id)
)

_REMOVE = attachments.delete().where(attachments.c.id == sa.bindparam("row_id"))
_UPDATE = attachments.update().where(attachments.c.id == sa.bindparam("row_id"))
_SHOW_ON_VOLUME = volumes.update().where(
    volumes.c.id == sa.bindparam("of_volume"),
    sa.or_(volumes.c.migration_status.is_(None), volumes.c.migration_status.not_in(MOVING)),
)


def get(tx: Tx, attachment_id: str, project_id: str | None = None) -> Attachment:
    """By block storage's id; ``project_id`` None sees all projects."""
    wanted = query().where(attachments.c.attachment_id == attachment_id)
    if project_id is not None:
        wanted = wanted.where(attachments.c.project_id == project_id)
    row = tx.execute(wanted).one_or_none()
    if row is None:
        raise errors.NotFound(f"Volume attachment could not be found with filter: attachment_id = {attachment_id}.")
    return from_row(row)


def by_row(tx: Tx, row_id: str) -> Attachment | None:
    """By the row's own id, which workflows carry; None once it is gone."""
    row = tx.execute(_BY_ROW, {"row_id": row_id}).one_or_none()
    return None if row is None else from_row(row)


def of_server(tx: Tx, server_id: str) -> list[Attachment]:
    """The disks on record for a server: boot order first, then by age."""
    rows = [from_row(row) for row in tx.execute(_OF_SERVER, {"server_id": server_id})]
    last = len(rows) + 1
    return sorted(rows, key=lambda a: a.boot_index if a.boot_index is not None and a.boot_index >= 0 else last)


def volumes_of_servers(tx: Tx, server_ids: list[str]) -> dict[str, list[AttachedVolume]]:
    """The volumes each server is shown with, in the order of ``of_server``; every one of them has an entry."""
    found: dict[str, list[AttachedVolume]] = {server_id: [] for server_id in server_ids}
    for server_id, volume_id, delete_on_termination in tx.execute(_VOLUMES, {"server_ids": server_ids}):
        found[server_id].append(AttachedVolume(volume_id, delete_on_termination))
    return found


def of_volume(tx: Tx, volume_id: str) -> list[Attachment]:
    return [from_row(row) for row in tx.execute(_OF_VOLUME, {"volume_id": volume_id})]


def of_volumes(tx: Tx, volume_ids: list[str]) -> dict[str, list[Attachment]]:
    """Attachments of many volumes in one query."""
    found: dict[str, list[Attachment]] = {volume_id: [] for volume_id in volume_ids}
    wanted = query().where(attachments.c.volume_id.in_(volume_ids), attachments.c.attachment_id.is_not(None))
    for row in tx.execute(wanted):
        found[row.volume_id].append(from_row(row))
    return found


def add_disk(tx: Tx, *, project_id: str, server_id: str, **mapping: Any) -> str:
    """Record a disk of a server (compute's half) and return the row's id."""
    row_id = ids.new()
    mine = {"id": row_id, "bdm_uuid": row_id, "project_id": project_id, "server_id": server_id}
    tx.execute(attachments.insert(), {**mine, "created_at": clock.now(), **mapping})
    return row_id


def reserve(
    tx: Tx,
    volume_id: str,
    *,
    project_id: str,
    server_id: str | None,
    row_id: str | None = None,
    mode: str = "rw",
    volume_status: str | None = None,
) -> str:
    """Give the volume to a server, not connected yet; returns block storage's attachment id.

    ``row_id`` names the disk this completes; None makes a row that only block storage knows. The volume must be
    available or downloading (multiattach: also in-use), else 400 with Cinder's words. ``volume_status`` is what a
    workflow that made the volume itself found it in.
    """
    volume = tx.execute(sa.select(volumes).where(volumes.c.id == volume_id)).one_or_none()
    if volume is None:
        raise errors.NotFound(f"Volume {volume_id} could not be found.")
    _check_reservable(tx, volume, server_id, volume_status)
    values = {
        "attachment_id": ids.new(), "attach_status": states.RESERVED, "attach_mode": mode, "volume_id": volume_id,
        "updated_at": clock.now(),
    }  # fmt: skip
    if row_id is None:
        row = {"id": ids.new(), "project_id": project_id, "server_id": server_id, "created_at": clock.now()}
        tx.execute(attachments.insert(), {**row, **values})
    else:
        tx.execute(_UPDATE, {"row_id": row_id, **values})
    if volume.status in ("available", "downloading", "creating"):
        _set_volume(tx, volume_id, "reserved", volume.attach_status)
    return str(values["attachment_id"])


def _check_reservable(tx: Tx, volume: Any, server_id: str | None, expected: str | None) -> None:
    status = volume.status
    if status in ("available", "downloading") or status == expected:
        return
    if volume.multiattach and status == "in-use":
        return
    same = [a for a in of_volume(tx, volume.id) if server_id and a.server_id == server_id]
    if same and status in ("in-use", "reserved"):
        return  # Cinder allows a second attachment of the same server on purpose: migration
    raise errors.BadRequest(
        f"Invalid volume: Volume {volume.id} status must be available or downloading to reserve, "
        f"but the current status is {status}."
    )


def set_connector(tx: Tx, row_id: str, connector: dict[str, Any]) -> None:
    """Remember who is to be let in, before storage is asked: what is unmapped later is what stands here."""
    _update(tx, row_id, connector=connector, attach_status=states.ATTACHING)
    _recompute(tx, row_id)


def set_connection(tx: Tx, row_id: str, connection_info: dict[str, Any]) -> None:
    """Keep storage's answer."""
    _update(tx, row_id, connection_info=connection_info)


def set_place(tx: Tx, row_id: str, *, mountpoint: str | None = None, mode: str | None = None) -> None:
    """Where the guest sees the disk and how it may use it (``rw`` or ``ro``), as far as given."""
    given = {"mountpoint": mountpoint, "attach_mode": mode}
    _update(tx, row_id, **{name: value for name, value in given.items() if value is not None})


def set_delete_on_termination(tx: Tx, row_id: str, value: bool) -> None:
    """Whether the volume goes with its server."""
    _update(tx, row_id, delete_on_termination=value)


def complete(tx: Tx, row_id: str, mountpoint: str | None = None) -> None:
    """The volume is in use; repeating it is harmless."""
    row = by_row(tx, row_id)
    if row is None:
        return
    attached_at = row.attached_at or clock.now()
    _update(tx, row_id, attach_status=states.ATTACHED, attached_at=attached_at, mountpoint=mountpoint or row.mountpoint)
    _recompute(tx, row_id)


def disconnected(tx: Tx, row_id: str, *, is_attached: bool = False) -> None:
    """Storage confirmed that nobody is let in any more; the volume stays reserved for the server.

    ``is_attached``: it stays in use, as one that was attached to an offloaded server is.
    """
    status = (
        {"attach_status": states.ATTACHED} if is_attached else {"attach_status": states.RESERVED, "attached_at": None}
    )
    _update(tx, row_id, connector=None, connection_info=None, **status)
    _recompute(tx, row_id)


def set_device(tx: Tx, row_id: str, device_name: str | None) -> None:
    """What the guest calls the disk; None takes the name back."""
    _update(tx, row_id, device_name=device_name)


def begin_detaching(tx: Tx, row_id: str) -> None:
    _update(tx, row_id, attach_status=states.DETACHING)
    _recompute(tx, row_id)


def roll_detaching(tx: Tx, row_id: str) -> None:
    set_status(tx, row_id, states.ATTACHED)


def set_status(tx: Tx, row_id: str, status: str) -> None:
    """What the attachment was before something began with it."""
    _update(tx, row_id, attach_status=status)
    _recompute(tx, row_id)


def remove(tx: Tx, row_id: str) -> None:
    """Both views of the attachment end at once; the volume's status follows from what remains."""
    row = by_row(tx, row_id)
    if row is None:
        return
    tx.execute(_REMOVE, {"row_id": row_id})
    if row.volume_id is not None and row.attachment_id is not None:
        recompute(tx, row.volume_id)


def recompute(tx: Tx, volume_id: str) -> None:
    """Set the volume's status to what follows from its attachments.

    While its content moves to another backend the status stays: users need not see compute's part in that.
    """
    status, attach_status = states.volume_status([a.attach_status for a in of_volume(tx, volume_id)])
    _set_volume(tx, volume_id, status, attach_status)


def _recompute(tx: Tx, row_id: str) -> None:
    row = by_row(tx, row_id)
    if row is not None and row.volume_id is not None:
        recompute(tx, row.volume_id)


def _update(tx: Tx, row_id: str, **values: Any) -> None:
    tx.execute(_UPDATE, {"row_id": row_id, "updated_at": clock.now(), **values})


def _set_volume(tx: Tx, volume_id: str, status: str, attach_status: str) -> None:
    shown = {"status": status, "attach_status": attach_status, "updated_at": clock.now()}
    tx.execute(_SHOW_ON_VOLUME, {"of_volume": volume_id, **shown})
