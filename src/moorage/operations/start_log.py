"""By which ways was a server's start tried? Events of the instance action of the operation under way, one a try.

The first line of an event's details is the way, those after it are notes and what came of it. An event is written
before its try begins, so what was under way when a process died is known to the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

import sqlalchemy as sa

from moorage import clock, ids
from moorage.compute.model.guest import Try
from moorage.store import Store, Tx
from moorage.store.tables.operations import action_events, operations

EVENT = "compute_start_guest_by_path"
LAST = "no other way is left"
_FAILED, _RUNNING = "Error", "Success"


class StoredStartLog:
    """Implements ``compute.ports.StartLog``. Without an operation on the server nothing is kept."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tries(self, server_id: str) -> list[Try]:
        with self._store.read() as tx:
            rows = _events(tx, _action(tx, server_id))
        ends = [number for number, row in enumerate(rows) if _is_end(row)]
        return [_try(row) for row in rows[ends[-1] + 1 if ends else 0 :]]

    def begin(self, server_id: str, way: str) -> str:
        with self._store.write() as tx:
            action_id = _action(tx, server_id)
            if action_id is None:
                return ""
            try_id = ids.new()
            tx.execute(
                action_events.insert().values(
                    id=try_id, action_id=action_id, event=EVENT, details=way, started_at=clock.now()
                )
            )
        return try_id

    def note(self, try_id: str, text: str) -> None:
        """A note lost with the power makes its try one whose end is not known."""
        self._append(self._store.note, try_id, text)

    def end(self, try_id: str, *, is_running: bool, said: str, is_last: bool = False) -> None:
        text = f"{said}\n{LAST}" if is_last and not is_running else said
        result = _RUNNING if is_running else _FAILED
        self._append(self._store.write, try_id, text, result=result, finished_at=clock.now())

    def _append(
        self, write: Callable[[], AbstractContextManager[Tx]], try_id: str, text: str, **values: object
    ) -> None:  # fmt: skip
        if not try_id:
            return
        with write() as tx:
            details = tx.scalar(sa.select(action_events.c.details).where(action_events.c.id == try_id))
            tx.execute(
                action_events.update()
                .where(action_events.c.id == try_id)
                .values(details=f"{details}\n{text}", **values)
            )


def _action(tx: Tx, server_id: str) -> str | None:
    """Operations on a server are serial, so one at most is running."""
    action_id: str | None = tx.scalar(
        sa.select(operations.c.action_id).where(
            operations.c.subject == f"server/{server_id}", operations.c.state == "running"
        )
    )
    return action_id


class _Event(NamedTuple):
    id: str
    details: str
    result: str | None


def _events(tx: Tx, action_id: str | None) -> list[_Event]:
    query = sa.select(action_events.c.id, action_events.c.details, action_events.c.result)
    mine = (action_events.c.action_id == action_id, action_events.c.event == EVENT)
    return [_Event(*row) for row in tx.execute(query.where(*mine).order_by(action_events.c.started_at))]


def _is_end(row: _Event) -> bool:
    return row.result == _RUNNING or (row.result == _FAILED and row.details.endswith(f"\n{LAST}"))


def _try(row: _Event) -> Try:
    way, *notes = row.details.splitlines()
    return Try(id=row.id, way=way, notes=notes, is_open=row.result is None)
