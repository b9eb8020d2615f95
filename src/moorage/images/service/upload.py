"""The status of an image while a client sends its bytes: queued, saving, active, or back to queued."""

from __future__ import annotations

from moorage import errors
from moorage.context import Context
from moorage.images import states
from moorage.images.content import HASH, location_of
from moorage.images.model import FileFacts, Image
from moorage.images.service.lookup import find, get, get_mutable, update_row
from moorage.store import Tx


def require_queued(tx: Tx, context: Context, image_id: str) -> Image:
    """The image if bytes may be sent; 409 if it has or gets some, 400 while a format is not set."""
    image = get_mutable(tx, context, image_id)
    states.check(image.status, states.SAVING)
    unset = [name for name in ("disk_format", "container_format") if not getattr(image, name)]
    if unset:
        noun = "Property" if len(unset) == 1 else "Properties"
        raise errors.BadRequest(f"{noun} {', '.join(unset)} must be set prior to saving data.")
    return image


def begin(tx: Tx, context: Context, image_id: str) -> Image:
    """Claim the image for one upload; errors as in ``require_queued``."""
    require_queued(tx, context, image_id)
    return update_row(tx, image_id, status=states.SAVING)


def finish(tx: Tx, image_id: str, facts: FileFacts) -> Image:
    """The bytes are in place. ``errors.NotFound`` if the image was deleted meanwhile."""
    image = get(tx, image_id)
    states.check(image.status, states.ACTIVE)
    return update_row(
        tx, image_id, status=states.ACTIVE, location=location_of(image_id), size=facts.size,
        virtual_size=facts.virtual_size, checksum=facts.md5, os_hash_algo=HASH, os_hash_value=facts.sha512,
    )  # fmt: skip


def abandon(tx: Tx, image_id: str) -> bool:
    """The upload failed: let it be tried again. False if the bytes are in use after all and must stay."""
    image = find(tx, image_id)
    if image is not None and image.status == states.SAVING:
        update_row(tx, image_id, status=states.QUEUED)
    return image is None or image.status in (states.SAVING, states.QUEUED)
