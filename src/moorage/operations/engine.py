"""How are operations run and resumed? On DBOS, which this module and ``saga``/``journal`` alone know.

The pitfalls this follows are in ``docs/decisions/0002-durable-operations.md``.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from dbos import DBOS, DBOSClient, DBOSConfig, SetWorkflowID
from dbos._error import DBOSException

from moorage import errors, fence, ids
from moorage.operations import service
from moorage.operations.journal import JsonJournal
from moorage.operations.kinds import Kind
from moorage.operations.leases import Lease
from moorage.operations.resume import Found, resume
from moorage.operations.runtime import Runtime, Stopping
from moorage.operations.saga import Saga
from moorage.operations.service import Operation
from moorage.store import notices, outage, schema
from moorage.store.database import open_engine
from moorage.telemetry import counters, durations, tracing
from moorage.telemetry.scope import scope

JOURNAL_FORMAT = "1"
"""What steps are recorded in. A release that changes the order of steps under an old name raises it."""
RESUMED_FORMATS = (JOURNAL_FORMAT,)
"""Formats that this release goes on with. Operations of others are left to processes that know them."""

_MOST_THREADS = 512
_log = logging.getLogger(__name__)
_current: list[Engine] = []


class Engine:
    """The one journal of a process."""

    def __init__(self, url: str, runtime: Runtime[Any], kinds: Iterable[Kind]) -> None:
        self._url = url
        self.runtime = runtime
        self.kinds = {kind.name: kind for kind in kinds}
        self._ended = threading.Condition()
        self._running: Counter[str] = Counter()
        self._claimed: dict[str, tuple[Operation, Lease]] = {}
        self.on_end: Any = lambda: None

    def launch(self) -> None:
        """Open the journal. Nothing is resumed by itself: ``start`` does, for whoever claimed the operation."""
        _current[:] = [self]
        logging.getLogger("dbos").addFilter(lambda record: "console.dbos" not in record.getMessage())
        journal = open_engine(self._url, begin=None)
        outage.keep_asking(journal)
        config: DBOSConfig = {
            "name": "moorage",
            "system_database_url": self._url,
            "system_database_engine": journal,
            "application_version": JOURNAL_FORMAT,
            "executor_id": ids.new(),
            "log_level": "ERROR",
            "serializer": JsonJournal(),
            "max_executor_threads": _MOST_THREADS,
            "use_listen_notify": False,
        }
        DBOS(config=config)
        with schema.one_at_a_time(self._url):
            DBOS.launch()
        notices.listen(self.runtime.ring)
        self.runtime.steps.start()

    def pools(self) -> dict[str, list[str]]:
        """The names of the kinds in each pool."""
        found: dict[str, list[str]] = {}
        for kind in self.kinds.values():
            found.setdefault(kind.pool, []).append(kind.name)
        return found

    def start(self, operation: Operation, lease: Lease) -> None:
        """Run an operation that this process has claimed, or go on with it, in a thread and under its lease."""
        with self._ended:
            self._running[operation.kind] += 1
        self._claimed[operation.id] = operation, lease
        try:
            found = Found.ABSENT if operation.started_at is None else resume(operation.id, lease)
            if found is Found.ABSENT:
                with SetWorkflowID(operation.id):
                    DBOS.start_workflow(_operation, operation.id, operation.kind, operation.args)
            elif found is Found.ENDED:
                _log.error("operation %s: its journal has ended, so it is not gone on with", operation.id)
                self._note_end(operation.kind)
        except BaseException:
            self._note_end(operation.kind)
            raise

    def count(self, kinds: list[str]) -> int:
        """How many operations of these kinds this process is running."""
        with self._ended:
            return sum(self._running[kind] for kind in kinds)

    def steps(self, operation_id: str) -> list[dict[str, Any]]:
        """The finished steps: name, times (seconds since 1970), error."""
        return read_steps(DBOS.list_workflow_steps(operation_id))

    def stop(self, patience_s: float) -> bool:
        """Let running steps end, begin no further one; whether all ended in time.

        What did not goes on at the next start.
        """
        self.runtime.stopping.set()
        self.runtime.steps.stop()
        notices.forget(self.runtime.ring)
        self.runtime.ring()
        with self._ended:
            all_ended = self._ended.wait_for(lambda: not self._running.total(), timeout=patience_s)
        if all_ended:
            DBOS.destroy()
        return all_ended

    def run(self, operation_id: str, kind_name: str, args: dict[str, Any]) -> str | None:
        """The body of every workflow: returns None, or why the operation failed."""
        try:
            operation, lease = self._claimed.pop(operation_id)
            with fence.held(lease), self._observed(operation):
                return self._carry_out(operation_id, kind_name, args)
        finally:
            self._note_end(kind_name)

    @contextlib.contextmanager
    def _observed(self, operation: Operation) -> Iterator[None]:
        """Log lines, spans and outside calls within carry the operation's ids."""
        began = time.monotonic()
        with scope(operation=operation.id, **operation.marks), tracing.span(f"operation {operation.kind}"):
            yield
        durations.observe("operation", time.monotonic() - began, kind=operation.kind)

    def _carry_out(self, operation_id: str, kind_name: str, args: dict[str, Any]) -> str | None:
        try:
            error = self._run(operation_id, self.kinds[kind_name], args)
            self.runtime.record(self.runtime.store.write, service.finish, operation_id, error)
            counters.count("operations_ended", kind=kind_name, result="failed" if error else "succeeded")
            _log.info("operation %s: %s %s", operation_id, kind_name, f"failed: {error}" if error else "done")
            return error
        except DBOSException as problem:
            # The journal does not fit the code: nothing may be undone on that ground.
            _log.exception("operation %s cannot be resumed", operation_id)
            self.runtime.record(
                self.runtime.store.write, service.note_trouble, operation_id, f"cannot be resumed: {problem}"
            )
            raise Stopping from problem  # an error would end the journal, for the release that knows it as well

    def _note_end(self, kind_name: str) -> None:
        with self._ended:
            self._running[kind_name] -= 1
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


@DBOS.workflow(name="operation", max_recovery_attempts=None)
def _operation(operation_id: str, kind: str, args: dict[str, Any]) -> str | None:
    try:
        return _current[0].run(operation_id, kind, args)
    except Stopping:
        _log.info("operation %s is left for whoever goes on with it", operation_id)
        raise
    except fence.Fenced:
        _log.warning("operation %s is run by another process now", operation_id)
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
