"""kill -9 while clusters are created, scaled and deleted: they end as asked, with nothing too many or too few."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.test_kill_at_every_step import cells
from tests.support.clouds import Cloud, cloud
from tests.support.data_processing import NETWORKS, DataProcessing

PAUSED_S = 90.0
TEN = 10


@pytest.fixture
def service(tmp_path: Path) -> Iterator[DataProcessing]:
    with cloud(tmp_path, "sim", more_options=NETWORKS) as site:
        site.lift_quotas()
        yield DataProcessing(site)


def survive(site: Cloud) -> None:
    """The process has killed itself; the next one goes on."""
    site.moorage.wait_dead()
    site.moorage.start()


def check(service: DataProcessing, names: list[str]) -> None:
    """One server, one volume and one mask a node; rows, array and hypervisor agree."""
    site = service.cloud
    site.settle(PAUSED_S)
    assert (service.servers(), service.volumes()) == (names, [f"{name}-boot" for name in names])
    assert len(site.array()["volumes"]) == len(names)
    assert len({mask["volume_id"] for mask in site.array()["masks"]}) == len(names)
    assert site.problems() == []


def nodes(cluster: str, *indexes: int) -> list[str]:
    return sorted(f"{cluster}-w-{index}" for index in indexes)


def live(service: DataProcessing, name: str) -> dict[str, list[tuple[str, int]]]:
    """A whole life undisturbed; the steps of each operation, to be killed at."""
    service.cloud.steps()
    cluster_id = service.create(name, service.node_group(count=2))
    service.wait(cluster_id, "Active")
    service.scale(cluster_id, "w", 1)
    service.wait(cluster_id, "Active")
    service.delete(cluster_id)
    service.wait(cluster_id, "GONE")
    service.cloud.settle()
    steps = service.cloud.steps()
    return {kind: cells(steps, kind) for kind in ("create_cluster", "scale_cluster", "delete_cluster")}


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_step_each_operation_ends_as_asked(service: DataProcessing, when: str) -> None:
    site = service.cloud
    todo = live(service, "c")
    assert {kind: len(found) >= 3 for kind, found in todo.items()} == dict.fromkeys(todo, True)
    for number, (step, skip) in enumerate(todo["create_cluster"]):
        name = f"a{number}"
        site.kill_at("create_cluster", step, when, skip)
        cluster_id = service.create(name, service.node_group(count=1))
        survive(site)
        service.wait(cluster_id, "Active", timeout_s=PAUSED_S)
        check(service, nodes(name, 0))
        service.delete(cluster_id)
        service.wait(cluster_id, "GONE")
    cluster_id = service.create("s", service.node_group(count=2))
    service.wait(cluster_id, "Active")
    kept = [0]
    for number, (step, skip) in enumerate(todo["scale_cluster"]):
        site.kill_at("scale_cluster", step, when, skip)
        service.scale(cluster_id, "w", 1)
        survive(site)
        service.wait(cluster_id, "Active", timeout_s=PAUSED_S)
        check(service, nodes("s", *kept))
        service.scale(cluster_id, "w", 2)
        service.wait(cluster_id, "Active")
        check(service, nodes("s", 0, number + 2))
    service.delete(cluster_id)
    service.wait(cluster_id, "GONE")
    for number, (step, skip) in enumerate(todo["delete_cluster"]):
        cluster_id = service.create(f"d{number}", service.node_group(count=1))
        service.wait(cluster_id, "Active")
        site.kill_at("delete_cluster", step, when, skip)
        service.delete(cluster_id)
        survive(site)
        service.wait(cluster_id, "GONE", timeout_s=PAUSED_S)
        check(service, [])


Moment = tuple[str, str, str, int]
"""Kind of operation, its step, before or after the step's work, how many of these go by first."""
LIVES: dict[str, list[Moment]] = {
    "some nodes are there": [
        ("boot", "boot_guest", "after", 4), ("destroy", "destroy_guest", "after", 2),
        ("create_volume", "make_content", "before", 2), ("destroy", "release_disk", "after", 4),
    ],
    "some volumes are there": [
        ("create_volume", "make_content", "after", 6), ("delete_volume", "try_discard", "after", 3),
        ("boot", "connect_disk", "after", 3), ("delete_volume", "try_discard", "before", 7),
    ],
    "some are asked for": [
        ("create_stack", "converge", "after", 0), ("update_stack", "take_away", "after", 0),
        ("update_stack", "converge", "before", 1), ("delete_stack", "take_away", "before", 1),
    ],
    "all is done but for the record": [
        ("boot", "set_active", "after", 9), ("update_stack", "complete", "before", 0),
        ("update_stack", "complete", "after", 0), ("delete_stack", "forget", "before", 0),
    ],
}  # fmt: skip
"""What it is killed at: while ten nodes are made, five are removed, five are added, and all are removed."""


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("life", LIVES)
def test_a_cluster_of_ten_killed_in_the_midst_of_create_scale_and_delete(service: DataProcessing, life: str) -> None:
    """Killed while some nodes are there and others are not, by what makes or removes single nodes and stacks."""
    site, (created, shrunk, grown, deleted) = service.cloud, LIVES[life]
    site.kill_at(*created)
    cluster_id = service.create("ten", service.node_group(count=TEN))
    survive(site)
    service.wait(cluster_id, "Active", timeout_s=PAUSED_S)
    check(service, nodes("ten", *range(TEN)))
    site.kill_at(*shrunk)
    service.scale(cluster_id, "w", 5)
    survive(site)
    service.wait(cluster_id, "Active", timeout_s=PAUSED_S)
    check(service, nodes("ten", *range(5)))
    site.kill_at(*grown)
    service.scale(cluster_id, "w", TEN)
    survive(site)
    service.wait(cluster_id, "Active", timeout_s=PAUSED_S)
    check(service, nodes("ten", *range(5), *range(TEN, TEN + 5)))
    site.kill_at(*deleted)
    service.delete(cluster_id)
    survive(site)
    service.wait(cluster_id, "GONE", timeout_s=PAUSED_S)
    check(service, [])


@pytest.mark.long
@pytest.mark.timeout(300)
def test_deleted_while_it_is_being_made_and_killed_then(service: DataProcessing) -> None:
    site = service.cloud
    site.kill_at("delete_cluster", "remove_stack", "after")
    cluster_id = service.create("x", service.node_group(count=TEN))
    service.delete(cluster_id)
    survive(site)
    service.wait(cluster_id, "GONE", timeout_s=PAUSED_S)
    check(service, [])
