"""Which operation does each partition status allow, and what comes of starting and stopping?

The table follows the Partition data model: ``paused`` and ``terminated`` must be stopped before they can be started or
deleted; ``reservation-error`` is the reverse. In a transition, or while it cannot be seen, nothing is allowed.
"""

from __future__ import annotations

from collections.abc import Callable

from moorage.mock_hmc import boot, guest, os_messages
from moorage.mock_hmc.boot import Boot
from moorage.mock_hmc.core import Core
from moorage.mock_hmc.errors import wrong_status
from moorage.mock_hmc.jobs import Ending, Jobs, Plan
from moorage.mock_hmc.sessions import Session
from moorage.mock_hmc.store import Resource

STATUSES = (
    "stopped",
    "starting",
    "stopping",
    "active",
    "degraded",
    "paused",
    "terminated",
    "reservation-error",
    "communications-not-active",
    "status-check",
)
_GUEST_STOPS_AFTER_S = 0.05
"""How soon a guest that is scripted to stop by itself does so."""
_AT_REST = frozenset({"stopped", "reservation-error"})
_HOLDING = frozenset({"active", "degraded", "paused", "terminated"})
ALLOWED = {
    "start": _AT_REST,
    "stop": _HOLDING,
    "psw-restart": _HOLDING,
    "delete": _AT_REST,
    "update": _AT_REST | _HOLDING,
}


def require(partition: Resource, operation: str) -> None:
    """Raises 409,1 if the partition's status does not allow the operation."""
    if partition.props["status"] not in ALLOWED[operation]:
        raise wrong_status(f"Partition '{partition.props['name']}'", partition.props["status"], operation)


class Lifecycle:
    """Starts, stops and restarts partitions as jobs."""

    def __init__(self, core: Core, jobs: Jobs) -> None:
        self._core = core
        self._jobs = jobs
        self.endings: dict[str, Callable[[Plan], Ending]] = {
            "start": self._started,
            "stop": self._stopped,
            "psw-restart": self._restarted,
            "leave-active": self._left_active,
        }

    def begin(self, operation: str, partition: Resource, session: Session) -> str:
        """Begin the operation inside the caller's transaction; returns the job's URI. Raises 409,1."""
        require(partition, operation)
        outcome = None if operation == "stop" else self._outcome(partition)
        if operation != "stop":
            os_messages.begin(self._core.model, partition)
        if operation != "psw-restart":
            self._core.set_status(partition, "starting" if operation == "start" else "stopping")
        config = self._core.config
        delay_s = config.stop_delay_s if operation == "stop" else config.start_delay_s
        return self._jobs.create(Plan(operation, partition.uri, outcome), session.id, delay_s)

    def _outcome(self, partition: Resource) -> str | None:
        scripted = boot.take_outcome(self._core.model, partition)
        if scripted is None and boot.is_hanging(self._core.model, partition):
            return boot.HANG
        return scripted

    def cancel(self, plan: Plan) -> None:
        """A start or stop is given up: a partition that was starting is stopped, one that was stopping runs on."""
        partition = self._core.model.get(plan.target, "partition")
        if partition is None:
            return
        back = {"starting": "stopped", "stopping": "active"}.get(partition.props["status"])
        if back is not None:
            self._core.set_status(partition, back)

    def _started(self, plan: Plan) -> Ending:
        result = boot.run(self._core, plan)
        with self._core.transaction() as model:
            partition = model.get(plan.target, "partition")
            # A status forced from outside while the start was under way wins.
            if partition is not None and partition.props["status"] == "starting":
                self._enter(partition, result)
                if result.later is not None:
                    self._jobs.create(Plan("leave-active", plan.target, result.later), "", _GUEST_STOPS_AFTER_S)
        return result.ending

    def _left_active(self, plan: Plan) -> Ending:
        """The guest stopped by itself; no session is told of this job's end."""
        with self._core.transaction() as model:
            partition = model.get(plan.target, "partition")
            if partition is not None and partition.props["status"] == "active":
                os_messages.write(model, partition, os_messages.HALTED)
                self._core.set_status(partition, str(plan.outcome))
        return Ending()

    def _restarted(self, plan: Plan) -> Ending:
        result = boot.run(self._core, plan)
        with self._core.transaction() as model:
            partition = model.get(plan.target, "partition")
            if partition is not None and partition.props["status"] in _HOLDING:
                kept = result if result.status in _HOLDING else Boot("terminated", result.ending)
                self._enter(partition, kept)
        return result.ending

    def _stopped(self, plan: Plan) -> Ending:
        with self._core.transaction() as model:
            partition = model.get(plan.target, "partition")
            if partition is not None and partition.props["status"] == "stopping":
                self._core.set_status(partition, "stopped", **{"degraded-adapters": []})
        return Ending()

    def _enter(self, partition: Resource, result: Boot) -> None:
        os_messages.write(self._core.model, partition, *result.messages)
        offline = boot.offline_adapters(self._core.model, partition)
        status = "degraded" if result.status == "active" and offline else result.status
        self._core.set_status(partition, status, **{"degraded-adapters": offline if status == "degraded" else []})
        if status in ("active", "degraded") and self._core.config.inferences.has_image_beside_storage:
            reports = guest.booted(self._core.model, partition)
            self._core.after_commit(lambda: guest.speak(reports))
