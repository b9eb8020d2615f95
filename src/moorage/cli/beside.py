"""How does a command have operations carried out: by the serve that is running, or by itself?"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from moorage.config.drivers import backends_of, hypervisor_of
from moorage.config.networks import networks_of
from moorage.config.settings import Settings
from moorage.operations import leases, service
from moorage.server import Moorage, audit_options, is_in_use
from moorage.store import Store, Tx, schema
from moorage.store.engines import is_sqlite
from moorage.workflows.world import World

_PAUSE_S = 0.2


def world_of(settings: Settings) -> World:
    """Rows and outside systems for looking, beside whoever else uses them."""
    schema.require(settings.database_url)
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
    if _is_anybody_working(settings):
        yield Store(settings.database_url)
        return
    moorage = Moorage(settings, has_api=is_sqlite(settings.database_url))
    moorage.start()
    try:
        yield moorage.store
    finally:
        moorage.stop()


def _is_anybody_working(settings: Settings) -> bool:
    if is_sqlite(settings.database_url):
        return is_in_use(settings.data_dir)
    with Store(settings.database_url).read() as tx:
        return leases.any_alive(tx)
