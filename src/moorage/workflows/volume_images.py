"""Can a volume be filled from an image? Conditions and words are Cinder's."""

from __future__ import annotations

from moorage import errors, ids
from moorage.context import Context
from moorage.images.model import Image
from moorage.images.service import lookup as images
from moorage.images.service.listing import Listing, page
from moorage.store import Tx

_GIB = 1024**3


def named(tx: Tx, context: Context, reference: str) -> Image:
    """The image by id, URL or name; 400 if there is none, 409 if the name is not unique."""
    image_id = reference.rsplit("/", 1)[-1]
    if ids.is_uuid(image_id):
        try:
            return images.get_visible(tx, context, image_id)
        except errors.NotFound:
            pass  # it may be a name that looks like an id
    found = page(tx, context, Listing(filters=[("name", f"eq:{reference}")]))
    if len(found) > 1:
        raise errors.Conflict(f"Multiple matches found for '{reference}', use an ID to be more specific.")
    if not found:
        raise errors.BadRequest("Invalid image identifier or unable to access requested image.")
    return found[0]


def check(image: Image, size_gib: int) -> None:
    """400 unless a volume of that size can be filled from the image."""
    if image.status != "active":
        raise errors.BadRequest(f"Invalid input received: Image {image.id} is not active.")
    needed = -(-(image.size or 0) // _GIB)
    if needed > size_gib:
        raise errors.BadRequest(
            f"Invalid input received: Size of specified image {needed}GB is larger than volume size {size_gib}GB."
        )
    if size_gib < image.min_disk:
        raise errors.BadRequest(
            f"Invalid input received: Volume size {size_gib}GB cannot be smaller than the image minDisk size "
            f"{image.min_disk}GB."
        )
    unpacked = -(-(image.virtual_size or 0) // _GIB)
    if unpacked > size_gib:
        raise errors.BadRequest(
            f"Image {image.id} is unacceptable: Image virtual size is {unpacked}GB and doesn't fit in a volume of "
            f"size {size_gib}GB."
        )
