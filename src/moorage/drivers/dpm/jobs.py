"""Has an operation that the HMC runs as a job ended, and how?

``Job.wait_for_completion`` of zhmcclient sleeps ten seconds between two looks, so the waiting is done here: a notice
ends the wait at once, and without one the pauses grow from a fifth of a second to ``poll_max_s``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import zhmcclient

from moorage.drivers.dpm import faults
from moorage.drivers.dpm.notices import JobNotices
from moorage.drivers.dpm.sessions import Hmc

_FIRST_PAUSE_S = 0.2
_ENDED = ("complete", "canceled")


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
        has_notices = self._notices.listen(hmc.session)
        job_uri = hmc.start_job(operation_uri)
        for pause_s in self.pauses(timeout_s, is_told=has_notices):
            if has_notices:
                has_notices = self._notices.wait(job_uri, pause_s)
            else:
                time.sleep(pause_s)
            if _has_ended(hmc, job_uri):
                return True
        _cancel(hmc, job_uri)
        return False

    def pauses(self, timeout_s: float, *, is_told: bool = False) -> Iterator[float]:
        """Seconds to wait before each next look until ``timeout_s`` are over.

        Growing from short ones, unless notices make looking a mere backup.
        """
        deadline = time.monotonic() + timeout_s
        pause_s = self._poll_max_s if is_told else min(_FIRST_PAUSE_S, self._poll_max_s)
        while (left_s := deadline - time.monotonic()) > 0:
            yield min(pause_s, left_s)
            pause_s = min(pause_s * 1.5, self._poll_max_s)


def _has_ended(hmc: Hmc, job_uri: str) -> bool:
    try:
        job = hmc.get(job_uri)
        if job["status"] not in _ENDED:
            return False
        hmc.delete(job_uri)
    except zhmcclient.HTTPError as error:
        if not faults.is_answer(error, faults.GONE):
            raise
        return True
    status = job.get("job-status-code") or 0
    if status >= 400:
        raise zhmcclient.HTTPError(
            {
                "http-status": status,
                "reason": job.get("job-reason-code", 0),
                "message": (job.get("job-results") or {}).get("message", "no message"),
                "request-method": "POST",
                "request-uri": job_uri,
            }
        )
    return True


def _cancel(hmc: Hmc, job_uri: str) -> None:
    """Ask the HMC to give up a start or stop, so that the partition leaves its transition."""
    try:
        hmc.post(f"{job_uri}/operations/cancel")
    except zhmcclient.HTTPError as error:
        # Too late to cancel, or gone: either way the status tells what the job has done.
        if error.http_status not in (404, 409):
            raise
