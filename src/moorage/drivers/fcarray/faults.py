"""How does the array misbehave on purpose?

Faults are rows of the array's own file, so a test or an operator in one process makes the array fail in another. A
fault is used up before it acts, so it strikes as often as asked even if the process dies of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from moorage import errors
from moorage.drivers.fcarray.array_file import ArrayFile

KINDS = {
    "fail-before": "nothing is done and no answer comes",
    "lost-reply": "the work is done but no answer comes",
    "refuse": "nothing is done and the answer is no",
    "slow": "the work is done and answered, after the latency",
}

OPERATIONS = (
    "create",
    "write_image",
    "read_image",
    "clone",
    "create_from_snapshot",
    "extend",
    "delete",
    "create_snapshot",
    "delete_snapshot",
    "connect",
    "disconnect",
    "pool",
    "mappings",
)
_PERIODIC = ("pool", "mappings")

ANY = "*"
"""Stands for every operation but those that are asked periodically and would use the fault up unseen."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """The next ``times`` calls of ``operation`` wait ``latency_s`` and then go wrong as ``kind`` says."""

    operation: str
    kind: str
    latency_s: float = 0.0
    times: int = 1


class Faults:
    """The scripted faults of the array in ``path``."""

    def __init__(self, path: Path) -> None:
        self._file = ArrayFile(path)

    def add(self, operation: str, kind: str, latency_s: float = 0.0, times: int = 1) -> None:
        """Script a fault behind those already there; ``BadRequest`` if a word or number makes no sense."""
        if operation not in (*OPERATIONS, ANY):
            raise errors.BadRequest(f"operation {operation} is not one of {', '.join((*OPERATIONS, ANY))}")
        if kind not in KINDS:
            raise errors.BadRequest(f"kind {kind} is not one of {', '.join(KINDS)}")
        if latency_s < 0 or times < 1:
            raise errors.BadRequest("latency must not be negative and times must be at least 1")
        row = (operation, kind, latency_s, times)
        with self._file.transaction() as db:
            db.execute("INSERT INTO faults (operation, kind, latency_s, times) VALUES (?, ?, ?, ?)", row)

    def clear(self) -> int:
        """Remove all faults; returns how many were left."""
        with self._file.transaction() as db:
            return db.execute("DELETE FROM faults").rowcount

    def left(self) -> list[Fault]:
        """The faults that have yet to strike, in order."""
        with self._file.reading() as db:
            rows = db.execute("SELECT operation, kind, latency_s, times FROM faults ORDER BY fault_id").fetchall()
        return [Fault(**dict(row)) for row in rows]


@contextmanager
def striking(file: ArrayFile, operation: str) -> Iterator[None]:
    """Run one call of the array, with the first fault that is meant for it."""
    fault = _take(file, operation)
    if fault is None:
        yield
        return
    time.sleep(fault.latency_s)
    if fault.kind == "refuse":
        raise errors.Refused(f"the array refused {operation} (scripted fault)")
    if fault.kind == "fail-before":
        raise errors.Unknown(f"the array did not answer {operation} (scripted fault)")
    yield
    if fault.kind == "lost-reply":
        raise errors.Unknown(f"the answer of the array to {operation} was lost (scripted fault)")


def _take(file: ArrayFile, operation: str) -> Fault | None:
    with file.reading() as db:
        if db.execute("SELECT 1 FROM faults LIMIT 1").fetchone() is None:
            return None
    meant = (operation, operation if operation in _PERIODIC else ANY)
    with file.transaction() as db:
        row = db.execute("SELECT * FROM faults WHERE operation IN (?, ?) ORDER BY fault_id LIMIT 1", meant).fetchone()
        if row is None:
            return None
        db.execute("UPDATE faults SET times = times - 1 WHERE fault_id = ?", (row["fault_id"],))
        db.execute("DELETE FROM faults WHERE times < 1")
    return Fault(operation=row["operation"], kind=row["kind"], latency_s=row["latency_s"], times=row["times"])
