"""With which projects is an image shared, and what do they say to it?

Rules: Glance (``glance/api/v2/image_members.py``): the owner adds and removes projects, each answers for itself.
"""

from __future__ import annotations

import sqlalchemy as sa

from moorage import clock, errors
from moorage.context import Context
from moorage.images import fields
from moorage.images.model import Image, Member, member_of
from moorage.images.service.lookup import get_visible
from moorage.store import Tx
from moorage.store.tables.images import image_members

STATUSES = ("pending", "accepted", "rejected")


def add(tx: Tx, context: Context, image_id: str, member_id: str) -> Member:
    """Share the image; 409 if it is already, 413 over the limit."""
    image = _shared(tx, context, image_id)
    if not _is_owner(context, image):
        raise errors.Forbidden(f"Not allowed to create members for image {image_id}.")
    known = _select(tx, image_id)
    if any(member.member_id == member_id for member in known):
        raise errors.Conflict(f"Member {member_id} is duplicated for image {image_id}")
    fields.check_amount("members", len(known) + 1, fields.MAX_MEMBERS)
    now = clock.now()
    member = Member(image_id=image_id, member_id=member_id, status="pending", created_at=now, updated_at=now)
    tx.execute(sa.insert(image_members).values({name: getattr(member, name) for name in member.__struct_fields__}))
    return member


def answer(tx: Tx, context: Context, image_id: str, member_id: str, status: str) -> Member:
    """Set a membership's status: the project itself or an admin."""
    image = _shared(tx, context, image_id)
    if not context.is_admin and context.project_id == image.owner:
        raise errors.Forbidden(f"Not allowed to update members for image {image_id}.")
    _find(tx, context, image, member_id)
    if status not in STATUSES:
        raise errors.BadRequest(f"Incorrect request: Status must be one of {', '.join(STATUSES)}, not {status!r}.")
    mine = (image_members.c.image_id == image_id) & (image_members.c.member_id == member_id)
    tx.execute(sa.update(image_members).where(mine).values(status=status, updated_at=clock.now()))
    return _find(tx, context, image, member_id)


def listed(tx: Tx, context: Context, image_id: str) -> list[Member]:
    """All memberships for owner and admin, one's own for a member."""
    image = _shared(tx, context, image_id)
    return [member for member in _select(tx, image_id) if _may_see(context, image, member)]


def show(tx: Tx, context: Context, image_id: str, member_id: str) -> Member:
    """One membership; 404 for whatever the caller may not see."""
    try:
        return _find(tx, context, _shared(tx, context, image_id), member_id)
    except errors.Forbidden as error:
        raise errors.NotFound(error.message) from None


def remove(tx: Tx, context: Context, image_id: str, member_id: str) -> None:
    """Stop sharing: the owner or an admin."""
    image = _shared(tx, context, image_id)
    if not _is_owner(context, image):
        raise errors.Forbidden(f"Not allowed to delete members for image {image_id}.")
    _find(tx, context, image, member_id)
    mine = (image_members.c.image_id == image_id) & (image_members.c.member_id == member_id)
    tx.execute(sa.delete(image_members).where(mine))


def _shared(tx: Tx, context: Context, image_id: str) -> Image:
    image = get_visible(tx, context, image_id)
    if image.visibility != "shared":
        raise errors.Forbidden("Only shared images have members.")
    return image


def _find(tx: Tx, context: Context, image: Image, member_id: str) -> Member:
    for member in _select(tx, image.id):
        if member.member_id == member_id and _may_see(context, image, member):
            return member
    raise errors.NotFound(f"{member_id} not found in the member list of the image {image.id}.")


def _select(tx: Tx, image_id: str) -> list[Member]:
    query = sa.select(image_members).where(image_members.c.image_id == image_id)
    return [member_of(row) for row in tx.execute(query.order_by(image_members.c.created_at, image_members.c.member_id))]


def _is_owner(context: Context, image: Image) -> bool:
    return context.is_admin or (image.owner is not None and image.owner == context.project_id)


def _may_see(context: Context, image: Image, member: Member) -> bool:
    return _is_owner(context, image) or member.member_id == context.project_id
