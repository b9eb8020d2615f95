"""Which images may nodes be made from, and what are they tagged with?

The registry is properties of the images themselves, named as Sahara names them: images that were registered elsewhere
and brought along are registered here.
"""

from __future__ import annotations

from moorage import errors
from moorage.clusters.refusals import InvalidReference, Missing
from moorage.context import Context
from moorage.images.model import Image
from moorage.images.service import edit, lookup
from moorage.images.service import listing as images
from moorage.store import Tx

PREFIX = "_sahara_"
USERNAME = PREFIX + "username"
DESCRIPTION = PREFIX + "description"
_TAG = PREFIX + "tag_"
_PAGE = 1000


def is_registered(image: Image) -> bool:
    return USERNAME in image.properties


def username_of(image: Image) -> str | None:
    """The account for remote logins."""
    return image.properties.get(USERNAME)


def tags_of(image: Image) -> list[str]:
    marks = (name.removeprefix(_TAG) for name, value in image.properties.items() if name.startswith(_TAG) and value)
    return sorted(marks)


def listing(tx: Tx, context: Context) -> list[Image]:
    """The registered images that the caller sees."""
    found: list[Image] = []
    while True:
        marker = found[-1].id if found else None
        page = images.page(tx, context, images.Listing(marker=marker, limit=_PAGE))
        found += page
        if len(page) < _PAGE:
            return [image for image in found if is_registered(image)]


def find(tx: Tx, context: Context, image_id: str) -> Image:
    """Registered or not; ``Missing`` if the caller sees no such image."""
    try:
        return lookup.get_visible(tx, context, image_id)
    except errors.NotFound:
        raise Missing(f"Object with {{'id': '{image_id}'}} not found") from None


def register(tx: Tx, context: Context, image_id: str, username: str, description: str | None) -> Image:
    """403 for an image that is not the caller's."""
    values = {USERNAME: username, **({DESCRIPTION: description} if description is not None else {})}
    return _change(tx, context, find(tx, context, image_id), values, [])


def unregister(tx: Tx, context: Context, image_id: str) -> None:
    image = find(tx, context, image_id)
    _change(tx, context, image, {}, [name for name in image.properties if name.startswith(PREFIX)])


def set_tags(tx: Tx, context: Context, image_id: str, tags: list[str]) -> Image:
    """These, and no others."""
    image = find(tx, context, image_id)
    known = [name for name in image.properties if name.startswith(_TAG)]
    return _change(tx, context, image, {_TAG + tag: "True" for tag in tags}, known)


def check(tx: Tx, context: Context, image_id: str, tags: list[str]) -> Image:
    """``InvalidReference`` unless the image is registered and carries all these tags."""
    try:
        image = lookup.get_visible(tx, context, image_id)
    except errors.NotFound:
        image = None
    if image is None or not is_registered(image):
        raise InvalidReference(f"Requested image '{image_id}' is not registered")
    if missing := sorted(set(tags) - set(tags_of(image))):
        raise InvalidReference(f"Requested image '{image_id}' doesn't contain required tags: {missing}")
    return image


def _change(tx: Tx, context: Context, image: Image, added: dict[str, str], removed: list[str]) -> Image:
    own = lookup.get_mutable(tx, context, image.id)
    kept = {name: value for name, value in own.properties.items() if name not in removed}
    return edit.update(tx, context, own, {"properties": {**kept, **added}})
