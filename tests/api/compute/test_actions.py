"""Each action in each state, against the table in ``data/actions.yaml`` and against what Nova answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from moorage.compute import states
from moorage.operations import service as operations
from tests.api.compute.life import Life, named

HERE = Path(__file__).parent
TABLE: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "data" / "actions.yaml").read_text())
REFUSALS: list[dict[str, Any]] = json.loads((HERE / "recorded" / "refusals.json").read_text())


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return Life(tmp_path_factory.mktemp("life"))


def told(answer: tuple[int, str]) -> Any:
    """An answer as the table has it."""
    status, message = answer
    return status if status < 300 else f"{status} {message}"


@pytest.mark.parametrize("name", list(TABLE))
def test_an_action_is_allowed_in_exactly_the_states_of_the_table(life: Life, name: str) -> None:
    row = TABLE[name]
    backed = row.get("backed", "volume")
    found = {}
    for vm_state in row["in"]:
        server = life.server(vm_state, backed=backed)
        found[vm_state] = told(life.act(server, row["do"], who=row["as"]))
        with life.store.read() as tx:
            waiting = operations.unfinished(tx, f"server/{server}")
        assert not waiting or found[vm_state] in (200, 202), f"{vm_state}: refused, yet {waiting[0].kind} is to run"
    assert found == row["in"]


@pytest.mark.parametrize("name", [name for name in TABLE if "locked" in TABLE[name]])
def test_a_locked_server_refuses_its_owner_and_not_an_admin(life: Life, name: str) -> None:
    row = TABLE[name]
    backed = row.get("backed", "volume")
    vm_state = next(state for state, answer in row["in"].items() if isinstance(answer, int))
    server = life.server(vm_state, backed=backed, locked=True, locked_by="owner")
    if row["as"] == "member":
        assert told(life.act(server, row["do"])) == row["locked"]
    assert told(life.act(server, row["do"], who="admin")) == row["in"][vm_state]


@pytest.mark.parametrize("name", [name for name in TABLE if name not in ("reboot HARD", "os-getConsoleOutput")])
def test_nothing_is_begun_while_something_is_under_way(life: Life, name: str) -> None:
    row = TABLE[name]
    vm_state = next(state for state, answer in row["in"].items() if isinstance(answer, int))
    server = life.server(vm_state, backed=row.get("backed", "volume"), task_state="deleting")
    status, message = life.act(server, row["do"], who=row["as"])
    assert (status, message.split(" while ")[-1]) == (409, "it is in task_state deleting")


@pytest.mark.parametrize("wanted", REFUSALS, ids=lambda r: f"{next(iter(r['do']))}-{r['state']}-{r['v']}-{r['backed']}")
def test_a_refusal_reads_as_novas(life: Life, wanted: dict[str, Any]) -> None:
    vm_state = "active" if wanted["state"].startswith("locked") else wanted["state"]
    locks = {
        "locked": {"locked": True, "locked_by": "owner"},
        "locked by admin": {"locked": True, "locked_by": "admin"},
    }
    server = life.server(vm_state, backed=wanted["backed"], **locks.get(wanted["state"], {}))
    status, message = life.act(server, wanted["do"], who=wanted["as"], version=wanted["v"])
    assert (status, named(message)) == (wanted["status"], wanted["message"])


def test_two_requests_for_the_same_change_run_it_once(life: Life) -> None:
    server = life.server(states.ACTIVE)
    assert told(life.act(server, {"shelve": None})) == 202
    assert told(life.act(server, {"shelve": None})) == (
        "409 Cannot 'shelve' instance {server} while it is in task_state shelving"
    )


def test_reset_state_changes_the_row_and_nothing_else(life: Life) -> None:
    server = life.server(states.ACTIVE)
    assert life.act(server, {"os-resetState": {"state": "error"}}, who="admin")[0] == 202
    assert life.column(server, "vm_state") == states.ERROR
    with life.store.read() as tx:
        assert operations.unfinished(tx, f"server/{server}") == []
    assert life.act(server, {"os-resetState": {"state": "active"}}, who="admin")[0] == 202
    assert life.column(server, "vm_state") == states.ACTIVE


@pytest.mark.parametrize("vm_state", list(TABLE["pause"]["in"]))
def test_a_server_can_be_deleted_in_every_state(life: Life, vm_state: str) -> None:
    for method, path, body, ok in (("DELETE", "", None, 204), ("POST", "/action", {"forceDelete": None}, 202)):
        server = life.server(vm_state)
        headers = {"X-Auth-Token": f"member:{'p' * 32}"}
        answer = life.client.request(method, f"/compute/v2.1/servers/{server}{path}", json=body, headers=headers)
        assert answer.status_code == ok, answer.text
        with life.store.read() as tx:
            assert [one.kind for one in operations.unfinished(tx, f"server/{server}")] == ["destroy"]


def test_with_a_reclaim_interval_a_delete_can_be_restored_and_lists_leave_the_server_out(tmp_path: Path) -> None:
    life = Life(tmp_path, reclaim_interval_s=60)
    headers = {"X-Auth-Token": f"member:{'p' * 32}"}
    kinds = {states.ACTIVE: "soft_delete", states.BUILDING: "destroy", states.SHELVED_OFFLOADED: "destroy"}
    for vm_state, kind in kinds.items():
        server = life.server(vm_state)
        assert life.client.delete(f"/compute/v2.1/servers/{server}", headers=headers).status_code == 204
        with life.store.read() as tx:
            assert [one.kind for one in operations.unfinished(tx, f"server/{server}")] == [kind]
    gone = life.server(states.SOFT_DELETED)
    listed = life.client.get("/compute/v2.1/servers", headers=headers).json()["servers"]
    assert gone not in [one["id"] for one in listed]
    assert (
        life.client.get(f"/compute/v2.1/servers/{gone}", headers=headers).json()["server"]["status"] == "SOFT_DELETED"
    )


def test_unshelve_takes_a_zone_or_host_only_while_offloaded(life: Life) -> None:
    server = life.server(states.SHELVED)
    expected = (
        'Specifying an availability zone or a host when unshelving server "{server}" with status "shelved" is not '
        "supported. The server status must be SHELVED_OFFLOADED."
    )
    assert life.act(server, {"unshelve": {"availability_zone": "nova"}}, version="2.77") == (409, expected)
    server = life.server(states.SHELVED_OFFLOADED)
    assert life.act(server, {"unshelve": {"availability_zone": "nova"}}, version="2.77")[0] == 202
    server = life.server(states.SHELVED_OFFLOADED)
    assert life.act(server, {"unshelve": {"host": "sim-1"}}, version="2.91")[0] == 403
    assert life.act(server, {"unshelve": {"host": "sim-1"}}, who="admin", version="2.91")[0] == 202
