"""Which path does a partition start by, and what is tried next if it does not?

Every path is on record before it is taken. A try that an earlier attempt did not see the end of is judged first, so
after a crash the start goes on with the path it had come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

import zhmcclient

from moorage import errors
from moorage.compute.model.guest import Try
from moorage.compute.ports import StartLog
from moorage.drivers.dpm import boot_path, faults, jobs, statuses
from moorage.drivers.dpm.boot_path import Path
from moorage.drivers.dpm.lifecycle import BootFailed, Lifecycle, failed_job
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.partitions import Partition
from moorage.drivers.dpm.sessions import Hmc

_JOB = "job "
_RUNS = "running"


class NoStartLog:
    """Implements ``compute.ports.StartLog`` by remembering nothing: for a driver outside of operations."""

    def tries(self, server_id: str) -> list[Try]:  # noqa: ARG002
        return []

    def begin(self, server_id: str, way: str) -> str:  # noqa: ARG002
        return ""

    def note(self, try_id: str, text: str) -> None:
        pass

    def end(self, try_id: str, *, is_running: bool, said: str, is_last: bool = False) -> None:
        pass


class Start(NamedTuple):
    """A stopped partition that is to be started: ``prepare`` sets it up for a path."""

    server_id: str
    uri: str
    paths: list[Path]
    dead: Mapping[Path, str]
    """Paths that are not tried, and why."""
    prepare: Callable[[Path], None]


class Failover:
    """Starts partitions by the first path that leads to a running system."""

    def __init__(self, settings: DpmSettings, lifecycle: Lifecycle, log: StartLog) -> None:
        self._settings = settings
        self._lifecycle = lifecycle
        self.log = log

    def take_up(self, hmc: Hmc, server_id: str, partition: Partition) -> None:
        """Judge the try that was under way when an earlier attempt ended, by the partition as it is now."""
        left = [each for each in self.log.tries(server_id) if each.is_open]
        for each in left:
            if partition.status in statuses.RUNNING:
                self.log.end(each.id, is_running=True, said=_RUNS)
            elif reason := _reason(hmc, each, partition):
                self.log.end(each.id, is_running=False, said=reason)

    def run(self, hmc: Hmc, start: Start) -> None:
        """Raises ``errors.Refused`` with the reason of each path, the partition stopped, when none is left."""
        tries = self.log.tries(start.server_id)
        reasons = {each.way: each.notes[-1] if each.notes else "no result" for each in tries if not each.is_open}
        open_try = next((each for each in tries if each.is_open), None)
        left = self._left(start, tries)
        if open_try is not None and (not left or str(left[0]) != open_try.way):
            self.log.end(open_try.id, is_running=False, said="not usable any more")
            open_try = None
        for number, path in enumerate(left):
            attempt = open_try.id if open_try is not None else self.log.begin(start.server_id, str(path))
            open_try = None
            if number == 0:
                self._note_dead(attempt, start)
            reason = self._attempt(hmc, start, path, attempt, is_last=number == len(left) - 1)
            if reason is None:
                return
            reasons[str(path)] = reason
        reasons |= {str(path): reason for path, reason in start.dead.items()}
        raise boot_path.no_path("the server did not start by any of its", reasons)

    def _left(self, start: Start, tries: list[Try]) -> list[Path]:
        """All paths in all rounds but those tried already; the one under way stays the first."""
        used = Counter(each.way for each in tries if not each.is_open)
        left = []
        for path in start.paths * self._settings.boot_rounds:
            if used[str(path)] > 0:
                used[str(path)] -= 1
            else:
                left.append(path)
        return left

    def _note_dead(self, attempt: str, start: Start) -> None:
        for path, reason in start.dead.items():
            self.log.note(attempt, f"not tried: {path}: {reason}")

    def _attempt(self, hmc: Hmc, start: Start, path: Path, attempt: str, *, is_last: bool) -> str | None:
        """None when it runs, else why not; the partition is stopped then."""
        try:
            with faults.translated(f"start of partition {start.uri}"):
                start.prepare(path)
                self._lifecycle.start(hmc, start.uri, lambda job: self.log.note(attempt, f"{_JOB}{job}"))
        except BootFailed as failure:
            self._stop(hmc, start, attempt, failure)
            reason = failure.message
            self.log.end(attempt, is_running=False, said="\n".join([*failure.said, reason]), is_last=is_last)
            return reason
        except errors.Refused as failure:
            self._stop(hmc, start, attempt, failure)
            self.log.end(attempt, is_running=False, said=failure.message, is_last=True)
            raise
        self.log.end(attempt, is_running=True, said=_RUNS)
        return None

    def _stop(self, hmc: Hmc, start: Start, attempt: str, failure: errors.Refused) -> None:
        try:
            self._lifecycle.stop(hmc, start.uri)
        except (errors.OutsideError, zhmcclient.Error) as error:
            said = f"{failure.message}; stopping it did not work either: {error}"
            self.log.end(attempt, is_running=False, said=said, is_last=True)
            raise errors.Refused(f"partition {start.uri}: {said}") from failure


def _reason(hmc: Hmc, left: Try, partition: Partition) -> str | None:
    """Why the try failed, None if it cannot be told: then the path is taken once more."""
    job = next((note.removeprefix(_JOB) for note in left.notes if note.startswith(_JOB)), None)
    ended = jobs.look(hmc, job) if job else None
    if ended is not None:
        hmc.submit([jobs.forget(ended)])
        if ended.error is not None:
            return failed_job(ended.error)
    is_halted = partition.status in statuses.HALTED or partition.status == "reservation-error"
    return f"its status became {partition.status}" if is_halted else None
