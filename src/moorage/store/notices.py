"""How does a process hear that another one has committed something? By NOTIFY; on SQLite there is no other one.

A notice says nothing but "look": it may come late, twice, or get lost with a connection, and then a sweep finds what it
was about.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import psycopg
import sqlalchemy as sa

from moorage.store.database import Store, Tx, after_commit

_CHANNEL = "moorage"
_NOTIFY = sa.select(sa.func.pg_notify(_CHANNEL, ""))
_LOOK_S = 0.5
_log = logging.getLogger(__name__)
_listeners: list[Callable[[], None]] = []


def announce(tx: Tx) -> None:
    """Tell all listeners once the transaction is durable; never if it rolls back."""
    announce_elsewhere(tx)
    if tx.dialect.name != "postgresql":
        after_commit(tx, _tell)


def announce_elsewhere(tx: Tx) -> None:
    """Tell other processes alone, where there are any."""
    if tx.dialect.name == "postgresql":
        tx.execute(_NOTIFY)


def listen(listener: Callable[[], None]) -> None:
    """Call ``listener()`` after each announcement: of this process, or of any once a ``Receiver`` runs."""
    _listeners.append(listener)


def forget(listener: Callable[[], None]) -> None:
    if listener in _listeners:
        _listeners.remove(listener)


def _tell() -> None:
    for listener in list(_listeners):
        listener()


class Receiver:
    """Hears the announcements of all processes on PostgreSQL, this one's included. On SQLite it does nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="notices", daemon=True)

    def start(self) -> None:
        if not self._store.is_sqlite:
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self._receive()
            except psycopg.Error as silence:
                _log.warning("not listening to the database: %s", type(silence).__name__)
                self._stopping.wait(1.0)

    def _receive(self) -> None:
        url = sa.make_url(self._store.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
            connection.execute(f"LISTEN {_CHANNEL}")
            _tell()  # of what was announced while nobody listened
            while not self._stopping.is_set():
                for _notice in connection.notifies(timeout=_LOOK_S, stop_after=1):
                    _tell()
