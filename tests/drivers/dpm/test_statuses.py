"""The table of partition statuses."""

from __future__ import annotations

import pytest

from moorage.drivers.dpm.statuses import Act, Goal, next_act, power_state

# status: to run, to stop, to be gone, Nova's power state
TABLE = {
    "stopped": (Act.START, Act.DONE, Act.DELETE, 4),
    "starting": (Act.WAIT, Act.WAIT, Act.WAIT, 0),
    "stopping": (Act.WAIT, Act.WAIT, Act.WAIT, 0),
    "active": (Act.DONE, Act.STOP, Act.STOP, 1),
    "degraded": (Act.DONE, Act.STOP, Act.STOP, 1),
    "paused": (Act.STOP, Act.STOP, Act.STOP, 4),
    "terminated": (Act.STOP, Act.STOP, Act.STOP, 6),
    "reservation-error": (Act.START, Act.DONE, Act.DELETE, 4),
    "communications-not-active": (Act.BLIND, Act.BLIND, Act.BLIND, 0),
    "status-check": (Act.BLIND, Act.BLIND, Act.BLIND, 0),
    "a status of tomorrow": (Act.BLIND, Act.BLIND, Act.BLIND, 0),
}


@pytest.mark.parametrize("status", TABLE)
def test_each_status_has_its_next_act_and_power_state(status: str) -> None:
    goals = (Goal.RUNNING, Goal.STOPPED, Goal.ABSENT)
    assert (*(next_act(status, goal) for goal in goals), power_state(status)) == TABLE[status]
