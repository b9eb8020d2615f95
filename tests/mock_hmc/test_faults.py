"""Every kind of fault, as zhmcclient meets it."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
import zhmcclient

from moorage.errors import ConfigError
from moorage.mock_hmc import MockHmc
from tests.mock_hmc.conftest import finish, make_session, refused, sizes, status

CREATE = r"^POST /api/cpcs/.*/partitions$"


def names(cpc: Any) -> list[str]:
    return [partition.name for partition in cpc.partitions.list()]


def test_a_dropped_read_is_repeated_by_the_client(hmc: MockHmc, cpc: Any) -> None:
    hmc.controls.clear_requests()
    hmc.controls.add_fault(match="^GET .*/partitions", kind="drop-before")
    assert names(cpc) == []
    assert [entry["status"] for entry in hmc.controls.requests()] == [None, 200]


def test_a_dropped_creation_has_no_effect(hmc: MockHmc, cpc: Any) -> None:
    hmc.controls.add_fault(match=CREATE, kind="drop-before")
    with pytest.raises(zhmcclient.ConnectionError):
        cpc.partitions.create(sizes("a"))
    assert names(cpc) == []


def test_a_lost_reply_leaves_the_partition(hmc: MockHmc, cpc: Any) -> None:
    hmc.controls.add_fault(match=CREATE, kind="drop-after")
    with pytest.raises(zhmcclient.ConnectionError):
        cpc.partitions.create(sizes("a"))
    assert names(cpc) == ["a"]


def test_a_slow_creation_still_happens(hmc: MockHmc, cpc: Any) -> None:
    hmc.controls.add_fault(match=CREATE, kind="latency", seconds=2.3)
    with pytest.raises(zhmcclient.ReadTimeout):
        cpc.partitions.create(sizes("a"))
    deadline = time.monotonic() + 5
    while not names(cpc):
        assert time.monotonic() < deadline
    assert names(cpc) == ["a"]


def test_503_is_html_and_without_effect(hmc: MockHmc, cpc: Any) -> None:
    hmc.controls.add_fault(match=CREATE, kind="503")
    assert refused(lambda: cpc.partitions.create(sizes("a"))) == (503, 999)
    assert names(cpc) == []


def test_an_error_of_choice_is_answered_after_skipping(hmc: MockHmc, cpc: Any) -> None:
    hmc.controls.add_fault(match=CREATE, kind="error", status=409, reason=2, skip=1, times=2)
    cpc.partitions.create(sizes("a"))
    for _ in range(2):
        assert refused(lambda: cpc.partitions.create(sizes("b"))) == (409, 2)
    cpc.partitions.create(sizes("b"))
    assert names(cpc) == ["a", "b"]


def test_an_expired_session_is_renewed_by_the_client(hmc: MockHmc, session: zhmcclient.Session, cpc: Any) -> None:
    old = session.session_id
    hmc.controls.add_fault(match="^GET .*/partitions", kind="expire")
    assert names(cpc) == []
    assert session.session_id != old


def test_jobs_survive_a_restart_unless_lost(hmc: MockHmc, session: zhmcclient.Session, cpc: Any) -> None:
    kept = cpc.partitions.create(sizes("kept")).start(wait_for_completion=False)
    hmc.controls.restart()
    finish(kept)
    hmc.controls.set_boot_outcome("lost", "active")
    partition = cpc.partitions.create(sizes("lost"))
    lost = partition.start(wait_for_completion=False)
    hmc.controls.restart(lose_jobs=True)
    assert refused(lost.query_status) == (404, 1)
    deadline = time.monotonic() + 5
    while status(partition) != "active":
        assert time.monotonic() < deadline


def test_an_hmc_that_is_away_answers_nothing(hmc: MockHmc, session: zhmcclient.Session, cpc: Any) -> None:
    hmc.controls.add_fault(match=CREATE, kind="restart", seconds=1.0)
    with pytest.raises(zhmcclient.ConnectionError):
        cpc.partitions.create(sizes("a"))
    with pytest.raises(zhmcclient.ConnectionError):
        make_session(hmc.port, hmc.ca_file).logon()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            assert names(cpc) == []
            return
        except zhmcclient.ConnectionError:
            time.sleep(0.1)
    pytest.fail("the HMC did not come back")


def test_latency_lets_a_later_rule_decide(hmc: MockHmc, cpc: Any) -> None:
    hmc.controls.add_fault(match=CREATE, kind="latency", seconds=0.2)
    hmc.controls.add_fault(match=CREATE, kind="error", status=409, reason=2)
    before = time.monotonic()
    assert refused(lambda: cpc.partitions.create(sizes("a"))) == (409, 2)
    assert time.monotonic() - before >= 0.2


@pytest.mark.parametrize("fault", [{"kind": "banana"}, {"kind": "503", "match": "("}, {"kind": "503", "times": 0}])
def test_a_wrong_rule_is_refused(hmc: MockHmc, fault: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        hmc.controls.add_fault(**{"match": ".", **fault})


@pytest.fixture
def control(hmc: MockHmc) -> Any:
    """Calls the control port: status and JSON."""
    with requests.Session() as plain:
        plain.trust_env = False

        def call(method: str, path: str, body: Any = None) -> Any:
            reply = plain.request(method, f"{hmc.control_url}{path}", json=body)
            return reply.json() if reply.status_code == 200 else (reply.status_code, reply.json()["error"])

        yield call


def test_the_control_port_adds_and_clears_faults(control: Any, cpc: Any) -> None:
    for _ in range(2):
        control("POST", "/faults", {"match": CREATE, "kind": "error", "reason": 2, "times": None})
    assert refused(lambda: cpc.partitions.create(sizes("a"))) == (409, 2)
    assert len(control("GET", "/state")["faults"]) == 2
    control("DELETE", "/faults")
    cpc.partitions.create(sizes("a"))


def test_the_control_port_counts_requests(control: Any, hmc: MockHmc) -> None:
    control("DELETE", "/requests")
    session = make_session(hmc.port, hmc.ca_file)
    session.get("/api/cpcs")
    assert control("GET", "/requests")["count"] == 2
    counted = control("GET", "/requests?logons=no")
    assert [(entry["method"], entry["uri"]) for entry in counted["requests"]] == [("GET", "/api/cpcs")]


def test_the_control_port_forces_states(control: Any, cpc: Any, partition: Any) -> None:
    control("POST", "/partition-status", {"partition": "server1", "status": "terminated"})
    assert status(partition) == "terminated"
    control("POST", "/boot-outcome", {"partition": "server1", "outcome": "degraded", "times": 1})
    control("POST", "/notifications", {"mode": "lose"})
    port = cpc.adapters.list()[0].ports.list()[0].uri
    control("POST", "/port-offline", {"port": port})
    state = control("GET", "/state")
    assert state["boot-outcomes"] == [{"partition": "server1", "outcome": "degraded", "times": 1}]
    assert state["notifications"] == "lose"
    assert {adapter["status"] for adapter in state["adapters"]} == {"exceptions", "active"}
    assert state["partitions"][0]["name"] == "server1"


def test_the_control_port_explains_what_is_wrong(control: Any) -> None:
    status_code, message = control("POST", "/partition-status", {"partition": "nobody", "status": "active"})
    assert status_code == 400
    assert "nobody" in message
    assert control("POST", "/banana")[0] == 404
    assert control("POST", "/faults", {"kind": "503"})[0] == 400
