"""Lists of servers: pages lose nobody, patterns cannot hold up the service, and who is told why a server failed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from moorage import errors
from moorage.compute import patterns
from moorage.compute.service import servers
from tests.api.compute.server_site import Rows, headers, server_client

ROOT = "/compute/v2.1"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    return server_client(tmp_path)


@pytest.fixture
def rows(client: TestClient) -> Rows:
    rows = Rows(client)
    rows.prepare()
    return rows


def make(client: TestClient, rows: Rows, name: str, count: int = 1) -> list[str]:
    wanted = {"name": name, "flavorRef": rows.names["flavor"], "imageRef": rows.names["image"], "networks": "none"}
    body = {"server": {**wanted, "min_count": count}}
    assert client.post(f"{ROOT}/servers", json=body, headers=headers()).status_code == 202
    listed = client.get(f"{ROOT}/servers?name=^{name}", headers=headers()).json()["servers"]
    return [server["id"] for server in listed]


@pytest.mark.parametrize("key", ["created_at", "launched_at", "host", "task_state", "display_name", "uuid"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_lose_nobody_even_where_values_are_missing(
    client: TestClient, rows: Rows, key: str, direction: str
) -> None:
    made = make(client, rows, "many", 7)
    for server_id in made[:3]:
        rows.settle(server_id)
    path, seen = f"{ROOT}/servers?limit=2&all_tenants=1&sort_key={key}&sort_dir={direction}", list[str]()
    while path:
        page = client.get(path, headers=headers("admin")).json()
        seen += [server["id"] for server in page["servers"]]
        path = page.get("servers_links", [{"href": ""}])[0]["href"]
    assert sorted(seen) == sorted(made)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|aa)*b", "a*a*a*b", r"(a)\1", "(?=a)b", "a" * 300, "((a?){9}){9}"])
def test_costly_patterns_are_refused(client: TestClient, pattern: str) -> None:
    response = client.get(f"{ROOT}/servers", params={"name": pattern}, headers=headers())
    assert response.status_code == 400
    assert "too many or nested repeats" in response.json()["badRequest"]["message"]


@pytest.mark.parametrize("pattern", ["a*a*b", "a*?b|a*c", "[a*+]*[(a)+]*b", "(a|b|c|d|e)x.*", ".*a.*b"])
def test_patterns_that_are_taken_end_soon_on_the_worst_name(pattern: str) -> None:
    started = time.process_time()
    assert not patterns.matcher("name", pattern)("a" * 255)
    assert time.process_time() - started < 2


def test_patterns_ignore_case_and_match_anywhere() -> None:
    assert patterns.matcher("name", "^web-[0-9]+$")("WEB-17")
    assert patterns.matcher("name", "prod")("web-prod-1")
    with pytest.raises(errors.BadRequest, match="is not a 'regex'"):
        patterns.matcher("name", "[")


def test_fault_has_details_for_admins_only(client: TestClient, rows: Rows) -> None:
    (server_id,) = make(client, rows, "one")
    rows.settle(server_id)
    with rows.store.write() as tx:
        servers.set_fault(tx, server_id, "it broke")
    shown = {
        who: client.get(f"{ROOT}/servers/{server_id}", headers=headers(who)).json()["server"]
        for who in ("member", "admin")
    }
    assert set(shown["member"]["fault"]) == {"code", "created", "message"}
    assert set(shown["admin"]["fault"]) == {"code", "created", "message", "details"}
    assert "progress" not in shown["member"]


def test_deleted_servers_are_listed_with_changes_since(client: TestClient, rows: Rows) -> None:
    (server_id,) = make(client, rows, "one")
    rows.settle(server_id, "gone")
    path = f"{ROOT}/servers/detail?changes-since=2020-01-01T00:00:00Z"
    (found,) = client.get(path, headers=headers()).json()["servers"]
    assert (found["id"], found["status"]) == (server_id, "DELETED")
    assert client.get(f"{ROOT}/servers/{server_id}", headers=headers("admin")).status_code == 404


def test_what_an_admin_locked_only_an_admin_unlocks(client: TestClient, rows: Rows) -> None:
    (server_id,) = make(client, rows, "one")
    rows.settle(server_id)
    path = f"{ROOT}/servers/{server_id}/action"
    assert client.post(path, json={"lock": None}, headers=headers("admin")).status_code == 202
    assert client.post(path, json={"unlock": None}, headers=headers()).status_code == 403
    assert client.post(path, json={"unlock": None}, headers=headers("admin")).status_code == 202
    assert client.post(path, json={"lock": {"locked_reason": "mine"}}, headers=headers()).status_code == 202
    assert client.post(path, json={"unlock": None}, headers=headers()).status_code == 202


def test_start_of_a_server_without_a_host_says_so(client: TestClient, rows: Rows) -> None:
    (server_id,) = make(client, rows, "one")
    with rows.store.write() as tx:
        servers.update(tx, server_id, vm_state="shelved_offloaded", task_state=None)
    response = client.post(f"{ROOT}/servers/{server_id}/action", json={"os-start": None}, headers=headers())
    assert response.status_code == 409
    assert response.json()["conflictingRequest"]["message"] == f"Instance {server_id} is not ready"


def test_nul_characters_are_refused_everywhere(client: TestClient, rows: Rows) -> None:
    assert client.get(f"{ROOT}/servers/a%00b", headers=headers()).status_code == 404
    assert client.get(f"{ROOT}/servers?marker=a%00b", headers=headers()).status_code == 400
    body = {"server": {"name": "a\0b"}}
    assert client.put(f"{ROOT}/servers/x", json=body, headers=headers()).status_code == 400
