"""How does an operation that takes time run, and how does one learn of its end?

A job is stored before its URI is answered and carried on after a restart. Its result stays until it is deleted.
Jobs belong to the user, so any session may query them; the completion is told only to the session that began the job.
"""

from __future__ import annotations

import heapq
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from moorage import ids
from moorage.mock_hmc.core import Core
from moorage.mock_hmc.errors import HmcError, not_found
from moorage.mock_hmc.store import Resource

LOG = logging.getLogger(__name__)
_HANG = "hang"
COMPLETE, CANCELED = "complete", "canceled"


@dataclass(frozen=True)
class Plan:
    """What a job does: the operation, the URI it works on, and the outcome if that was scripted."""

    operation: str
    target: str
    outcome: str | None


@dataclass(frozen=True)
class Ending:
    """How a job ended: HTTP status, reason code and, for a failure, a sentence."""

    status: int = 204
    reason: int = 0
    message: str | None = None


class Jobs:
    """The job table and the one thread that ends jobs when their time has come."""

    def __init__(self, core: Core) -> None:
        self.endings: Mapping[str, Callable[[Plan], Ending]] = {}
        self._core = core
        self._due: list[tuple[float, str]] = []
        self._wake = threading.Condition()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="mock-hmc-jobs", daemon=True)

    def start(self) -> None:
        """Carry on the jobs of the previous run, and begin to end jobs."""
        for job in self._core.model.of_kind("job"):
            if job.props["status"] == "running":
                self._schedule(job)
        self._thread.start()

    def stop(self) -> None:
        with self._wake:
            self._is_stopping = True
            self._wake.notify()
        self._thread.join()

    def create(self, plan: Plan, session_id: str, delay_s: float) -> str:
        """Add a running job inside the caller's transaction; returns its URI."""
        uri = f"/api/jobs/{ids.new()}"
        props = {"status": "running", "plan": asdict(plan), "session": session_id, "due": time.time() + delay_s}
        job = self._core.model.put(Resource(uri, "job", "", props))
        self._core.after_commit(lambda: self._schedule(job))
        return uri

    def query(self, uri: str) -> dict[str, Any]:
        """The Query Job Status reply. Raises 404,1."""
        props = self._visible(uri).props
        if props["status"] != COMPLETE:
            return {"status": props["status"]}
        reply = {"status": COMPLETE, "job-status-code": props["code"], "job-reason-code": props["reason"]}
        return reply if props["message"] is None else reply | {"job-results": {"message": props["message"]}}

    def delete(self, uri: str) -> None:
        """Forget a finished job. Raises 404,1, or 409,40 while it runs."""
        if self._visible(uri).props["status"] == "running":
            raise HmcError(409, 40, "The job has not completed.")
        self._core.model.remove(uri)

    def cancel(self, uri: str) -> Plan:
        """Give a running job up inside the caller's transaction; what it was to do. Raises 404,1, or 409,41 too late.

        That reason is not known of a real HMC.
        """
        job = self._visible(uri)
        plan = Plan(**job.props["plan"])
        if job.props["status"] != "running" or plan.operation not in ("start", "stop"):
            raise HmcError(409, 41, "The job cannot be cancelled.")
        self._core.model.change(job, {"status": CANCELED})
        return plan

    def lose_all(self) -> None:
        """Forget all jobs, as an HMC may at a restart; what was begun still runs to its end."""
        for job in self._core.model.of_kind("job"):
            if job.props["status"] == "running":
                self._core.model.change(job, {"is_lost": True})
            else:
                self._core.model.remove(job.uri)

    def _visible(self, uri: str) -> Resource:
        job = self._core.model.get(uri, "job")
        if job is None or job.props.get("is_lost"):
            raise not_found(f"Job {uri}")
        return job

    def _schedule(self, job: Resource) -> None:
        if job.props["plan"]["outcome"] == _HANG:
            return
        with self._wake:
            heapq.heappush(self._due, (job.props["due"], job.uri))
            self._wake.notify()

    def _run(self) -> None:
        while (uri := self._next_due()) is not None:
            try:
                self._end(uri)
            except Exception:  # one broken job must not end the thread that ends all others
                LOG.exception("job %s could not be ended", uri)

    def _next_due(self) -> str | None:
        with self._wake:
            while not self._is_stopping:
                wait_s = self._due[0][0] - time.time() if self._due else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self._due)[1]
                self._wake.wait(wait_s)
        return None

    def _end(self, uri: str) -> None:
        job = self._core.model.get(uri, "job")
        if job is None or job.props["status"] != "running":  # cancelled
            return
        plan = Plan(**job.props["plan"])
        ending = self.endings[plan.operation](plan)
        with self._core.transaction() as model:
            current = model.get(uri, "job")
            if current is not None and current.props["status"] != "running":
                return
            if current is None or current.props.get("is_lost"):
                model.remove(uri)
                return
            model.change(
                job,
                {"status": COMPLETE, "code": ending.status, "reason": ending.reason, "message": ending.message},
            )
            self._core.notifications.job_completed(uri, job.props["session"])
