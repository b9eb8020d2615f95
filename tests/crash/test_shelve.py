"""kill -9 at every step of offload and unshelve, lost answers, and outside systems that stay silent.

The server has a root volume, a data volume, and one that was attached while it was offloaded: in use without a
connector or device name. Whatever happens, it ends ACTIVE with all three or SHELVED_OFFLOADED with nothing mapped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moorage.attachments import service as attachments
from moorage.store import Store
from moorage.store.database import sqlite_url
from tests.crash.test_kill_at_every_step import cells
from tests.crash.test_lost_replies import REQUESTS, hmc_of, requests
from tests.support import invariants
from tests.support.clouds import Cloud, cloud


@pytest.fixture(params=["sim", "dpm", "dpm-groups"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with cloud(tmp_path, request.param) as made:
        yield made


@pytest.fixture(params=[("sim", "before"), ("sim", "after"), ("dpm", "after"), ("dpm-groups", "after")], ids="-".join)
def cell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Cloud, str]]:
    """A cloud, and whether to kill before a step's work or after it. On dpm the steps are the same ones."""
    driver, when = request.param
    with cloud(tmp_path, driver) as made:
        yield made, when


@pytest.fixture
def dpm(tmp_path: Path) -> Iterator[Cloud]:
    with cloud(tmp_path, "dpm") as made:
        yield made


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Cloud]:
    """A z16 where shelved servers keep their storage groups."""
    with cloud(tmp_path, "dpm-groups", more_options="keep_groups_of_shelved = true\n") as made:
        yield made


def attach_offloaded(site: Cloud, server: str, volume: str) -> None:
    """What attaching to an offloaded server writes: in use, no connector, no device name."""
    store = Store(sqlite_url(site.data_dir / "moorage.db"))
    with store.write() as tx:
        project = attachments.of_server(tx, server)[0].project_id
        row = attachments.add_disk(
            tx, project_id=project, server_id=server, source_type="volume", destination_type="volume", source_id=volume
        )
        attachments.reserve(tx, volume, project_id=project, server_id=server, row_id=row)
        attachments.complete(tx, row)
    store.close()


def disks(site: Cloud, server: str) -> list[dict[str, Any]]:
    """The rows of a server's disks, without the time of the last change."""
    found = invariants.rows(site.data_dir / "moorage.db", f"SELECT * FROM attachments WHERE server_id = '{server}'")
    return [{key: value for key, value in row.items() if key != "updated_at"} for row in found]


def offloaded(site: Cloud) -> tuple[str, list[str]]:
    """An offloaded server with the three volumes of this module."""
    volumes = [site.volume(), site.volume(), site.volume()]
    server = site.server(volumes[:2])
    site.wait(server, "ACTIVE")
    shelve(site, server)
    attach_offloaded(site, server, volumes[2])
    assert site.problems() == []
    return server, volumes


def shelve(site: Cloud, server: str) -> None:
    assert site.act(server, "shelve").status_code == 202
    site.wait(server, "SHELVED_OFFLOADED")
    site.settle()
    assert site.problems() == []


def unshelve(site: Cloud, server: str, *statuses: str) -> str:
    """Ask for it; the status once nothing is under way."""
    assert site.act(server, "unshelve").status_code == 202
    site.settle()
    return site.wait(server, *(statuses or ("ACTIVE",)))


def refuse_third_connect(site: Cloud) -> None:
    site.array_faults.add("connect", "slow", times=2)
    site.array_faults.add("connect", "refuse")


def masks(site: Cloud, server: str) -> set[str]:
    return {mask["volume_id"] for mask in site.array()["masks"] if mask["host"] == server}


