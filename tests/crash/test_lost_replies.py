"""Answers of the HMC and the array get lost at every request; records and reality still agree in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moorage.mock_hmc import MockHmc
from tests.support.clouds import Cloud, cloud

REQUESTS = r"^\w+ /api/(?!sessions)"
"""Every request but logon and logoff."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Cloud]:
    with cloud(tmp_path, "dpm") as made:
        yield made


def hmc_of(site: Cloud) -> MockHmc:
    assert site.hmc is not None
    return site.hmc


def requests(site: Cloud) -> list[str]:
    """What was asked of the HMC since the last look, logons apart."""
    controls = hmc_of(site).controls
    found = [f"{entry['method']} {entry['uri']}" for entry in controls.requests(has_logons=False)]
    controls.clear_requests()
    return found


def test_a_boot_with_one_volume_and_two_hbas_takes_at_most_12_hmc_requests(site: Cloud) -> None:
    first = site.server([site.volume()])
    site.wait(first, "ACTIVE")
    requests(site)
    server = site.server([site.volume()])
    site.wait(server, "ACTIVE")
    asked = requests(site)
    assert 0 < len(asked) <= 12, asked


@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
def test_each_hmc_request_of_boot_and_destroy_may_be_lost(site: Cloud, kind: str) -> None:
    volume = site.volume()
    server = site.server([volume])
    site.wait(server, "ACTIVE")
    of_boot = len(requests(site))
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    of_destroy = len(requests(site))
    assert of_boot > 5
    assert of_destroy > 2
    controls = hmc_of(site).controls
    for number in range(of_boot):
        controls.add_fault(match=REQUESTS, kind=kind, skip=number)
        server = site.server([volume])
        status = site.wait(server, "ACTIVE", "ERROR")
        site.settle()
        assert site.problems() == [], f"{kind} of request {number} of boot: {status}"
        controls.clear_faults()
        if number < of_destroy:
            controls.add_fault(match=REQUESTS, kind=kind, skip=number)
        site.delete(server)
        site.wait(server, "GONE")
        site.settle()
        assert site.problems() == [], f"{kind} of request {number} of destroy"
        controls.clear_faults()


@pytest.mark.parametrize("kind", ["fail-before", "lost-reply"])
def test_each_call_to_the_array_may_be_lost(site: Cloud, kind: str) -> None:
    """Boot makes one volume and maps two; destroy unmaps two and deletes one."""
    root = site.volume()
    for call in ("create", "connect", "disconnect", "delete"):
        site.array_faults.add(call, kind, times=2)
        server = site.server([root], with_blank=True)
        assert site.wait(server, "ACTIVE", "ERROR") == "ACTIVE", call
        site.settle()
        assert site.problems() == [], call
        site.delete(server)
        site.wait(server, "GONE")
        site.settle()
        assert site.problems() == [], call
        assert site.volume_status(root) == "available"
        assert [volume["volume_id"] for volume in site.array()["volumes"]] == [root], call
        assert not site.array_faults.left(), call


def test_an_array_that_never_answers_a_connect_fails_the_boot_and_nothing_is_left(site: Cloud) -> None:
    volume = site.volume()
    site.array_faults.add("connect", "lost-reply", times=6)
    server = site.server([volume])
    assert site.wait(server, "ACTIVE", "ERROR") == "ERROR"
    site.settle()
    assert site.problems() == []
    assert "connect" in site.show(server)["fault"]["message"]
    assert site.volume_status(volume) == "available"
    assert hmc_of(site).controls.state()["partitions"] == []


def test_a_deleted_server_is_gone_for_its_user_while_the_release_goes_on_until_the_array_confirms(site: Cloud) -> None:
    volume = site.volume()
    server = site.server([volume])
    site.wait(server, "ACTIVE")
    site.array_faults.add("disconnect", "fail-before", times=7)
    site.delete(server)
    site.wait(server, "GONE")
    assert any("masked" in problem or "WWPNs" in problem for problem in site.problems())
    assert site.volume_status(volume) == "in-use"
    site.settle()
    assert site.problems() == []
    assert site.volume_status(volume) == "available"


def test_the_hmc_restarts_in_mid_boot(site: Cloud) -> None:
    volume = site.volume()
    hmc_of(site).controls.add_fault(match=r"POST .*/operations/start", kind="restart", seconds=1.5, lose_jobs=True)
    server = site.server([volume])
    site.wait(server, "ACTIVE", "ERROR")
    site.settle()
    assert site.problems() == []


def test_a_used_up_volume_quota_ends_the_boot_in_error_with_nothing_left(site: Cloud) -> None:
    root = site.volume()
    project = site.moorage.session().get_project_id()
    quota = {"quota_set": {"volumes": 1}}
    limited = site.moorage.call("PUT", "block-storage", f"/os-quota-sets/{project}", quota, cloud="moorage-admin")
    assert limited.status_code == 200, limited.text
    server = site.server([root], with_blank=True)
    assert site.wait(server, "ACTIVE", "ERROR") == "ERROR"
    site.settle()
    assert site.problems() == []
    assert "quota" in site.show(server)["fault"]["message"]
    assert site.volume_status(root) == "available"
