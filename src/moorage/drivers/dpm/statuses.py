"""What does each partition status allow, and what power state does it show?

Sources: "Partition data model" of IBM's HMC Web Services API and the status table of zhmc-ansible-modules
(``plugins/module_utils/common.py``).
"""

from __future__ import annotations

import enum

STOPPED = frozenset({"stopped", "reservation-error"})
"""Start and delete are allowed; stop is refused."""

RUNNING = frozenset({"active", "degraded"})

HALTED = frozenset({"paused", "terminated"})
"""Resources are held although nothing runs: start and delete are refused until a stop."""

MOVING = frozenset({"starting", "stopping"})
"""Everything is refused, so wait."""


class Goal(enum.Enum):
    RUNNING = "running"
    STOPPED = "stopped"
    ABSENT = "absent"


class Act(enum.Enum):
    DONE = "done"
    START = "start"
    STOP = "stop"
    DELETE = "delete"
    WAIT = "wait"
    BLIND = "blind"
    """The HMC cannot see the partition (communications-not-active, status-check): never act on that."""


_REST_ACTS = {Goal.RUNNING: Act.START, Goal.STOPPED: Act.DONE, Goal.ABSENT: Act.DELETE}

# Nova: 0 NOSTATE (Nova keeps the last one), 1 RUNNING, 4 SHUTDOWN, 6 CRASHED.
# "terminated" covers a crash and a shutdown alike. A system that shuts itself down reads "paused" on z13, so
# "terminated" is shown as a crash.
_POWER_STATES = {"active": 1, "degraded": 1, "stopped": 4, "reservation-error": 4, "paused": 4, "terminated": 6}


_FAULTS = {
    "degraded": "The partition runs, but an adapter or another resource of it is lost (status degraded).",
    "reservation-error": "The partition does not run: its resources could not be reserved (status reservation-error).",
}


def fault(status: str) -> str:
    """Why a partition cannot do its work, in words for its user; empty where the power state says it all."""
    return _FAULTS.get(status, "")


def next_act(status: str, goal: Goal) -> Act:
    """The next thing to do on the way from a status to a goal."""
    if status in STOPPED:
        return _REST_ACTS[goal]
    if status in RUNNING:
        return Act.DONE if goal is Goal.RUNNING else Act.STOP
    if status in HALTED:
        return Act.STOP
    return Act.WAIT if status in MOVING else Act.BLIND


def power_state(status: str) -> int:
    """Nova's power state for a partition status."""
    return _POWER_STATES.get(status, 0)
