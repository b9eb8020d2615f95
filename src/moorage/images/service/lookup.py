"""Which image is meant, and may the caller see or change it?

Visibility as in Glance (``glance/db/utils.py``): public and community images are seen by all, shared ones by the
projects they are shared with, whatever their answer, private ones by their project.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from moorage import clock, errors
from moorage.context import Context
from moorage.images.model import Image, image_of
from moorage.store import Tx
from moorage.store.tables.images import image_members, images


def find(tx: Tx, image_id: str) -> Image | None:
    """The image whoever owns it; None if there is none or it was deleted."""
    row = tx.execute(sa.select(images).where(images.c.id == image_id, images.c.deleted_at.is_(None))).first()
    return None if row is None else image_of(row)


def get(tx: Tx, image_id: str) -> Image:
    """As ``find``; ``errors.NotFound`` in place of None."""
    image = find(tx, image_id)
    if image is None:
        raise missing(image_id)
    return image


def get_visible(tx: Tx, context: Context, image_id: str) -> Image:
    """The image if the caller may see it; ``errors.NotFound`` otherwise."""
    image = get(tx, image_id)
    if context.is_admin or image.owner is None or image.visibility in ("public", "community"):
        return image
    if image.owner == context.project_id or (image.visibility == "shared" and _is_member(tx, context, image_id)):
        return image
    raise missing(image_id)


def get_mutable(tx: Tx, context: Context, image_id: str) -> Image:
    """The image if the caller may change it; 403 for someone else's that is only to be seen."""
    image = get_visible(tx, context, image_id)
    if not context.is_admin and (image.owner is None or image.owner != context.project_id):
        raise errors.Forbidden(f"You do not own image {image_id}.")
    return image


def update_row(tx: Tx, image_id: str, **values: Any) -> Image:
    """Write columns and the time of change; the image as it is then."""
    tx.execute(sa.update(images).where(images.c.id == image_id).values(updated_at=clock.now(), **values))
    return get(tx, image_id)


def missing(image_id: str) -> errors.NotFound:
    return errors.NotFound(f"Image {image_id} could not be found.")


def _is_member(tx: Tx, context: Context, image_id: str) -> bool:
    query = sa.select(sa.literal(1)).where(
        image_members.c.image_id == image_id, image_members.c.member_id == context.project_id
    )
    return tx.execute(query).first() is not None


def with_properties(tx: Tx, owner: str, wanted: dict[str, str]) -> list[str]:
    """Ids of a project's active images that have these properties, newest first."""
    query = sa.select(images).where(images.c.owner == owner, images.c.status == "active")
    query = query.where(images.c.deleted_at.is_(None)).order_by(images.c.created_at.desc(), images.c.id)
    return [row.id for row in tx.execute(query) if wanted.items() <= (row.properties or {}).items()]
