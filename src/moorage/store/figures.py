"""How many connections of the database are in use?"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from moorage.store.database import Store
from moorage.telemetry.exposition import Collector, Sample


def collector(store: Store) -> Collector:
    """Connections by pool and state."""

    def collect() -> Iterator[Sample]:
        for name, pool in store.pools().items():
            if isinstance(pool, sa.pool.QueuePool):
                for state, number in (("in_use", pool.checkedout()), ("idle", pool.checkedin())):
                    yield Sample("database_connections", number, {"pool": name, "state": state})

    return collect
