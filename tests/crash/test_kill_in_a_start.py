"""kill -9 at every request to the HMC of a start that has to fail over: the start goes on by the path it had come to.

The cells are not written by hand: one undisturbed boot writes down its own requests, and each of them is a cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.test_lost_replies import REQUESTS, hmc_of, requests
from tests.stories.test_failover import gone, script, state, tries
from tests.support.clouds import Cloud, cloud
from tests.support.partitions import boot_path, paths_of
from tests.support.process import eventually

_LONG_ENOUGH_S = 1.0
"""How long the mock sits on the request at which the process dies."""


@pytest.fixture(params=["dpm", "dpm-groups"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with cloud(tmp_path, request.param) as made:
        yield made


def kill_at_request(site: Cloud, number: int) -> None:
    """Kill the process while the HMC has its request and has not answered it."""
    controls = hmc_of(site).controls
    eventually(lambda: len(controls.requests(has_logons=False)) > number, what=f"request {number}")
    site.moorage.kill()
    controls.clear_faults()
    site.moorage.start()


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_boot_killed_at_each_hmc_request_ends_active_by_the_second_path(site: Cloud) -> None:
    volume = site.volume()
    server = site.server([volume])
    site.wait(server, "ACTIVE")
    paths = paths_of(state(site), site.array(), server)
    gone(site, server)
    script(site, paths[:1], "load-failed")
    requests(site)
    server = site.server([volume])
    site.wait(server, "ACTIVE")
    asked = requests(site)
    gone(site, server)
    first = next(number for number, call in enumerate(asked) if _begins_boot(call))
    assert len(asked) - first > 9, asked
    for number in range(first, len(asked)):
        requests(site)
        hmc_of(site).controls.add_fault(match=REQUESTS, kind="latency", skip=number, seconds=_LONG_ENOUGH_S)
        server = site.server([volume])
        kill_at_request(site, number)
        assert site.wait(server, "ACTIVE", "ERROR") == "ACTIVE", f"killed at request {number}"
        site.settle()
        assert site.problems() == [], f"killed at request {number}"
        used = boot_path(state(site), server)
        assert (used.port, used.target) == paths[1], f"killed at request {number}"
        assert most_tries(site, server) <= 2, f"killed at request {number}"
        gone(site, server)


def _begins_boot(call: str) -> bool:
    """The first request of ``boot_guest``: the identity was reserved before, which has cells of its own."""
    return ("?name=moorage" in call and "/partitions" in call) or "boot-storage-device" in call


def most_tries(site: Cloud, server: str) -> int:
    """How often one path was begun: a path under way is taken up again, not begun anew."""
    ways = Counter(event["details"].splitlines()[0] for event in tries(site, server))
    return max(ways.values())
