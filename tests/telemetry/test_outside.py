"""Calls of drivers are timed by how they end, and drivers stay what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
import zhmcclient

from moorage import errors
from moorage.compute.ports import GuestInventory, Hypervisor
from moorage.drivers.dpm.sessions import Hmc
from moorage.drivers.sim import SimDriver
from moorage.telemetry import durations
from moorage.telemetry.outside import measured


class Flaky:
    """Ends as it is told."""

    def call(self, error: Exception | None = None) -> str:
        if error is not None:
            raise error
        return "done"


def count(system: str, driver: str, result: str) -> int:
    """Calls that ended so, since the process started."""
    wanted = {("system", system), ("driver", driver), ("result", result)}
    return sum(sum(series.counts) for (_, labels), series in durations.values().items() if wanted <= set(labels))


@pytest.mark.parametrize(
    ("error", "result"),
    [(None, "ok"), (errors.Unknown("?"), "unknown"), (errors.Refused("no"), "refused"), (ValueError("bug"), "error")],
)
def test_each_end_of_a_call_is_counted_as_what_it_is(error: Exception | None, result: str) -> None:
    driver, before = measured(Flaky(), "storage", "flaky"), count("storage", "flaky", result)
    if error is None:
        assert driver.call() == "done"
    else:
        with pytest.raises(type(error)):
            driver.call(error)
    assert count("storage", "flaky", result) == before + 1


def test_a_measured_driver_still_shows_what_it_can_do(tmp_path: Path) -> None:
    driver: Hypervisor = measured(SimDriver(tmp_path / "guests.db"), "hypervisor", "sim")
    assert isinstance(driver, GuestInventory)
    assert driver.capabilities.rescue
    assert not isinstance(measured(Flaky(), "storage", "flaky"), GuestInventory)


def test_answers_of_the_hmc_count_as_what_they_mean() -> None:
    def get(uri: str, renew_session: bool) -> None:
        status = {"http-status": 404, "reason": 1, "message": "", "request-method": "GET", "request-uri": uri}
        raise zhmcclient.HTTPError(status) if uri == "/gone" else zhmcclient.ConnectTimeout("", None, 1, 1)

    class Session:
        pass

    session = Session()
    session.get = get  # type: ignore[attr-defined]
    before = {result: count("hmc", "dpm", result) for result in ("unknown", "refused")}
    for uri in ("/gone", "/slow"):
        with pytest.raises(zhmcclient.Error):
            Hmc(session, lambda _: None).get(uri)
    assert {result: count("hmc", "dpm", result) - n for result, n in before.items()} == {"unknown": 1, "refused": 1}
