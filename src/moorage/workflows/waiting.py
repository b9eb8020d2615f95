"""Wait for an operation where the API has to answer with its result.

The operation may run in another process, so its row is asked; short waits at first, as most take milliseconds.
"""

from __future__ import annotations

import time

from moorage import errors
from moorage.operations import service
from moorage.operations.service import Operation
from moorage.store import Store

_FIRST_PAUSE_S = 0.01
_LONGEST_PAUSE_S = 0.2
PATIENCE_S = 20.0
"""Less than clients and proxies wait for an answer."""


def wait(store: Store, operation_id: str, patience_s: float = PATIENCE_S) -> None:
    """Return once the operation succeeded; ``Refused`` if it failed, ``Unknown`` if it is still under way."""
    operation = _ended(store, operation_id, patience_s)
    if operation.state == "failed":
        raise errors.Refused(operation.error or "The operation failed.")
    if operation.state != "succeeded":
        raise errors.Unknown("The storage has not answered yet; the operation goes on. Ask again later.")


def settle(store: Store, operation_id: str, patience_s: float = PATIENCE_S) -> None:
    """The same for calls that are answered with 202: one that is still under way is no error."""
    operation = _ended(store, operation_id, patience_s)
    if operation.state == "failed":
        raise errors.Refused(operation.error or "The operation failed.")


def _ended(store: Store, operation_id: str, patience_s: float) -> Operation:
    deadline, pause_s = time.monotonic() + patience_s, _FIRST_PAUSE_S
    while True:
        with store.read() as tx:
            operation = service.get(tx, operation_id)
        if operation.state not in service.UNFINISHED or time.monotonic() >= deadline:
            return operation
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
