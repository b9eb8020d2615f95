"""What did a killed process leave half-done, and how is it put right?"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from moorage.images import content, states
from moorage.images.service.lookup import update_row
from moorage.store import Tx
from moorage.store.tables.images import images


def recover(tx: Tx, image_dir: Path) -> list[str]:
    """Put abandoned uploads back to ``queued`` and remove files no image needs; the ids of those images.

    Uploads that a live process is running are left alone, and so are images a durable operation has claimed: it will
    come back for them. Call at start, before requests are served.
    """
    running = _sweep(image_dir, _needed(tx))
    query = sa.select(images.c.id).where(
        images.c.status == states.SAVING, images.c.location.is_(None), images.c.deleted_at.is_(None)
    )
    abandoned = [image_id for image_id in tx.execute(query).scalars() if image_id not in running]
    for image_id in abandoned:
        update_row(tx, image_id, status=states.QUEUED)
    return abandoned


def _needed(tx: Tx) -> set[str]:
    query = sa.select(images.c.location).where(images.c.location.is_not(None), images.c.deleted_at.is_(None))
    return {location for location in tx.execute(query).scalars() if location}


def _sweep(image_dir: Path, needed: set[str]) -> set[str]:
    """Remove what is neither needed nor being written; the ids of images being written."""
    running = set[str]()
    for path in image_dir.iterdir():
        image_id = content.image_id_of(path.name)
        if image_id is None or path.name in needed:
            continue
        if content.is_in_use(path):
            running.add(image_id)
        elif path.name.endswith(".upload") or image_id not in needed:
            path.unlink(missing_ok=True)
    return running
