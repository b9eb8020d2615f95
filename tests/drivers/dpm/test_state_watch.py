"""The HMC's status notifications reach the driver, on both storage models; what it misses is one request away."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moorage import errors
from moorage.compute.model.guest import Guest, GuestState
from moorage.compute.ports import StateSource
from moorage.drivers.dpm import DpmDriver
from tests.drivers.dpm.conftest import Bench, booted
from tests.support.process import eventually


@pytest.fixture(params=["Z13", "Z16"])
def driver(request: pytest.FixtureRequest, bench: Bench, make_driver: Callable[..., DpmDriver]) -> DpmDriver:
    return make_driver(**bench.machine(request.param))


@pytest.mark.parametrize(
    ("status", "power", "words"),
    [
        ("paused", 4, ""), ("terminated", 6, ""), ("stopped", 4, ""), ("degraded", 1, "adapter"),
        ("reservation-error", 4, "could not be reserved"), ("status-check", 0, ""),
    ],
)  # fmt: skip
def test_a_status_change_is_told_within_a_second(
    status: str, power: int, words: str, bench: Bench, driver: DpmDriver, guest: Guest
) -> None:
    assert isinstance(driver, StateSource)
    guest, _ = booted(bench, driver, guest)
    told: list[GuestState] = []
    driver.watch(told.append)
    eventually(lambda: [state for state in told if state.server_id == guest.id and state.power_state == 1])
    bench.force_status(guest, status)
    last = eventually(lambda: told[-1] if told[-1].power_state == power and words in told[-1].fault else None, 1)
    assert last.server_id == guest.id
    assert bool(last.fault) == bool(words)
    (seen,) = driver.states_of([guest.id, "no-such-server"])
    assert seen == last


def test_one_request_tells_the_states_of_all(bench: Bench, driver: DpmDriver, guest: Guest) -> None:
    guest, _ = booted(bench, driver, guest)
    bench.calls()
    assert [state.server_id for state in driver.states_of([guest.id] * 40)] == [guest.id] * 40
    assert len(bench.calls()) == 1


def test_a_boot_costs_no_request_more_while_states_are_told(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest
) -> None:
    def requests(driver: DpmDriver, number: int) -> int:
        wanted = Guest(id=f"{guest.id[:-1]}{number}", name="x", vcpus=1, memory_mib=512)
        bench.calls()
        booted(bench, driver, wanted)
        return len([call for call in bench.calls() if "/jobs/" not in call])

    quiet, told = make_driver(**bench.machine("Z16")), make_driver(**bench.machine("Z16"))
    heard: list[GuestState] = []
    for driver in (quiet, told):  # each asks once for its machine's storage model
        driver.states_of([guest.id])
    told.watch(heard.append)
    other = Guest(id=f"{guest.id[:-1]}3", name="y", vcpus=1, memory_mib=512)
    booted(bench, quiet, other)
    eventually(lambda: heard)
    assert requests(told, 1) == requests(quiet, 2)


def test_an_hmc_that_does_not_answer_is_unknown(make_driver: Callable[..., DpmDriver], free_port: int) -> None:
    with pytest.raises(errors.Unknown):
        make_driver(hmc_port=free_port, connect_timeout_s=1).states_of(["x"])
