"""Run operations in the test process: an engine and a dispatcher on files of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moorage.operations.engine import Engine
from moorage.operations.runtime import Probe, Runtime
from moorage.operations.worker import Worker
from moorage.store.database import sqlite_url
from moorage.workflows.kinds import KINDS
from moorage.workflows.world import World


@contextlib.contextmanager
def running(tmp_path: Path, world: World, probe: Probe | None = None) -> Iterator[Engine]:
    """Operations submitted in the block are carried out; those of an earlier block on the same files go on."""
    runtime: Runtime[Any] = Runtime(world.store, world, probe)
    engine = Engine(sqlite_url(tmp_path / "journal.db"), runtime, KINDS)
    worker = Worker(world.store, engine, concurrency=200, timers=[])
    worker.start()
    try:
        yield engine
    finally:
        worker.stop(patience_s=5)
