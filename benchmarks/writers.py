"""How should writers of PostgreSQL be kept apart? One lock for all, or serializable transactions that are tried again.

Each of 16 threads checks a quota and then writes, as creating a volume does: it counts the rows of its project, inserts
one and announces it. Run: ``python benchmarks/writers.py`` (about 20 s).
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support import postgresql

from moorage.store import Store
from moorage.store.engines import checked_url

CLIENTS, SECONDS, PROJECTS = 16, 4.0, 4
_CREATE = "CREATE TABLE things (id BIGSERIAL PRIMARY KEY, project TEXT NOT NULL)"
_COUNT = sa.text("SELECT count(*) FROM things WHERE project = :project")
_INSERT = sa.text("INSERT INTO things (project) VALUES (:project)")


def check_then_write(tx: sa.Connection, project: str) -> None:
    tx.execute(_COUNT, {"project": project})
    tx.execute(_INSERT, {"project": project})


class OneLock:
    """What the store does."""

    name = "one lock"

    def __init__(self, url: str) -> None:
        self._stores = [Store(url), Store(url)]  # as two processes

    def write(self, client: int, project: str) -> int:
        with self._stores[client % 2].write() as tx:
            check_then_write(tx, project)
        return 0


class Isolation:
    """Side by side; what the database refuses is tried again."""

    def __init__(self, url: str, level: str) -> None:
        self.name = level.lower()
        self._engine = sa.create_engine(checked_url(url), pool_size=CLIENTS, isolation_level=level)  # type: ignore[arg-type]

    def write(self, _client: int, project: str) -> int:
        for tries in range(1000):
            try:
                with self._engine.begin() as tx:
                    check_then_write(tx, project)
                return tries
            except sa.exc.OperationalError:
                continue
        raise RuntimeError("a thousand tries")


def measure(way: OneLock | Isolation) -> str:
    done, tries, worst, end = [0] * CLIENTS, [0] * CLIENTS, [0.0] * CLIENTS, time.monotonic() + SECONDS

    def client(number: int) -> None:
        while time.monotonic() < end:
            began = time.monotonic()
            tries[number] += way.write(number, f"p{number % PROJECTS}")
            worst[number] = max(worst[number], time.monotonic() - began)
            done[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate, again = sum(done) / SECONDS, sum(tries) / max(1, sum(done))
    return f"{way.name:16} {rate:7.0f} transactions/s, {again:5.2f} tried again each, worst {max(worst) * 1000:5.0f} ms"


def main() -> None:
    for make in (
        OneLock, lambda url: Isolation(url, "SERIALIZABLE"), lambda url: Isolation(url, "READ COMMITTED"),
    ):  # fmt: skip
        with postgresql.database() as url:
            with Store(url).write() as tx:
                tx.execute(sa.text(_CREATE))
                tx.execute(sa.text("CREATE INDEX things_project ON things (project)"))
            print(measure(make(url)), flush=True)


if __name__ == "__main__":
    main()
