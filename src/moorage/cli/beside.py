"""How does a command have operations carried out: by the serve that is running, or by itself?"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from moorage import errors
from moorage.config.networks import networks_of
from moorage.config.settings import Settings
from moorage.operations import service
from moorage.server import Moorage, audit_options, backends_of, hypervisor_of
from moorage.store import Store, Tx, schema
from moorage.workflows.world import World

_PAUSE_S = 0.2


def world_of(settings: Settings) -> World:
    """Rows and outside systems for looking, beside whoever else uses them."""
    if schema.current(settings.database_url) != schema.head():
        raise errors.ConfigError(f"{settings.data_dir}: the database is not of this release; run `moorage db upgrade`")
    return World(
        store=Store(settings.database_url), hypervisor=hypervisor_of(settings, is_checked=False),
        backends=backends_of(settings), image_dir=settings.data_dir / "images",
        availability_zone=settings.conf.availability_zone, audit=audit_options(settings),
        networks=networks_of(settings.conf),
    )  # fmt: skip


def carry_out(settings: Settings, submit: Callable[[Tx], list[str]]) -> list[service.Operation]:
    """Submit operations and wait until they have ended.

    A running serve notices them within seconds. Without one this process takes its place, which means that it also
    goes on with whatever the last one left unfinished.
    """
    with _worker(settings) as store:
        with store.write() as tx:
            ids = submit(tx)
        while True:
            with store.read() as tx:
                found = [service.get(tx, operation_id) for operation_id in ids]
            if all(operation.state not in service.UNFINISHED for operation in found):
                return found
            time.sleep(_PAUSE_S)


@contextlib.contextmanager
def _worker(settings: Settings) -> Iterator[Store]:
    moorage: Any = None
    try:
        moorage = Moorage(settings)
    except errors.ConfigError as busy:
        if "another moorage serve" not in busy.message:
            raise
        yield Store(settings.database_url)
        return
    moorage.engine.launch()
    moorage.dispatcher.start()
    try:
        yield moorage.store
    finally:
        moorage.stop()
