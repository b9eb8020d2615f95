"""Ask every backend for its capacity, for ``get_pools``. Nothing outside changes, so this is no durable operation."""

from __future__ import annotations

import logging

from moorage import errors
from moorage.volumes.service import backends
from moorage.workflows.world import World

_log = logging.getLogger(__name__)


def refresh(world: World) -> None:
    """A backend that does not answer keeps what it said last; its age shows."""
    for name, backend in world.backends.items():
        try:
            pool = backend.pool()
        except errors.OutsideError as trouble:
            _log.warning("backend %s did not report its capacity: %s", name, trouble.message)
            continue
        with world.store.write() as tx:
            backends.report(tx, name, pool)
