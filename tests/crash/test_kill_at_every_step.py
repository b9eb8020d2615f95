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


@pytest.fixture(params=["sim", "dpm"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with cloud(tmp_path, request.param) as made:
        yield made


def cells(steps: list[tuple[str, str]], kind: str) -> list[tuple[str, int]]:
    """(step, how many of the same name went before) for each step of a kind."""
    names = [step for k, step in steps if k == kind]
    return [(name, names[:n].count(name)) for n, name in enumerate(names)]


def recorded(site: Cloud) -> list[tuple[str, str]]:
    """The steps of one undisturbed boot and destroy with a boot and a data volume."""
    kept, deleted = site.volume(), site.volume()
    server = _mixed_server(site, kept, deleted)
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
    volumes = [site.volume(), site.volume()]
    for step, skip in todo:
        site.kill_at("boot", step, when, skip)
        server = site.server(volumes)
        site.moorage.wait_dead()
        site.moorage.start()
        status = site.wait(server, "ACTIVE", "ERROR")
        site.settle()
        assert site.problems() == [], f"killed {when} {step}#{skip}: {status}"
        site.delete(server)
        site.wait(server, "GONE")
        site.settle()
        assert site.problems() == [], f"deleted after a kill {when} {step}#{skip}"
        assert [site.volume_status(volume) for volume in volumes] == ["available"] * 2


@pytest.mark.timeout(600)
@pytest.mark.parametrize("when", WHENS)
def test_destroy_killed_at_every_step_leaves_nothing(site: Cloud, when: str) -> None:
    todo = cells(recorded(site), "destroy")
    assert len(todo) >= 5, todo
    kept = site.volume()
    for step, skip in todo:
        deleted = site.volume()
        server = _mixed_server(site, kept, deleted)
        site.kill_at("destroy", step, when, skip)
        site.delete(server)
        site.moorage.wait_dead()
        site.moorage.start()
        site.wait(server, "GONE")
        site.settle()
        assert site.problems() == [], f"killed {when} {step}#{skip}"
        assert (site.volume_status(kept), site.volume_status(deleted)) == ("available", "gone")


def _mixed_server(site: Cloud, kept: str, deleted: str) -> str:
    """A server that boots from ``kept`` and takes ``deleted`` with it when it goes."""
    disk = {"source_type": "volume", "destination_type": "volume"}
    mapping = [
        {**disk, "uuid": kept, "boot_index": 0},
        {**disk, "uuid": deleted, "boot_index": -1, "delete_on_termination": True},
    ]
    body = {"server": {"name": "s", "flavorRef": "5", "networks": "none", "block_device_mapping_v2": mapping}}
    made = site.moorage.call("POST", "compute", "/servers", body, version="2.67")
    server: str = made.json()["server"]["id"]
    site.wait(server, "ACTIVE")
    return server


def test_delete_of_a_building_server_leaves_nothing(site: Cloud) -> None:
    volume = site.volume()
    server = site.server([volume])
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []
    assert eventually(lambda: site.volume_status(volume) == "available")
