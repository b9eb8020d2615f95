"""A server boots by whatever path is left, says by which and why not by the others, and ends in ERROR when none is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from moorage.operations.start_log import EVENT, LAST
from tests.support.clouds import Cloud, cloud
from tests.support.partitions import boot_path, paths_of

JSON = ("-f", "json")


@pytest.fixture(scope="module", params=["dpm", "dpm-groups"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A z13 with HBAs, and a z16 with storage groups: two adapters, each with two targets."""
    with cloud(tmp_path_factory.mktemp(request.param), request.param) as made:
        yield made


@pytest.fixture(scope="module")
def paths(site: Cloud) -> list[tuple[str, str]]:
    """(adapter port, target) of every path, in the order in which they are tried."""
    server = site.server([site.volume("probe")])
    site.wait(server, "ACTIVE")
    found = paths_of(state(site), site.array(), server)
    gone(site, server)
    assert len(found) == 4
    return found


def state(site: Cloud) -> dict[str, Any]:
    assert site.hmc is not None
    return site.hmc.controls.state()


def script(site: Cloud, paths: list[tuple[str, str]], outcome: str | None) -> None:
    assert site.hmc is not None
    for port, target in paths:
        site.hmc.controls.set_path_outcome(port, target, outcome)


def gone(site: Cloud, server: str) -> None:
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []


def in_full(site: Cloud, server: str) -> str:
    """The fault's details, which administrators see; users see the first 255 characters."""
    shown = site.moorage.call("GET", "compute", f"/servers/{server}", version="2.67", cloud="moorage-admin")
    return str(shown.json()["server"]["fault"]["details"])


def tries(site: Cloud, server: str) -> list[dict[str, Any]]:
    """The events of the newest action that tell of a path, oldest first, as an administrator sees them."""
    where = f"/servers/{server}/os-instance-actions"
    (newest, *_) = site.moorage.call("GET", "compute", where, version="2.84").json()["instanceActions"]
    shown = site.moorage.call(
        "GET", "compute", f"{where}/{newest['request_id']}", version="2.84", cloud="moorage-admin"
    ).json()["instanceAction"]
    return [event for event in reversed(shown["events"]) if event["event"] == EVENT]


def test_it_boots_by_the_fourth_path_and_the_action_tells_of_all(site: Cloud, paths: list[tuple[str, str]]) -> None:
    volume = site.volume()
    script(site, paths[:3], "load-failed")
    server = site.server([volume])
    assert site.wait(server, "ACTIVE", "ERROR") == "ACTIVE"
    script(site, paths[:3], None)
    used = boot_path(state(site), server)
    assert (used.port, used.target) == paths[3]
    found = tries(site, server)
    assert [event["result"] for event in found] == ["Error"] * 3 + ["Success"]
    for event, (port, target) in zip(found, paths, strict=True):
        assert f"on {port} to {target} LUN {used.lun}" in event["details"].splitlines()[0]
        assert event["start_time"] <= event["finish_time"]
    assert "409,131" in found[0]["details"].splitlines()[-1]
    assert found[3]["details"].splitlines()[-1] == "running"
    gone(site, server)


def test_four_dead_paths_end_in_error_with_four_reasons_and_no_partition_running(
    site: Cloud, paths: list[tuple[str, str]]
) -> None:
    volume = site.volume()
    outcomes = ["load-failed", "terminated", "paused", "load-failed"]
    for path, outcome in zip(paths, outcomes, strict=True):
        script(site, [path], outcome)
    server = site.server([volume])
    assert site.wait(server, "ACTIVE", "ERROR") == "ERROR"
    script(site, paths, None)
    site.settle()
    message = in_full(site, server)
    for port, target in paths:
        assert f"on {port} to {target}" in message
    short = site.show(server)["fault"]["message"]
    assert [f" {number}. " in short for number in range(1, 5)] == [True] * 4, short
    assert short.count("409,131") == 2
    message = message.partition("In full: ")[2]
    assert message.count("409,131") == 2
    assert "its status became terminated" in message
    assert "its status became paused" in message
    assert tries(site, server)[-1]["details"].endswith(LAST)
    assert site.partitions() == []
    assert site.storage_groups() == []
    assert site.volume_status(volume) == "available"
    gone(site, server)


def test_paths_dead_at_the_check_end_in_error_before_any_start(site: Cloud, paths: list[tuple[str, str]]) -> None:
    volume = site.volume()
    script(site, paths, "lun-unreachable")
    site.hmc.controls.clear_requests()  # type: ignore[union-attr]
    server = site.server([volume])
    assert site.wait(server, "ACTIVE", "ERROR") == "ERROR"
    site.settle()
    script(site, paths, None)
    message = in_full(site, server)
    assert all(f"on {port} to {target}" in message for port, target in paths)
    if site.driver == "dpm-groups":
        asked = [entry["uri"] for entry in site.hmc.controls.requests()]  # type: ignore[union-attr]
        assert not [uri for uri in asked if uri.endswith("/operations/start")]
        assert site.show(server)["fault"]["message"].count("(409,485)") == 4
    gone(site, server)


def test_a_path_lost_while_the_server_runs_is_not_tried_at_the_next_start(
    site: Cloud, paths: list[tuple[str, str]]
) -> None:
    server = site.server([site.volume()])
    site.wait(server, "ACTIVE")
    site.moorage.openstack("server", "stop", server)
    site.wait(server, "SHUTOFF")
    script(site, paths[:1], "target-unreachable")
    site.moorage.openstack("server", "start", server)
    site.wait(server, "ACTIVE")
    script(site, paths[:1], None)
    used = boot_path(state(site), server)
    assert (used.port, used.target) == paths[1]
    assert tries(site, server)[-1]["result"] == "Success"
    gone(site, server)


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("outcome", ["target-unreachable", "load-failed"])
def test_every_combination_of_dead_paths(site: Cloud, paths: list[tuple[str, str]], outcome: str) -> None:
    volume = site.volume()
    for count in range(1, 5):
        for dead in itertools.combinations(paths, count):
            script(site, list(dead), outcome)
            server = site.server([volume])
            status = site.wait(server, "ACTIVE", "ERROR")
            site.settle()
            script(site, list(dead), None)
            assert status == ("ACTIVE" if count < 4 else "ERROR"), dead
            if status == "ACTIVE":
                used = boot_path(state(site), server)
                assert (used.port, used.target) == next(path for path in paths if path not in dead)
            else:
                message = in_full(site, server)
                assert all(f"on {port} to {target}" in message for port, target in paths)
                assert site.partitions() == []
            assert site.problems() == [], dead
            gone(site, server)


def test_the_console_shows_what_the_system_wrote_where_the_machine_has_messages(site: Cloud) -> None:
    server = site.server([site.volume()])
    site.wait(server, "ACTIVE")
    done = site.moorage.openstack("console", "log", "show", server, check=False)
    if site.driver == "dpm-groups":
        assert "Linux version" in done.stdout
    else:
        assert "2.14" in done.stderr
        assert site.act(server, "os-getConsoleOutput", {}).status_code == 501
    gone(site, server)