def test_unshelve_names_devices_and_connects_exactly_the_volumes_on_record(site: Cloud) -> None:
    server, volumes = offloaded(site)
    assert site.array()["masks"] == []
    assert site.partitions() == []
    assert [site.volume_status(volume) for volume in volumes] == ["reserved", "reserved", "in-use"]
    assert unshelve(site, server) == "ACTIVE"
    assert site.problems() == []
    assert masks(site, server) == set(volumes)
    devices = {row["volume_id"]: row["device_name"] for row in disks(site, server)}
    assert devices == dict(zip(volumes, ["/dev/vda", "/dev/vdb", "/dev/vdc"], strict=True))
    shelve(site, server)
    assert unshelve(site, server) == "ACTIVE"
    assert {row["volume_id"]: row["device_name"] for row in disks(site, server)} == devices


@pytest.mark.timeout(600)
def test_offload_killed_at_every_step_finishes(cell: tuple[Cloud, str]) -> None:
    site, when = cell
    server, _ = offloaded(site)
    todo = cells(site.steps(), "shelve_offload")
    assert len(todo) >= 6, todo
    for step, skip in todo:
        assert unshelve(site, server) == "ACTIVE"
        site.kill_at("shelve_offload", step, when, skip)
        assert site.act(server, "shelve").status_code == 202
        site.moorage.wait_dead()
        site.moorage.start()
        site.wait(server, "SHELVED_OFFLOADED")
        site.settle()
        assert site.problems() == [], f"killed {when} {step}#{skip}"
        assert masks(site, server) == set()


@pytest.mark.timeout(600)
def test_unshelve_killed_at_every_step_finishes(cell: tuple[Cloud, str]) -> None:
    site, when = cell
    server, volumes = offloaded(site)
    assert unshelve(site, server) == "ACTIVE"
    todo = cells(site.steps(), "unshelve")
    assert len(todo) >= 8, todo
    for step, skip in todo:
        shelve(site, server)
        site.kill_at("unshelve", step, when, skip)
        assert site.act(server, "unshelve").status_code == 202
        site.moorage.wait_dead()
        site.moorage.start()
        site.wait(server, "ACTIVE")
        site.settle()
        assert site.problems() == [], f"killed {when} {step}#{skip}"
        assert masks(site, server) == set(volumes)


@pytest.mark.timeout(600)
def test_a_way_back_killed_at_every_step_leaves_the_server_as_it_was(cell: tuple[Cloud, str]) -> None:
    site, when = cell
    server, volumes = offloaded(site)
    before = disks(site, server)
    refuse_third_connect(site)
    site.steps()
    assert unshelve(site, server, "SHELVED_OFFLOADED") == "SHELVED_OFFLOADED"
    assert disks(site, server) == before
    begun = site.steps()
    undoing = [cell for cell in cells(begun, "unshelve") if cell[0].startswith(("disconnect", "forget", "unname"))]
    assert len(undoing) >= 5, begun
    for step, skip in undoing:
        refuse_third_connect(site)
        site.kill_at("unshelve", step, when, skip)
        assert site.act(server, "unshelve").status_code == 202
        site.moorage.wait_dead()
        site.moorage.start()
        site.settle()
        assert site.problems() == [], f"killed {when} {step}#{skip}"
        assert disks(site, server) == before, f"killed {when} {step}#{skip}"
    assert [site.volume_status(volume) for volume in volumes] == ["reserved", "reserved", "in-use"]


def test_an_array_that_stays_silent_fails_the_unshelve_and_the_action_says_so(site: Cloud) -> None:
    server, _ = offloaded(site)
    before = disks(site, server)
    site.array_faults.add("connect", "lost-reply", times=6)
    assert unshelve(site, server, "SHELVED_OFFLOADED") == "SHELVED_OFFLOADED"
    assert site.problems() == []
    assert disks(site, server) == before
    actions = site.moorage.call("GET", "compute", f"/servers/{server}/os-instance-actions").json()["instanceActions"]
    assert (actions[0]["action"], actions[0]["message"]) == ("unshelve", "Error")
    assert unshelve(site, server) == "ACTIVE"
    assert site.problems() == []


