"""Where does the array keep its state, and how do several processes share it?

One SQLite file in WAL mode: readers never wait, writers queue. Inside a process one connection writes under a lock,
which is quicker and fairer than SQLite's polling for the file lock.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moorage import errors, fence
from moorage.drivers.fcarray.layout import make_ports

_BUSY_S = 15.0
_VERSION = 1

_SCHEMA = """
CREATE TABLE array (serial TEXT NOT NULL) STRICT;
CREATE TABLE targets (
    wwpn TEXT PRIMARY KEY, fabric INTEGER NOT NULL, is_online INTEGER NOT NULL DEFAULT 1) STRICT;
CREATE TABLE volumes (
    volume_id TEXT PRIMARY KEY, naa TEXT NOT NULL UNIQUE, size_gib INTEGER NOT NULL) STRICT;
CREATE TABLE snapshots (
    snapshot_id TEXT PRIMARY KEY, volume_id TEXT NOT NULL, size_gib INTEGER NOT NULL) STRICT;
CREATE TABLE hosts (
    host_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE initiators (
    wwpn TEXT PRIMARY KEY, host_id INTEGER NOT NULL REFERENCES hosts, position INTEGER NOT NULL,
    UNIQUE (host_id, position)) STRICT;
CREATE TABLE masks (
    host_id INTEGER NOT NULL REFERENCES hosts, volume_id TEXT NOT NULL REFERENCES volumes, lun INTEGER NOT NULL,
    PRIMARY KEY (host_id, volume_id), UNIQUE (host_id, lun)) STRICT;
CREATE INDEX masks_by_volume ON masks (volume_id);
CREATE TABLE zones (
    initiator TEXT NOT NULL REFERENCES initiators, target TEXT NOT NULL REFERENCES targets,
    PRIMARY KEY (initiator, target)) STRICT;
CREATE TABLE faults (
    fault_id INTEGER PRIMARY KEY, operation TEXT NOT NULL, kind TEXT NOT NULL, latency_s REAL NOT NULL,
    times INTEGER NOT NULL) STRICT;
"""


class ArrayFile:
    """The array's state, open for writing; made with its target ports if the file does not exist.

    Safe to use from many threads. ``errors.ConfigError`` if the file is not an array file of this version.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        if not path.exists():
            _make(path)
        try:
            self._db = _connect(path)
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise errors.ConfigError(f"{path} is not an array file: {error}") from error
        if found != _VERSION:
            raise errors.ConfigError(f"{path} has array file version {found}, this program needs {_VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside happens or nothing does, durable on return; ``Unknown`` if the file cannot be written."""
        with self._lock, _answering(), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            fence.check()
            yield self._db

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """For single queries that write nothing."""
        with self._lock, _answering():
            yield self._db

    def close(self) -> None:
        """Release the file; the object cannot be used afterwards."""
        with self._lock:
            self._db.close()


def beside(path: Path) -> Path:
    """The directory that holds the content of the array's volumes."""
    return path.with_suffix(".content")


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    """One consistent view of the file for another process.

    ``FileNotFoundError`` if there is none, ``errors.Unknown`` if it cannot be read.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is no array file {path}")
    with _answering():
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_S, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            db.execute("BEGIN")
            yield db
        finally:
            db.close()


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA foreign_keys=ON")
    return db


def _make(path: Path) -> None:
    """Build the file under another name and link it in place: of several processes one wins, and none sees half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    serial = secrets.token_hex(2)
    db = _connect(draft)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={_VERSION}; COMMIT;")
        db.execute("INSERT INTO array (serial) VALUES (?)", (serial,))
        make_ports(db, serial)
    finally:
        db.close()
    try:
        os.link(draft, path)
        _sync_directory(path.parent)
    except FileExistsError:
        return  # another process was quicker: its file is the array
    finally:
        draft.unlink()


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # our own mistake, not a silent array
    except sqlite3.DatabaseError as error:
        raise errors.Unknown(f"the array's file does not answer: {error}") from error
