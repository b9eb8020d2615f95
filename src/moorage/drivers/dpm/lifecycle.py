"""How is a partition brought from any status to stopped, absent or running?

Each round reads the status, does one act and reads again: a 409,1 only means that somebody was quicker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import zhmcclient

from moorage import errors
from moorage.drivers.dpm import faults, jobs, os_messages, statuses
from moorage.drivers.dpm.jobs import Ended, JobRunner
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.partitions import Partition, read
from moorage.drivers.dpm.sessions import Hmc
from moorage.drivers.dpm.statuses import Act, Goal

_ROUNDS = 8
"""Enough for wait, stop, start and a few lost races; more would mean two parties work against each other."""


class BootFailed(errors.Refused):
    """A start did not lead to a running system, and what loader and system wrote."""

    def __init__(self, message: str, said: list[str]) -> None:
        super().__init__(message)
        self.said = said


def failed_job(error: zhmcclient.HTTPError) -> str:
    """How the job of a start ended, in words."""
    said = f"{error.http_status},{error.reason}: {error.message}"
    if faults.is_answer(error, faults.LOAD_FAILED):
        return f"the operating system failed to load ({said})"
    return f"the start ended in {said}"


class Lifecycle:
    """Starts, stops and deletes partitions."""

    def __init__(self, settings: DpmSettings, runner: JobRunner) -> None:
        self._settings = settings
        self._jobs = runner

    def stop(self, hmc: Hmc, uri: str) -> None:
        """Stop from any status. Raises ``errors.Refused`` when the partition is gone."""
        self._reach(hmc, uri, Goal.STOPPED)

    def delete(self, hmc: Hmc, uri: str) -> None:
        """Stop and delete from any status; gone is success."""
        self._reach(hmc, uri, Goal.ABSENT)

    def settled(self, hmc: Hmc, partition: Partition, names: Iterable[str]) -> Partition:
        """The partition at rest or running, with the properties named; a start or stop under way is waited for.

        Raises ``errors.Unknown`` when the HMC cannot see the partition.
        """
        act = statuses.next_act(partition.status, Goal.RUNNING)
        if act not in (Act.WAIT, Act.BLIND):
            return partition
        self._do(hmc, partition.uri, act, partition.status)
        return _present(hmc, partition.uri, names)

    def start(self, hmc: Hmc, uri: str, begun: Callable[[str], None]) -> None:
        """Start a stopped partition once, as its boot properties say.

        ``begun`` is told the job's URI. Raises ``BootFailed`` with what was seen when it does not run after a grace
        time; it may hold resources then.
        """
        deadline = time.monotonic() + self._settings.start_timeout_s
        try:
            ended = self._jobs.outcome(hmc, f"{uri}/operations/start", self._settings.start_timeout_s, begun)
        except zhmcclient.HTTPError as error:
            if not faults.is_answer(error, faults.WRONG_STATUS):
                raise
            # Somebody was quicker, or this start's answer was lost: the status tells.
            self._await_running(hmc, uri, deadline - time.monotonic())
            return
        if ended is None:
            raise BootFailed(f"still starting after {self._settings.start_timeout_s} s", [])
        self._judge(hmc, uri, ended, deadline)

    def _judge(self, hmc: Hmc, uri: str, ended: Ended, deadline: float) -> None:
        """One look after the grace time, at the status and at what loader and system wrote; the job is forgotten."""
        if ended.error is None:
            time.sleep(self._settings.boot_grace_s)
        status_uri = f"{uri}?properties=name,status"
        asked = [jobs.forget(ended), ("GET", status_uri, None), os_messages.request(uri)]
        _, looked, written = hmc.submit(asked)
        said = os_messages.lines(written)
        if ended.error is not None:
            raise BootFailed(failed_job(ended.error), said)
        if error := faults.of_answer(looked, status_uri):
            raise error
        if looked["body"]["status"] not in statuses.RUNNING:
            self._await_running(hmc, uri, deadline - time.monotonic(), str(looked["body"]["status"]))
        elif complaint := os_messages.loader_error(said, self._settings.loader_error_pattern):
            raise BootFailed(f"status active, but the loader wrote: {complaint}", said)

    def _await_running(self, hmc: Hmc, uri: str, timeout_s: float, seen: str = "") -> None:
        """Judge a start by the status it leads to; looks at least once. ``seen`` is the status read just now."""
        status = seen or _present(hmc, uri).status
        paused_until = time.monotonic() + self._settings.paused_grace_s
        for pause_s in self._jobs.pauses(timeout_s):
            if status in statuses.RUNNING:
                return
            if status == "starting":
                paused_until = time.monotonic() + self._settings.paused_grace_s
            elif statuses.next_act(status, Goal.RUNNING) is Act.BLIND:
                raise errors.Unknown(f"partition {uri} is starting, but the HMC cannot see it: status {status}")
            # "paused" may be read for some seconds after the job of a good start (zhmcclient, Partition.start).
            elif status != "paused" or time.monotonic() >= paused_until:
                raise BootFailed(f"its status became {status}", os_messages.newest(hmc, uri))
            time.sleep(pause_s)
            status = _present(hmc, uri).status
        if status not in statuses.RUNNING:
            raise BootFailed(f"still {status} after {self._settings.start_timeout_s} s", [])

    def _reach(self, hmc: Hmc, uri: str, goal: Goal) -> None:
        for _ in range(_ROUNDS):
            partition = read(hmc, uri) if goal is Goal.ABSENT else _present(hmc, uri)
            if partition is None:
                return
            act = statuses.next_act(partition.status, goal)
            if act is Act.DONE or self._do(hmc, uri, act, partition.status):
                return
        raise errors.Unknown(f"partition {uri} keeps changing its status: not {goal.value} after {_ROUNDS} rounds")

    def _do(self, hmc: Hmc, uri: str, act: Act, status: str) -> bool:
        """One act short of a start; True when the partition is deleted and nothing is left to do."""
        if act is Act.BLIND:
            raise errors.Unknown(f"the HMC cannot see partition {uri} (status {status}): nothing was done")
        if act is Act.WAIT:
            self._await_settled(hmc, uri, status)
            return False
        try:
            if act is Act.DELETE:
                hmc.delete(uri)
                return True
            if not self._jobs.run(hmc, f"{uri}/operations/stop", self._settings.stop_timeout_s):
                raise errors.Unknown(f"partition {uri} did not stop within {self._settings.stop_timeout_s} s")
        except zhmcclient.HTTPError as error:
            if act is Act.DELETE and faults.is_missing(error):
                return True
            if not faults.is_answer(error, faults.WRONG_STATUS):
                raise
        return False

    def _await_settled(self, hmc: Hmc, uri: str, status: str) -> None:
        timeout_s = self._settings.start_timeout_s if status == "starting" else self._settings.stop_timeout_s
        for pause_s in self._jobs.pauses(timeout_s):
            time.sleep(pause_s)
            partition = read(hmc, uri)
            if partition is None or partition.status not in statuses.MOVING:
                return
        raise errors.Unknown(f"partition {uri} is still {status} after {timeout_s} s")


def _present(hmc: Hmc, uri: str, names: Iterable[str] = ()) -> Partition:
    partition = read(hmc, uri, names)
    if partition is None:
        raise errors.Refused(f"partition {uri} does not exist any more")
    return partition
