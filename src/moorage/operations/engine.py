"""How are operations run and resumed? On DBOS, which this module and ``saga``/``journal`` alone know.

The pitfalls this follows are in ``docs/decisions/0002-durable-operations.md``.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, SetWorkflowID
from dbos._error import DBOSException

from moorage import errors
from moorage.operations import service
from moorage.operations.journal import JsonJournal
from moorage.operations.kinds import Kind
from moorage.operations.saga import Runtime, Saga, Stopping
from moorage.operations.service import Operation
from moorage.store.database import open_engine
from moorage.telemetry import counters, durations, tracing
from moorage.telemetry.scope import scope

JOURNAL_FORMAT = "1"
"""Workflows resume only under the format they were recorded in; raised when a workflow's steps change."""

_log = logging.getLogger(__name__)
_current: list[Engine] = []


class Engine:
    """The one journal of a process."""

    def __init__(self, url: str, runtime: Runtime[Any], kinds: Iterable[Kind]) -> None:
        self._url = url
        self.runtime = runtime
        self.kinds = {kind.name: kind for kind in kinds}
        self._ended = threading.Condition()
        self._running: set[str] = set()
        self.on_end: Any = lambda: None

    def launch(self) -> None:
        """Open the journal and resume what an earlier process left."""
        _current[:] = [self]
        logging.getLogger("dbos").addFilter(lambda record: "console.dbos" not in record.getMessage())
        config: DBOSConfig = {
            "name": "moorage",
            "system_database_url": self._url,
            "system_database_engine": open_engine(self._url, begin=None),
            "application_version": JOURNAL_FORMAT,
            "executor_id": "local",
            "log_level": "ERROR",
            "serializer": JsonJournal(),
        }
        DBOS(config=config)
        DBOS.launch()
        service.on_submit(self.runtime.ring)

    def pools(self) -> dict[str, list[str]]:
        """The names of the kinds in each pool."""
        found: dict[str, list[str]] = {}
        for kind in self.kinds.values():
            found.setdefault(kind.pool, []).append(kind.name)
        return found

    def start(self, operation: Operation) -> None:
        """Run an operation in a thread; a second start of the same one does nothing."""
        with SetWorkflowID(operation.id):
            DBOS.start_workflow(_operation, operation.id, operation.kind, operation.args)

    def knows(self, operation_id: str) -> bool:
        """Whether the journal holds this operation, so that resuming is the journal's business."""
        return DBOS.get_workflow_status(operation_id) is not None

    def steps(self, operation_id: str) -> list[dict[str, Any]]:
        """The finished steps: name, times (seconds since 1970), error."""
        return read_steps(DBOS.list_workflow_steps(operation_id))

    def stop(self, patience_s: float) -> bool:
        """Let running steps end, begin no further one; whether all ended in time.

        What did not goes on at the next start.
        """
        self.runtime.stopping.set()
        service.off_submit(self.runtime.ring)
        self.runtime.ring()
        with self._ended:
            all_ended = self._ended.wait_for(lambda: not self._running, timeout=patience_s)
        if all_ended:
            DBOS.destroy()
        return all_ended

    def run(self, operation_id: str, kind_name: str, args: dict[str, Any]) -> str | None:
        """The body of every workflow: returns None, or why the operation failed."""
        with self._observed(operation_id, kind_name):
            return self._carry_out(operation_id, kind_name, args)

    @contextlib.contextmanager
    def _observed(self, operation_id: str, kind_name: str) -> Iterator[None]:
        """Log lines, spans and outside calls within carry the operation's ids."""
        with self.runtime.store.read() as tx:
            ids = service.ids_of(tx, operation_id)
        began = time.monotonic()
        with scope(operation=operation_id, **ids), tracing.span(f"operation {kind_name}"):
            yield
        durations.observe("operation", time.monotonic() - began, kind=kind_name)

    def _carry_out(self, operation_id: str, kind_name: str, args: dict[str, Any]) -> str | None:
        with self._ended:
            self._running.add(operation_id)
        try:
            error = self._run(operation_id, self.kinds[kind_name], args)
            with self.runtime.store.write() as tx:
                service.finish(tx, operation_id, error)
            counters.count("operations_ended", kind=kind_name, result="failed" if error else "succeeded")
            _log.info("operation %s: %s %s", operation_id, kind_name, f"failed: {error}" if error else "done")
            return error
        except DBOSException as problem:
            # The journal does not fit the code: nothing may be undone on that ground.
            _log.exception("operation %s cannot be resumed", operation_id)
            with self.runtime.store.write() as tx:
                service.note_trouble(tx, operation_id, f"cannot be resumed: {problem}")
            raise
        finally:
            with self._ended:
                self._running.discard(operation_id)
                self._ended.notify_all()
            self.on_end()
            self.runtime.ring()

    def _run(self, operation_id: str, kind: Kind, args: dict[str, Any]) -> str | None:
        saga: Saga[Any] = Saga(self.runtime, operation_id, kind.name)
        try:
            kind.run(saga, **args)
            return None
        except DBOSException:
            raise
        except errors.MoorageError as error:
            message = error.message
        _log.warning("operation %s: %s is taken back: %s", operation_id, kind.name, message)

        def when_stuck(world: Any, reason: str, *_: Any) -> None:
            kind.failed(world, f"{message} (taking it back: {reason})", **args)

        saga.undo_all(when_stuck)

        def mark_failed(world: Any) -> None:
            kind.failed(world, message, **args)

        saga.insist(mark_failed)
        return message


@DBOS.workflow(name="operation")
def _operation(operation_id: str, kind: str, args: dict[str, Any]) -> str | None:
    try:
        return _current[0].run(operation_id, kind, args)
    except Stopping:
        _log.info("operation %s is left for the next start", operation_id)
        raise


def read_steps(infos: Iterable[Any]) -> list[dict[str, Any]]:
    """Journal entries in a form for people and scripts."""
    return [
        {
            "name": info["function_name"],
            "started_at": (info["started_at_epoch_ms"] or 0) / 1000,
            "finished_at": (info["completed_at_epoch_ms"] or 0) / 1000,
            "error": None if info["error"] is None else f"{type(info['error']).__name__}: {info['error']}",
        }
        for info in infos
    ]


class Journal:
    """The journal of another process, for looking only."""

    def __init__(self, url: str) -> None:
        self._client = DBOSClient(
            system_database_url=url, system_database_engine=open_engine(url, begin=None), serializer=JsonJournal()
        )

    def steps(self, operation_id: str) -> list[dict[str, Any]]:
        """The finished steps of an operation, oldest first."""
        return read_steps(self._client.list_workflow_steps(operation_id))


def open_journal(url: str) -> Journal:
    """Read the journal at ``url`` beside the process that writes it."""
    return Journal(url)
