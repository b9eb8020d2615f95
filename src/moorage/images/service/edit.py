"""Making, changing and deleting images; what happens to their bytes is told in ``upload`` and ``ingest``."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, errors
from moorage.context import Context
from moorage.images import fields, states
from moorage.images.model import Image, NewImage
from moorage.images.service.lookup import get, get_mutable, update_row
from moorage.store import Tx
from moorage.store.tables.images import image_members, images


def create(tx: Tx, context: Context, new: NewImage) -> Image:
    """A queued image; 409 if the id is or was in use, 403 for another project's by a non-admin, 413 over limits."""
    if not context.is_admin and (not new.owner or new.owner != context.project_id):
        raise errors.Forbidden(f"You are not permitted to create images owned by '{new.owner}'.")
    if tx.execute(sa.select(images.c.id).where(images.c.id == new.id)).first():
        raise errors.Conflict(f"Image ID {new.id} already exists!")
    return insert(tx, new)


def insert(tx: Tx, new: NewImage) -> Image:
    fields.check_amounts(new.properties, new.tags)
    now = clock.now()
    values = {name: getattr(new, name) for name in new.__struct_fields__}
    tx.execute(sa.insert(images).values(**values, status=states.QUEUED, created_at=now, updated_at=now))
    return get(tx, new.id)


def update(tx: Tx, context: Context, image: Image, changes: dict[str, Any]) -> Image:
    """Set fields (``properties`` and ``tags`` as a whole) of an image from ``get_mutable``; 403, 413 as in Glance."""
    for name, value in changes.items():
        if name in ("disk_format", "container_format") and image.status != states.QUEUED:
            raise errors.Forbidden(f"Attribute {name} can be only replaced for a queued image.")
        if name == "owner" and value != image.owner and not context.is_admin:
            raise errors.Forbidden("Owner can't be updated by non admin.")
    fields.check_amounts(changes.get("properties", {}), changes.get("tags", []))
    return update_row(tx, image.id, **changes) if changes else image


def delete(tx: Tx, context: Context, image_id: str) -> Image:
    """Take the image out of sight; the caller removes its bytes once this is committed. 403 while protected."""
    image = get_mutable(tx, context, image_id)
    if image.protected:
        raise errors.Forbidden(f"Image {image_id} is protected and cannot be deleted.")
    tx.execute(sa.delete(image_members).where(image_members.c.image_id == image_id))
    # The row stays, so that the id cannot come back with other bytes.
    now = clock.now()
    gone = {"status": states.DELETED, "deleted_at": now, "updated_at": now}
    tx.execute(sa.update(images).where(images.c.id == image_id).values(**gone))
    return image


def deactivate(tx: Tx, context: Context, image_id: str) -> None:
    """Forbid downloads by non-admins; success if so already."""
    _switch(tx, context, image_id, states.DEACTIVATED, "deactivate")


def reactivate(tx: Tx, context: Context, image_id: str) -> None:
    """Allow downloads again; success if so already."""
    _switch(tx, context, image_id, states.ACTIVE, "reactivate")


def _switch(tx: Tx, context: Context, image_id: str, status: str, verb: str) -> None:
    image = get_mutable(tx, context, image_id)
    if image.status not in (states.ACTIVE, states.DEACTIVATED):
        raise errors.Forbidden(f"Not allowed to {verb} image in status '{image.status}'")
    if image.status != status:
        update_row(tx, image_id, status=status)


def add_tag(tx: Tx, context: Context, image_id: str, tag: str) -> None:
    """Success if the image has it already."""
    image = get_mutable(tx, context, image_id)
    if tag not in image.tags:
        update(tx, context, image, {"tags": [*image.tags, *fields.checked("tags", [tag])]})


def remove_tag(tx: Tx, context: Context, image_id: str, tag: str) -> None:
    """``errors.NotFound`` if the image does not have it."""
    image = get_mutable(tx, context, image_id)
    if tag not in image.tags:
        raise errors.NotFound(f"Image {image_id} has no tag {tag}.")
    update(tx, context, image, {"tags": [known for known in image.tags if known != tag]})
