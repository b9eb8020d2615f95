"""What a server shows after its guest was seen."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from moorage.compute.guest_states import changes
from moorage.compute.model.guest import GuestState
from moorage.compute.model.server import Server

NONE: dict[str, Any] = dict.fromkeys(Server.__struct_fields__)


def server(vm_state: str, power: int, **fields: Any) -> Server:
    values = {**NONE, "id": "s", "vm_state": vm_state, "power_state": power, "launched_at": dt.datetime(2026, 1, 1)}
    return Server(**{**values, "system_metadata": {}, **fields})


def after(before: Server, power: int, fault: str = "") -> Server:
    return msgspec.structs.replace(before, **changes(before, GuestState(server_id="s", power_state=power, fault=fault)))


@pytest.mark.parametrize(
    ("vm_state", "power", "seen", "shown"),
    [
        ("active", 1, 4, ("stopped", 4)),
        ("active", 1, 6, ("stopped", 6)),
        ("stopped", 4, 1, ("active", 1)),
        ("active", 1, 1, ("active", 1)),
        ("active", 1, 0, ("active", 1)),
        ("active", 1, 3, ("active", 3)),
        ("paused", 3, 4, ("paused", 4)),
        ("rescued", 1, 4, ("rescued", 4)),
        ("resized", 1, 4, ("resized", 4)),
        ("error", 1, 4, ("error", 4)),
        ("shelved", 4, 1, ("shelved", 4)),
        ("building", 0, 1, ("building", 0)),
        ("shelved_offloaded", 4, 1, ("shelved_offloaded", 4)),
    ],
)
def test_each_state_follows_its_guest_as_far_as_it_may(
    vm_state: str, power: int, seen: int, shown: tuple[str, int]
) -> None:
    found = after(server(vm_state, power), seen)
    assert (found.vm_state, found.power_state) == shown


def test_a_server_that_never_ran_shows_what_became_of_its_boot() -> None:
    assert changes(server("active", 1, launched_at=None), GuestState(server_id="s", power_state=4)) == {}


def test_a_guest_that_cannot_run_is_an_error_with_its_words_until_it_can() -> None:
    failing = after(server("active", 1), 4, "no memory left")
    assert (failing.vm_state, failing.power_state) == ("error", 4)
    assert failing.fault is not None
    assert failing.fault["message"] == "no memory left"
    assert changes(failing, GuestState(server_id="s", power_state=4, fault="no memory left")) == {}
    well = after(failing, 1)
    assert (well.vm_state, well.power_state, well.fault, well.system_metadata) == ("active", 1, None, {})


def test_an_error_for_another_reason_is_not_ended_by_the_guest() -> None:
    broken = server("error", 4, fault={"message": "volume lost"})
    found = after(broken, 1)
    assert (found.vm_state, found.power_state, found.fault) == ("error", 1, {"message": "volume lost"})


def test_a_guest_that_runs_with_a_fault_stays_active_and_keeps_the_words() -> None:
    degraded = after(server("active", 1), 1, "adapter lost")
    assert degraded.vm_state == "active"
    assert degraded.fault is not None
    assert degraded.fault["message"] == "adapter lost"
    assert after(degraded, 1).fault is None
