"""Partitions from creation to deletion, the jobs in between, and the table of statuses."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import zhmcclient

from moorage.mock_hmc import HmcConfig, MockHmc
from tests.mock_hmc.conftest import (
    LUN,
    TARGET,
    Fabric,
    add_boot_hba,
    finish,
    make_session,
    port_uri,
    refused,
    sizes,
    start,
    status,
    stop,
)


def test_a_server_lives_from_creation_to_deletion(cpc: Any, fabric: Fabric) -> None:
    partition = cpc.partitions.create(sizes("server1"))
    hba = add_boot_hba(cpc, partition)
    fabric.paths.add((hba.get_property("wwpn"), TARGET, LUN))
    start(partition)
    assert status(partition) == "active"
    stop(partition)
    assert status(partition) == "stopped"
    partition.delete()
    assert cpc.partitions.list() == []


def test_statuses_pass_through_starting_and_stopping(config: HmcConfig) -> None:
    slow = replace(config, start_delay_s=60, stop_delay_s=60)
    with MockHmc(slow) as hmc:
        cpc = zhmcclient.Client(make_session(hmc.port, hmc.ca_file)).cpcs.find(name="CPC1")
        partition = cpc.partitions.create(sizes("server1"))
        job = partition.start(wait_for_completion=False)
        assert status(partition) == "starting"
        assert job.query_status()[0] == "running"
        assert refused(job.delete) == (409, 40)
        hmc.controls.set_partition_status("server1", "active")
        partition.stop(wait_for_completion=False)
        assert status(partition) == "stopping"


def test_a_finished_job_is_gone_once_its_end_was_seen(partition: Any) -> None:
    job = partition.start(wait_for_completion=False)
    finish(job)
    assert refused(job.query_status) == (404, 1)


def test_a_job_can_be_polled_from_another_session(hmc: MockHmc, partition: Any) -> None:
    job = partition.start(wait_for_completion=False)
    other = zhmcclient.Job(make_session(hmc.port, hmc.ca_file), job.uri, "POST", job.op_uri)
    finish(other)


def test_nothing_to_boot_from_ends_paused(partition: Any) -> None:
    start(partition)
    assert status(partition) == "paused"


def test_an_unreachable_lun_fails_the_job_and_leaves_the_partition_stopped(cpc: Any, partition: Any) -> None:
    add_boot_hba(cpc, partition)
    job = partition.start(wait_for_completion=False)
    with pytest.raises(zhmcclient.HTTPError, match="not masked") as caught:
        finish(job)
    assert (caught.value.http_status, caught.value.reason) == (409, 131)
    assert status(partition) == "stopped"


def test_the_end_of_an_unreachable_boot_can_be_chosen(config: HmcConfig) -> None:
    with MockHmc(replace(config, unreachable_outcome="terminated")) as hmc:
        cpc = zhmcclient.Client(make_session(hmc.port, hmc.ca_file)).cpcs.find(name="CPC1")
        partition = cpc.partitions.create(sizes("server1"))
        add_boot_hba(cpc, partition)
        start(partition)
        assert status(partition) == "terminated"


@pytest.mark.parametrize("outcome", ["active", "degraded", "paused", "terminated", "reservation-error"])
def test_a_boot_outcome_can_be_scripted(hmc: MockHmc, partition: Any, outcome: str) -> None:
    hmc.controls.set_boot_outcome("server1", outcome)
    start(partition)
    assert status(partition) == outcome


def test_a_scripted_outcome_is_used_up(hmc: MockHmc, partition: Any) -> None:
    hmc.controls.set_boot_outcome(partition.uri, "load-failed", times=1)
    assert refused(lambda: start(partition)) == (409, 131)
    start(partition)
    assert status(partition) == "paused"


def test_a_hanging_boot_stays_starting_until_forced(hmc: MockHmc, cpc: Any, partition: Any) -> None:
    hmc.controls.set_boot_outcome("server1", "hang")
    job = partition.start(wait_for_completion=False)
    start(cpc.partitions.create(sizes("later")))
    assert status(partition) == "starting"
    assert job.query_status()[0] == "running"
    hmc.controls.set_partition_status("server1", "terminated")
    stop(partition)
    assert status(partition) == "stopped"


def test_psw_restart_keeps_a_running_partition_running(hmc: MockHmc, partition: Any) -> None:
    hmc.controls.set_boot_outcome("server1", "active")
    start(partition)
    finish(partition.psw_restart(wait_for_completion=False))
    assert status(partition) == "active"


ALLOWED = {
    "stopped": {"start", "delete", "update"},
    "starting": set(),
    "stopping": set(),
    "active": {"stop", "update"},
    "degraded": {"stop", "update"},
    "paused": {"stop", "update"},
    "terminated": {"stop", "update"},
    "reservation-error": {"start", "delete", "update"},
    "communications-not-active": set(),
    "status-check": set(),
}


@pytest.mark.parametrize("operation", ["start", "stop", "update", "delete"])
@pytest.mark.parametrize("forced", sorted(ALLOWED))
def test_each_status_allows_what_the_table_says(hmc: MockHmc, partition: Any, forced: str, operation: str) -> None:
    hmc.controls.set_partition_status("server1", forced)
    call = {
        "start": lambda: partition.start(wait_for_completion=False),
        "stop": lambda: partition.stop(wait_for_completion=False),
        "update": lambda: partition.update_properties({"description": "x"}),
        "delete": partition.delete,
    }[operation]
    if operation in ALLOWED[forced]:
        call()
    else:
        assert refused(call) == (409, 1)
        assert status(partition) == forced


def test_wwpns_are_lower_case_unique_and_never_used_again(cpc: Any) -> None:
    seen: list[str] = []
    for name in ("one", "two", "three"):
        partition = cpc.partitions.create(sizes(name))
        for number in range(2):
            hba = partition.hbas.create({"name": f"hba{number}", "adapter-port-uri": port_uri(cpc, number)})
            seen.append(hba.get_property("wwpn"))
        partition.delete()
    assert len(set(seen)) == 6
    assert all(re.fullmatch("[0-9a-f]{16}", wwpn) for wwpn in seen)


def test_hbas_vanish_with_their_partition(session: zhmcclient.Session, cpc: Any, partition: Any) -> None:
    hba = partition.hbas.create({"name": "a", "adapter-port-uri": port_uri(cpc)})
    assert [each.uri for each in partition.hbas.list()] == [hba.uri]
    partition.delete()
    assert refused(lambda: session.get(hba.uri)) == (404, 1)


def test_a_deleted_hba_is_no_boot_device_any_more(cpc: Any, partition: Any) -> None:
    add_boot_hba(cpc, partition).delete()
    partition.pull_full_properties()
    assert partition.properties["hba-uris"] == []
    assert partition.properties["boot-storage-device"] is None


def test_an_hba_keeps_its_wwpn_on_another_port(cpc: Any, partition: Any) -> None:
    hba = partition.hbas.create({"name": "a", "adapter-port-uri": port_uri(cpc)})
    wwpn = hba.get_property("wwpn")
    hba.reassign_port(cpc.adapters.list()[1].ports.list()[0])
    hba.pull_full_properties()
    assert (hba.properties["wwpn"], hba.properties["adapter-port-uri"]) == (wwpn, port_uri(cpc, 1))


def test_an_offline_port_degrades_what_runs_and_fails_what_starts(hmc: MockHmc, cpc: Any, partition: Any) -> None:
    add_boot_hba(cpc, partition)
    hmc.controls.set_partition_status("server1", "active")
    hmc.controls.set_port_online(port_uri(cpc), is_online=False)
    assert status(partition) == "degraded"
    stop(partition)
    with pytest.raises(zhmcclient.HTTPError, match="adapter does not operate"):
        start(partition)
    hmc.controls.set_partition_status("server1", "active")
    hmc.controls.set_port_online(port_uri(cpc), is_online=True)
    assert cpc.adapters.list()[0].get_property("status") == "active"
