"""One volume takes another one's place on a server: compute's half of the record moves, block storage's stays."""

from __future__ import annotations

from moorage import clock
from moorage.attachments import service
from moorage.store import Tx
from moorage.store.tables.attachments import attachments

_PLACE = (
    "bdm_uuid", "device_name", "tag", "boot_index", "delete_on_termination", "disk_bus", "device_type", "guest_format",
    "created_at",
)  # fmt: skip
"""What a disk keeps when another volume comes to be behind it; its age decides its turn among the disks."""


def add_successor(tx: Tx, *, project_id: str, server_id: str, volume_id: str) -> str:
    """A row for the volume that is to take a place: a disk of the server that clients of compute do not see yet."""
    row_id = service.add_disk(
        tx, project_id=project_id, server_id=server_id, source_type="volume", destination_type="volume",
        source_id=volume_id,
    )  # fmt: skip
    tx.execute(attachments.update().where(attachments.c.id == row_id).values(bdm_uuid=None))
    return row_id


def exchange(tx: Tx, old_row_id: str, new_row_id: str) -> None:
    """Give the new row the old one's place; repeating it changes nothing.

    The old row stays as an attachment that nobody sees as a disk, until its volume is released.
    """
    old = service.by_row(tx, old_row_id)
    if old is None or old.bdm_uuid is None:
        return
    place = {name: getattr(old, name) for name in _PLACE}
    vacated = {"bdm_uuid": None, "boot_index": None, "delete_on_termination": False, "tag": None, "device_name": None}
    tx.execute(attachments.update().where(attachments.c.id == old_row_id).values(**vacated, updated_at=clock.now()))
    tx.execute(attachments.update().where(attachments.c.id == new_row_id).values(**place, updated_at=clock.now()))


def exchange_volumes(tx: Tx, old_row_id: str, new_row_id: str) -> None:
    """Both rows bear the other one's volume: the two volumes changed their places in storage."""
    old, new = service.by_row(tx, old_row_id), service.by_row(tx, new_row_id)
    assert old is not None and new is not None  # noqa: PT018 - both are there until the old one is released
    for row_id, volume_id in ((old.id, new.volume_id), (new.id, old.volume_id)):
        tx.execute(attachments.update().where(attachments.c.id == row_id).values(volume_id=volume_id))
