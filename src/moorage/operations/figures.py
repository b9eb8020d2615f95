"""How much is there to do, for how long, and is somebody doing it? Gauges, asked of the rows when they are read."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from moorage import clock
from moorage.operations.dispatcher import Dispatcher
from moorage.store import Store, Tx
from moorage.store.tables.operations import is_unfinished, operations
from moorage.telemetry.exposition import Collector, Sample


def collector(store: Store, dispatcher: Dispatcher | None = None) -> Collector:
    """Unfinished operations by kind, state and age; with a dispatcher, whether it lives."""

    def collect() -> Iterator[Sample]:
        with store.read() as tx:
            found = list(unfinished(tx))
        yield from found
        if dispatcher is not None:
            yield Sample("dispatcher_alive", int(dispatcher.is_alive))

    return collect


def unfinished(tx: Tx) -> Iterator[Sample]:
    """By kind and state: how many, and how old the oldest is."""
    table = operations.c
    count, oldest, now = sa.func.count(), sa.func.min(table.created_at), clock.now()
    query = sa.select(table.kind, table.state, count.label("n"), oldest.label("oldest"))
    for row in tx.execute(query.where(is_unfinished).group_by(table.kind, table.state)):
        labels = {"kind": row.kind, "state": row.state}
        yield Sample("operations", row.n, labels)
        yield Sample("operations_oldest_seconds", round((now - row.oldest).total_seconds(), 3), labels)
    troubled = sa.select(count).where(is_unfinished, table.state == "running", table.error.is_not(None))
    yield Sample("operations_troubled", tx.scalar(troubled) or 0)
