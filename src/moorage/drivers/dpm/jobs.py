"""Has an operation that the HMC runs as a job ended, and how?

``Job.wait_for_completion`` of zhmcclient sleeps ten seconds between two looks, so the waiting is done here: a notice
ends the wait at once, and without one the pauses grow from a fifth of a second to ``poll_max_s``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import zhmcclient

from moorage.drivers.dpm import faults
from moorage.drivers.dpm.notices import JobNotices
from moorage.drivers.dpm.sessions import Hmc

_FIRST_PAUSE_S = 0.2
_ENDED = ("complete", "canceled")


class Ended(NamedTuple):
    """A job that is over, and its error if it failed. The HMC still keeps it."""

    uri: str
    error: zhmcclient.HTTPError | None


class JobRunner:
    """Starts asynchronous operations and waits for their end."""

    def __init__(self, notices: JobNotices, poll_max_s: float) -> None:
        self._notices = notices
        self._poll_max_s = poll_max_s

    def run(self, hmc: Hmc, operation_uri: str, timeout_s: float) -> bool:
        """Do the operation; False when it still ran after ``timeout_s`` and was asked to give up.

        Raises ``zhmcclient.HTTPError`` when it could not be started or ended in error. A job the HMC no longer knows
        counts as ended: the partition's status tells the rest.
        """
        ended = self.outcome(hmc, operation_uri, timeout_s)
        if ended is None:
            return False
        hmc.submit([forget(ended)])
        if ended.error is not None:
            raise ended.error
        return True

    def outcome(
        self, hmc: Hmc, operation_uri: str, timeout_s: float, begun: Callable[[str], None] | None = None
    ) -> Ended | None:
        """How the job ended, None as ``run``'s False; ``begun`` is told its URI before it is waited for."""
        has_notices = self._notices.listen(hmc.session)
        job_uri = hmc.start_job(operation_uri)
        if begun is not None:
            begun(job_uri)
        for pause_s in self.pauses(timeout_s, is_told=has_notices):
            if has_notices:
                has_notices = self._notices.wait(job_uri, pause_s)
            else:
                time.sleep(pause_s)
            if ended := look(hmc, job_uri):
                return ended
        _cancel(hmc, job_uri)
        return None

    def pauses(self, timeout_s: float, *, is_told: bool = False) -> Iterator[float]:
        """Seconds to wait before each next look until ``timeout_s`` are over.

        Growing from short ones, unless notices make looking a mere backup.
        """
        deadline = time.monotonic() + timeout_s
        pause_s = self._poll_max_s if is_told else min(_FIRST_PAUSE_S, self._poll_max_s)
        while (left_s := deadline - time.monotonic()) > 0:
            yield min(pause_s, left_s)
            pause_s = min(pause_s * 1.5, self._poll_max_s)


def forget(ended: Ended) -> tuple[str, str, dict[str, Any] | None]:
    """To be sent with others: the HMC need not keep the job's result. Gone already is fine."""
    return "DELETE", ended.uri, None


def look(hmc: Hmc, job_uri: str) -> Ended | None:
    """Whether the job has ended; one the HMC no longer knows has, without an error."""
    try:
        job = hmc.get(job_uri)
    except zhmcclient.HTTPError as error:
        if not faults.is_answer(error, faults.GONE):
            raise
        return Ended(job_uri, None)
    if job["status"] not in _ENDED:
        return None
    status = job.get("job-status-code") or 0
    if status < 400:
        return Ended(job_uri, None)
    values = {
        "http-status": status,
        "reason": job.get("job-reason-code", 0),
        "message": (job.get("job-results") or {}).get("message", "no message"),
        "request-method": "POST",
        "request-uri": job_uri,
    }
    return Ended(job_uri, zhmcclient.HTTPError(values))


def _cancel(hmc: Hmc, job_uri: str) -> None:
    """Ask the HMC to give up a start or stop, so that the partition leaves its transition."""
    try:
        hmc.post(f"{job_uri}/operations/cancel")
    except zhmcclient.HTTPError as error:
        # Too late to cancel, or gone: either way the status tells what the job has done.
        if error.http_status not in (404, 409):
            raise
