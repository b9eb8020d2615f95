"""Partitions change by themselves or by their operator, and servers show it: both storage models, real processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

SLOW = "[compute]\nreconcile_interval = 3600\n"
QUICK = "[compute]\nreconcile_interval = 0.5\n"


@pytest.fixture(scope="module", params=["dpm", "dpm-groups"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("states"), request.param, more_options=SLOW) as made:
        yield made


def booted(site: Cloud) -> str:
    server_id = site.server([site.volume()])
    site.wait(server_id, "ACTIVE")
    site.settle()
    return server_id


def force(site: Cloud, server_id: str, status: str) -> None:
    assert site.hmc is not None
    (uri,) = [p["object-uri"] for p in site.partitions() if server_id in p["name"]]
    site.hmc.controls.set_partition_status(uri, status)


def status(site: Cloud, server_id: str) -> str:
    (found,) = [p["status"] for p in site.partitions() if server_id in p["name"]]
    return str(found)


@pytest.mark.long
@pytest.mark.parametrize(
    ("partition", "shown", "power"), [("paused", "SHUTOFF", 4), ("terminated", "SHUTOFF", 6), ("stopped", "SHUTOFF", 4)]
)
def test_a_guest_that_stops_itself_is_shutoff_within_two_seconds_and_starts_again(
    site: Cloud, partition: str, shown: str, power: int
) -> None:
    server_id = booted(site)
    force(site, server_id, partition)
    site.wait(server_id, shown, timeout_s=2)
    assert site.show(server_id)["OS-EXT-STS:power_state"] == power
    assert site.act(server_id, "os-start").status_code == 202
    site.wait(server_id, "ACTIVE")
    site.settle()
    assert status(site, server_id) == "active"
    force(site, server_id, partition)
    site.wait(server_id, shown, timeout_s=2)
    assert site.act(server_id, "reboot", {"type": "HARD"}).status_code == 202
    site.wait(server_id, "ACTIVE")
    site.settle()
    force(site, server_id, partition)
    site.wait(server_id, shown, timeout_s=2)
    site.delete(server_id)
    site.wait(server_id, "GONE")
    site.settle()
    assert site.problems() == []


def test_a_partition_without_its_resources_is_an_error_that_stop_reboot_and_delete_lead_out_of(site: Cloud) -> None:
    server_id = booted(site)
    force(site, server_id, "reservation-error")
    site.wait(server_id, "ERROR", timeout_s=2)
    shown = site.show(server_id)
    assert "could not be reserved" in shown["fault"]["message"]
    assert shown["OS-EXT-STS:power_state"] == 4
    assert site.act(server_id, "os-stop").status_code == 202
    site.wait(server_id, "SHUTOFF")
    site.settle()
    assert site.act(server_id, "os-start").status_code == 202
    site.wait(server_id, "ACTIVE")
    site.settle()
    force(site, server_id, "reservation-error")
    site.wait(server_id, "ERROR", timeout_s=2)
    assert site.act(server_id, "reboot", {"type": "HARD"}).status_code == 202
    site.wait(server_id, "ACTIVE")
    site.settle()
    assert "fault" not in site.show(server_id)
    force(site, server_id, "reservation-error")
    site.wait(server_id, "ERROR", timeout_s=2)
    site.delete(server_id)
    site.wait(server_id, "GONE")
    site.settle()
    assert site.problems() == []


@pytest.mark.long
def test_a_degraded_partition_runs_and_stops_on_request(site: Cloud) -> None:
    server_id = booted(site)
    force(site, server_id, "degraded")
    assert site.act(server_id, "os-stop").status_code == 202
    site.wait(server_id, "SHUTOFF")
    site.delete(server_id)
    site.wait(server_id, "GONE")


def test_a_partition_started_at_the_hmc_is_active(site: Cloud) -> None:
    server_id = booted(site)
    site.act(server_id, "os-stop")
    site.wait(server_id, "SHUTOFF")
    site.settle()
    force(site, server_id, "active")
    site.wait(server_id, "ACTIVE", timeout_s=2)


@pytest.mark.long
def test_a_lost_notification_is_caught_by_the_reconcile(tmp_path_factory: pytest.TempPathFactory) -> None:
    with cloud(tmp_path_factory.mktemp("lost"), "dpm-groups", more_options=QUICK) as site:
        server_id = booted(site)
        assert site.hmc is not None
        site.hmc.controls.set_notifications("lose")
        force(site, server_id, "paused")
        eventually(lambda: site.show(server_id)["status"] == "SHUTOFF", 5)
