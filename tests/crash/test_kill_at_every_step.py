"""kill -9 at every step of boot and destroy, before the step's work and after it, before its record is written.

The cells are not written by hand: one undisturbed run writes down its own steps, and each of them is a cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

WHENS = ["before", "after"]


@pytest.fixture(params=["sim", "dpm", "dpm-groups"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with cloud(tmp_path, request.param) as made:
        yield made


def cells(steps: list[tuple[str, str]], kind: str) -> list[tuple[str, int]]:
    """(step, how many of the same name went before) for each step of a kind."""
    names = [step for k, step in steps if k == kind]
    return [(name, names[:n].count(name)) for n, name in enumerate(names)]


def recorded(site: Cloud) -> list[tuple[str, str]]:
    """The steps of one undisturbed boot and destroy: an existing root volume, and one made for the server."""
    root = site.volume()
    server = site.server([root], with_blank=True)
    site.wait(server, "ACTIVE")
    site.settle()
    assert site.problems() == []
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []
    return site.steps()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("when", WHENS)
def test_boot_killed_at_every_step_ends_active_or_in_error_with_nothing_left(site: Cloud, when: str) -> None:
    todo = cells(recorded(site), "boot")
    assert len(todo) >= 5, todo
    root = site.volume()
    for step, skip in todo:
        site.kill_at("boot", step, when, skip)
        server = site.server([root], with_blank=True)
        site.moorage.wait_dead()
        site.moorage.start()
        status = site.wait(server, "ACTIVE", "ERROR")
        site.settle()
        assert site.problems() == [], f"killed {when} {step}#{skip}: {status}"
        site.delete(server)
        site.wait(server, "GONE")
        site.settle()
        assert site.problems() == [], f"deleted after a kill {when} {step}#{skip}"
        assert site.volume_status(root) == "available"
        assert len(site.array()["volumes"]) == 2, "the root volumes of this test and of the recorded run"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("when", WHENS)
def test_destroy_killed_at_every_step_leaves_nothing(site: Cloud, when: str) -> None:
    todo = cells(recorded(site), "destroy")
    assert len(todo) >= 5, todo
    root = site.volume()
    for step, skip in todo:
        server = site.server([root], with_blank=True)
        site.wait(server, "ACTIVE")
        site.kill_at("destroy", step, when, skip)
        site.delete(server)
        site.moorage.wait_dead()
        site.moorage.start()
        site.wait(server, "GONE")
        site.settle()
        assert site.problems() == [], f"killed {when} {step}#{skip}"
        assert site.volume_status(root) == "available"
        assert len(site.array()["volumes"]) == 2, "the volume made for the server went with it"


def test_delete_of_a_building_server_leaves_nothing(site: Cloud) -> None:
    volume = site.volume()
    server = site.server([volume])
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []
    assert eventually(lambda: site.volume_status(volume) == "available")
