"""Health, readiness and figures of a whole Moorage, and who may read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from moorage.api.operators import readiness
from moorage.api.operators.endpoints import Access, Endpoints
from moorage.store import Store, schema
from moorage.store.database import sqlite_url
from tests.support.inside import Inside, inside


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    with inside(tmp_path_factory.mktemp("operators")) as made:
        yield made


def client(access: Access, host: str = "192.0.2.7") -> TestClient:
    """A client from an address, of nothing but the three paths."""
    return TestClient(Endpoints(readiness.Readiness({}), [], access), client=(host, 40000))


def values(site: Inside) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """(series, sorted labels) → value."""
    text = site.client.get("/metrics").text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}


def test_health_and_readiness_need_no_token(site: Inside) -> None:
    assert site.client.get("/healthz").text == "ok\n"
    answer = site.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "reasons": {}})
    assert site.client.post("/healthz").status_code == 405


def test_a_boot_is_seen_from_the_request_to_the_driver(site: Inside) -> None:
    token = site.token()
    made = site.server(token, site.volume(token))
    site.until(token, "compute", f"/servers/{made.json()['server']['id']}", "ACTIVE")
    found = values(site)
    route = (("method", "POST"), ("route", "/compute/v2.1/servers"), ("service", "compute"))
    assert found["moorage_http_requests_total", (("code", "202"), *route)] >= 1
    assert found["moorage_http_request_seconds_count", route] >= 1
    call = (("call", "boot"), ("driver", "sim"), ("result", "ok"), ("system", "hypervisor"))
    assert found["moorage_outside_call_seconds_count", call] >= 1
    assert found["moorage_operations_ended_total", (("kind", "boot"), ("result", "succeeded"))] >= 1
    assert found["moorage_dispatcher_alive", ()] == 1
    assert ("moorage_database_connections", (("pool", "write"), ("state", "idle"))) in found


def test_paths_that_fit_no_route_share_one_series(site: Inside) -> None:
    before = len(values(site))
    for number in range(5):
        assert site.client.get(f"/compute/v2.1/nothing-{number}").status_code == 401
    assert len(values(site)) <= before + 40, "one series of requests with its buckets"


def test_figures_are_for_this_machine_unless_a_token_is_set() -> None:
    assert client(Access()).get("/metrics").status_code == 403
    assert client(Access(), "127.0.0.1").get("/metrics").status_code == 200
    assert client(Access(), "::1").get("/metrics").status_code == 200


def test_a_proxy_on_this_machine_does_not_open_them_to_everybody() -> None:
    for name in ("X-Forwarded-For", "Forwarded", "Via"):
        assert client(Access(), "127.0.0.1").get("/metrics", headers={name: "192.0.2.7"}).status_code == 403


def test_with_a_token_set_nobody_reads_them_without_it() -> None:
    access = Access(is_open=True, token="s3cret")
    local = client(access, "127.0.0.1")
    assert local.get("/metrics").status_code == 401
    assert local.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert local.get("/metrics", headers={"Authorization": "Bearer s3cret"}).status_code == 200
    assert local.get("/healthz").status_code == 200


def test_with_a_port_of_their_own_the_api_does_not_serve_them() -> None:
    assert client(Access(is_served=False), "127.0.0.1").get("/metrics").status_code == 404
    assert client(Access(is_open=True)).get("/metrics").status_code == 200


def test_a_database_that_does_not_answer_is_named_and_nothing_else(tmp_path: Path) -> None:
    store = Store(sqlite_url(tmp_path / "nowhere" / "x.db"))
    assert reasons({"database": readiness.database(store)}) == {"database": "does not answer"}


def test_missing_migrations_make_it_unready_and_later_ones_do_not(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "x.db")
    store = Store(url)
    check = {"database": readiness.database(store)}
    assert "migrations are missing" in reasons(check)["database"]
    schema.upgrade(url)
    assert reasons(check) == {}
    for revision, is_ready in (("0001", False), ("9999", True)):
        with store.write() as tx:
            tx.execute(sa.text(f"UPDATE alembic_version SET version_num = '{revision}'"))
        assert (reasons(check) == {}) is is_ready


def test_a_dead_dispatcher_makes_it_unready(tmp_path: Path) -> None:
    with inside(tmp_path) as site:
        assert site.client.get("/readyz").status_code == 200
        thread = site.moorage.worker.dispatcher
        thread._stopping = True
        thread._wake.set()
        thread._thread.join(5)
        answer = site.client.get("/readyz")
        assert (answer.status_code, answer.json()["reasons"]) == (503, {"dispatcher": "is not running"})
        assert site.client.get("/healthz").status_code == 200


def reasons(checks: dict[str, readiness.Check]) -> dict[str, str]:
    app = Endpoints(readiness.Readiness(checks), [], Access())
    answer = TestClient(app).get("/readyz")
    found: dict[str, str] = answer.json()["reasons"]
    assert answer.status_code == (503 if found else 200)
    return found
