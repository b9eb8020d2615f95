"""Images that a durable operation fills, such as volume to image. Every function may be repeated after a crash.

The order is ``ensure`` (with the request), ``claim``, write the file ``image_dir / location_of(id)``,
``activate(facts_of(path, format))``; or ``release`` when the operation gives up.
"""

from __future__ import annotations

from moorage.images import states
from moorage.images.content import location_of
from moorage.images.model import FileFacts, Image, NewImage
from moorage.images.service.edit import insert
from moorage.images.service.lookup import find, get, missing, update_row
from moorage.images.service.upload import finish
from moorage.store import Tx
from moorage.store.tables.images import images


def ensure(tx: Tx, new: NewImage) -> Image:
    """Make the queued image, or find the one already made; ``errors.NotFound`` if it was deleted since."""
    if image := find(tx, new.id):
        return image
    if tx.execute(images.select().where(images.c.id == new.id)).first():
        raise missing(new.id)
    return insert(tx, new)


def claim(tx: Tx, image_id: str) -> Image:
    """Keep others from sending bytes while the operation writes them, over restarts too.

    ``errors.Conflict`` if a client's upload was first, ``errors.NotFound`` if the image was deleted.
    """
    image = get(tx, image_id)
    if image.location is not None and image.status in (states.SAVING, states.ACTIVE):
        return image
    states.check(image.status, states.SAVING)
    return update_row(tx, image_id, status=states.SAVING, location=location_of(image_id))


def activate(tx: Tx, image_id: str, facts: FileFacts) -> Image:
    """The file is complete. ``errors.NotFound`` if the image was deleted: then the file must go, too."""
    image = get(tx, image_id)
    if image.status in (states.ACTIVE, states.DEACTIVATED) and image.os_hash_value == facts.sha512:
        return image
    return finish(tx, image_id, facts)


def release(tx: Tx, image_id: str) -> None:
    """Give a claimed image back as queued; nothing to do if it is deleted or was never claimed."""
    image = find(tx, image_id)
    if image is not None and image.status == states.SAVING and image.location is not None:
        update_row(tx, image_id, status=states.QUEUED, location=None)