@pytest.mark.parametrize("kind", ["fail-before", "lost-reply"])
def test_offload_outlasts_an_array_that_does_not_confirm(site: Cloud, kind: str) -> None:
    volume = site.volume()
    server = site.server([volume])
    site.wait(server, "ACTIVE")
    site.array_faults.add("disconnect", kind, times=7)
    assert site.act(server, "shelve").status_code == 202
    site.wait(server, "SHELVED_OFFLOADED", timeout_s=60)
    site.settle()
    assert site.problems() == []
    assert site.volume_status(volume) == "reserved"


def test_a_delete_during_unshelve_takes_it_back_and_leaves_nothing(site: Cloud) -> None:
    server, volumes = offloaded(site)
    site.kill_at("unshelve", "connect_disk", "after", 1)
    assert site.act(server, "unshelve").status_code == 202
    site.moorage.wait_dead()
    site.moorage.start()
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []
    assert [site.volume_status(volume) for volume in volumes] == ["available"] * 3


def test_delete_of_an_offloaded_server_frees_its_volumes(site: Cloud) -> None:
    server, volumes = offloaded(site)
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []
    assert [site.volume_status(volume) for volume in volumes] == ["available"] * 3


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
def test_each_hmc_request_of_offload_and_unshelve_may_be_lost(dpm: Cloud, kind: str) -> None:
    server, _ = offloaded(dpm)
    requests(dpm)
    assert unshelve(dpm, server) == "ACTIVE"
    of_unshelve = len(requests(dpm))
    shelve(dpm, server)
    of_offload = len(requests(dpm))
    assert of_unshelve > 5
    assert of_offload > 2
    controls = hmc_of(dpm).controls
    for number in range(of_unshelve):
        controls.add_fault(match=REQUESTS, kind=kind, skip=number)
        assert unshelve(dpm, server) == "ACTIVE"
        assert dpm.problems() == [], f"{kind} of request {number} of unshelve"
        controls.clear_faults()
        if number < of_offload:
            controls.add_fault(match=REQUESTS, kind=kind, skip=number)
        shelve(dpm, server)
        controls.clear_faults()


def wwpns(site: Cloud, server: str) -> list[str]:
    """The WWPNs on record for a server; none if it was forgotten."""
    (row,) = invariants.rows(site.data_dir / "moorage.db", f"SELECT identity FROM servers WHERE id = '{server}'")
    return list(json.loads(row["identity"])["connector"]["wwpns"]) if row["identity"] else []


def test_a_kept_group_brings_the_server_back_with_its_wwpns_and_goes_with_it(kept: Cloud) -> None:
    server, volumes = offloaded(kept)
    before = wwpns(kept, server)
    assert len(before) == 2
    assert masks(kept, server) == set()
    assert kept.partitions() == []
    (row,) = invariants.rows(kept.data_dir / "moorage.db", f"SELECT host FROM servers WHERE id = '{server}'")
    assert row["host"] is None
    assert unshelve(kept, server) == "ACTIVE"
    assert wwpns(kept, server) == before
    assert masks(kept, server) == set(volumes)
    shelve(kept, server)
    refuse_third_connect(kept)
    assert unshelve(kept, server, "SHELVED_OFFLOADED") == "SHELVED_OFFLOADED"
    assert wwpns(kept, server) == before, "a way back keeps the group too"
    assert kept.problems() == []
    kept.delete(server)
    kept.wait(server, "GONE")
    kept.settle()
    assert kept.problems() == []
    assert kept.storage_groups() == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_kept_group_survives_a_kill_at_every_step(kept: Cloud) -> None:
    server, _ = offloaded(kept)
    before = wwpns(kept, server)
    todo = [("shelve_offload", *cell) for cell in cells(kept.steps(), "shelve_offload")]
    for kind, step, skip in todo:
        assert unshelve(kept, server) == "ACTIVE"
        kept.kill_at(kind, step, "after", skip)
        assert kept.act(server, "shelve").status_code == 202
        kept.moorage.wait_dead()
        kept.moorage.start()
        kept.wait(server, "SHELVED_OFFLOADED")
        kept.settle()
        assert kept.problems() == [], f"killed after {step}#{skip}"
        assert wwpns(kept, server) == before
