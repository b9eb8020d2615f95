"""Where does the mock HMC keep its state? In one SQLite file, written before a reply leaves.

A process killed at any moment finds everything it has answered for. Journal mode WAL with normal synchronisation
survives the death of the process (not of the machine) and costs tens of microseconds per change.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Resource:
    """One object of the HMC, or one internal record. ``props`` is never changed in place: it is replaced."""

    uri: str
    kind: str
    parent: str
    props: Mapping[str, Any]


class Store:
    """The resources of one data directory. Not thread-safe: the caller holds the one lock."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS resource"
            " (uri TEXT PRIMARY KEY, kind TEXT NOT NULL, parent TEXT NOT NULL, props TEXT NOT NULL)"
        )

    def load(self) -> Iterator[Resource]:
        """All resources, oldest first."""
        for uri, kind, parent, props in self._db.execute(
            "SELECT uri, kind, parent, props FROM resource ORDER BY rowid"
        ):
            yield Resource(uri, kind, parent, json.loads(props))

    def write(self, changed: Iterable[Resource], removed: Iterable[str]) -> None:
        """Apply one transaction: all of it or nothing."""
        rows = [(r.uri, r.kind, r.parent, json.dumps(r.props)) for r in changed]
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany("DELETE FROM resource WHERE uri = ?", [(uri,) for uri in removed])
            self._db.executemany(
                "INSERT INTO resource VALUES (?, ?, ?, ?) ON CONFLICT (uri) DO UPDATE SET props = excluded.props", rows
            )
        except sqlite3.Error:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()
