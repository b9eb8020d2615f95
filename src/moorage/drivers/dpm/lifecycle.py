"""How is a partition brought from any status to stopped, absent or running?

Each round reads the status, does one act and reads again: a 409,1 only means that somebody was quicker.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import zhmcclient

from moorage import errors
from moorage.drivers.dpm import faults, statuses
from moorage.drivers.dpm.jobs import JobRunner
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.partitions import Partition, read
from moorage.drivers.dpm.sessions import Hmc
from moorage.drivers.dpm.statuses import Act, Goal

_ROUNDS = 8
"""Enough for wait, stop, start and a few lost races; more would mean two parties work against each other."""


class Lifecycle:
    """Starts, stops and deletes partitions."""

    def __init__(self, settings: DpmSettings, jobs: JobRunner) -> None:
        self._settings = settings
        self._jobs = jobs

    def stop(self, hmc: Hmc, uri: str) -> None:
        """Stop from any status. Raises ``errors.Refused`` when the partition is gone."""
        self._reach(hmc, uri, Goal.STOPPED)

    def delete(self, hmc: Hmc, uri: str) -> None:
        """Stop and delete from any status; gone is success."""
        self._reach(hmc, uri, Goal.ABSENT)

    def settle(self, hmc: Hmc, partition: Partition) -> None:
        """Wait for the end of a transition. Raises ``errors.Unknown`` when the HMC cannot see the partition."""
        act = statuses.next_act(partition.status, Goal.RUNNING)
        if act in (Act.WAIT, Act.BLIND):
            self._do(hmc, partition.uri, act, partition.status)

    def start(
        self,
        hmc: Hmc,
        uri: str,
        boot: dict[str, Any],
        *,
        is_any_boot_fine: bool,
        known: Partition | None = None,
    ) -> None:
        """Run with these boot properties, from any status; ``known`` is the partition if it was read just now.

        A partition that runs already is left alone if it has these properties or ``is_any_boot_fine``. After a failed
        start the partition is stopped and ``errors.Refused`` names what happened.
        """
        try:
            with faults.translated(f"start of partition {uri}"):
                self._start(hmc, uri, boot, is_any_boot_fine, known)
        except errors.Refused as failure:
            try:
                self.stop(hmc, uri)
            except (errors.OutsideError, zhmcclient.Error) as error:
                raise errors.Refused(f"{failure}; stopping it did not work either: {error}") from failure
            raise

    def _start(self, hmc: Hmc, uri: str, boot: dict[str, Any], is_any_boot_fine: bool, known: Partition | None) -> None:
        for _ in range(_ROUNDS):
            partition, known = known or _present(hmc, uri, boot), None
            act = statuses.next_act(partition.status, Goal.RUNNING)
            is_other_boot = act is Act.DONE and not is_any_boot_fine and bool(_differences(partition, boot))
            if act is Act.DONE and not is_other_boot:
                return
            if partition.status == "starting":
                # Begun by an earlier attempt that did not live to see the result.
                self._await_running(hmc, uri, self._settings.start_timeout_s)
            elif act is not Act.START:
                self._do(hmc, uri, Act.STOP if is_other_boot else act, partition.status)
            elif self._boot(hmc, partition, boot):
                return
        raise errors.Unknown(f"partition {uri} keeps changing its status: not started after {_ROUNDS} rounds")

    def _boot(self, hmc: Hmc, partition: Partition, boot: dict[str, Any]) -> bool:
        """Write the boot properties and start; False when the status did not allow it."""
        deadline = time.monotonic() + self._settings.start_timeout_s
        try:
            if changes := _differences(partition, boot):
                hmc.post(partition.uri, changes)
            self._jobs.run(hmc, f"{partition.uri}/operations/start", self._settings.start_timeout_s)
        except zhmcclient.HTTPError as error:
            if faults.is_answer(error, faults.WRONG_STATUS):
                return False
            if faults.is_answer(error, faults.LOAD_FAILED):
                text = f"the operating system failed to load (409,131: {error.message})"
                raise errors.Refused(f"partition {partition.uri}: {text}") from error
            raise
        self._await_running(hmc, partition.uri, deadline - time.monotonic())
        return True

    def _await_running(self, hmc: Hmc, uri: str, timeout_s: float) -> None:
        """Judge a start by the status it leads to; looks at least once."""
        status = _present(hmc, uri).status
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
                raise errors.Refused(f"partition {uri} did not boot: its status became {status}")
            time.sleep(pause_s)
            status = _present(hmc, uri).status
        if status not in statuses.RUNNING:
            raise errors.Refused(
                f"partition {uri} did not boot: still {status} after {self._settings.start_timeout_s} s"
            )

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


def _differences(partition: Partition, boot: dict[str, Any]) -> dict[str, Any]:
    present = {name: _comparable(partition.properties.get(name)) for name in boot}
    return boot if any(present[name] != _comparable(value) for name, value in boot.items()) else {}


def _comparable(value: Any) -> str:
    return str(value).lower()
