"""An API and two workers on PostgreSQL: what one leaves unfinished, by whatever death, the other one finishes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moorage.drivers.sim import SimDriver
from moorage.operations.leases import TTL_S
from tests.support.clouds import Cloud, cloud
from tests.support.process import MoorageProcess, eventually


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("many"), "sim", store="postgresql") as made:
        made.lift_quotas()
        yield made


@pytest.fixture
def site(running: Cloud) -> Iterator[Cloud]:
    yield running
    sim(running).faults.clear()
    for worker in running.workers:
        if worker.is_alive:
            worker.thaw()
    running.revive()
    running.settle()
    assert running.problems() == []


def sim(site: Cloud) -> SimDriver:
    return SimDriver(site.data_dir / "sim" / "guests.db")


def operation_of(site: Cloud, server: str) -> dict[str, Any]:
    (found,) = site.rows(f"SELECT * FROM operations WHERE subject = 'server/{server}' ORDER BY sequence DESC LIMIT 1")
    return found


def runner(site: Cloud, server: str, step: str) -> MoorageProcess:
    """The worker that is in this step of the server's operation."""
    operation = eventually(lambda: found if (found := operation_of(site, server))["step"] == step else None)
    (row,) = site.rows(f"SELECT pid FROM executors WHERE id = '{operation['executor']}'")
    return next(worker for worker in site.workers if worker.pid == row["pid"])


def slow_boot(site: Cloud, seconds: float) -> tuple[str, MoorageProcess]:
    """A server whose guest takes long to start, and the worker that starts it."""
    sim(site).faults.add("latency", "boot", seconds=seconds)
    server = site.server([site.volume()])
    return server, runner(site, server, "boot_guest")


def test_an_operation_of_a_killed_worker_goes_on_elsewhere_within_five_seconds(site: Cloud) -> None:
    server, worker = slow_boot(site, 30)
    first = operation_of(site, server)["executor"]
    worker.kill()
    killed_at = time.monotonic()
    eventually(lambda: operation_of(site, server)["executor"] not in (first, None), 10)
    assert time.monotonic() - killed_at < 5
    site.wait(server, "ACTIVE")


def test_a_stopped_worker_hands_over_at_once_without_waiting_for_its_lease_to_end(site: Cloud) -> None:
    sim(site).faults.add("latency", "reserve_identity", seconds=0.6)
    server = site.server([site.volume()])
    worker = runner(site, server, "reserve_identity")
    status, _ = worker.stop()
    stopped_at = time.monotonic()
    site.wait(server, "ACTIVE")
    assert status == 0
    assert time.monotonic() - stopped_at < TTL_S - 1
    assert [e["pid"] for e in site.rows("SELECT pid FROM executors") if e["pid"] == worker.pid] == []


def test_a_worker_stopped_in_a_step_that_hangs_hands_over_too(site: Cloud) -> None:
    server, worker = slow_boot(site, 30)
    status, seconds = worker.stop()
    assert status == 0
    assert seconds < 10
    site.wait(server, "ACTIVE", timeout_s=5)


def test_a_worker_that_was_frozen_changes_nothing_once_it_is_thawed(site: Cloud) -> None:
    """It was about to start the guest; meanwhile the other one has, and the server was deleted."""
    server, worker = slow_boot(site, 1.0)
    worker.freeze()
    site.wait(server, "ACTIVE", timeout_s=TTL_S + 5)
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []
    worker.thaw()
    eventually(lambda: "was taken for dead" in worker.log.read_text(), what="it learns that it was taken for dead")
    eventually(lambda: "is run by another process now" in worker.log.read_text(), what="its step ends without effect")
    assert site.problems() == [], "no guest has come back"
    eventually(lambda: worker.pid in [row["pid"] for row in site.rows("SELECT pid FROM executors")])


def test_a_worker_frozen_in_a_write_transaction_keeps_nobody_from_writing(site: Cloud) -> None:
    """The server ends a session that does nothing inside a transaction."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(str(site.database)) as silent:
        silent.execute("SET idle_in_transaction_session_timeout = '3s'")
        silent.commit()
        silent.execute("SELECT pg_advisory_xact_lock(%s)", [0x6D6F6F72])
        began = time.monotonic()
        site.wait(site.server([site.volume()]), "ACTIVE")
        assert 2 < time.monotonic() - began < 10
        with pytest.raises(psycopg.Error):
            silent.execute("SELECT 1")


def test_two_workers_share_what_is_ready(site: Cloud) -> None:
    sim(site).faults.add("latency", "boot", times=12, seconds=0.5)
    volumes = [site.volume() for _ in range(12)]
    servers = [site.server([volume]) for volume in volumes]
    for server in servers:
        site.wait(server, "ACTIVE")
    ran = [operation_of(site, server)["executor"] for server in servers]
    assert min(ran.count(executor) for executor in set(ran)) >= 3, ran
    assert len(set(ran)) == 2


def test_a_boot_is_active_soon_after_the_post(site: Cloud) -> None:
    """Workers are told by the database; the sweep alone would take up to five seconds for each step."""
    took = []
    for _ in range(5):
        volume = site.volume()
        began = time.monotonic()
        site.wait(site.server([volume]), "ACTIVE")
        took.append(time.monotonic() - began)
    assert min(took) < 3.0, took


def test_a_periodic_job_fires_once_for_all_workers(tmp_path: Path) -> None:
    options = "shelved_offload_time = 1\nperiodic_interval = 0.2\n"
    with cloud(tmp_path, "sim", options, store="postgresql") as site:
        image = site.moorage.call(
            "POST", "image", "/v2/images", {"name": "i", "disk_format": "raw", "container_format": "bare"}
        )
        image_id = image.json()["id"]
        headers = {"Content-Type": "application/octet-stream"}
        where = {"service_type": "image", "interface": "public"}
        site.moorage.session().put(f"/v2/images/{image_id}/file", data=b"x", headers=headers, endpoint_filter=where)
        body = {"server": {"name": "l", "flavorRef": "1", "imageRef": image_id, "networks": "none"}}
        server = site.moorage.call("POST", "compute", "/servers", body, version="2.67").json()["server"]["id"]
        site.wait(server, "ACTIVE")
        assert site.act(server, "shelve").status_code == 202
        site.wait(server, "SHELVED_OFFLOADED")
        site.settle()
        offloads = site.rows("SELECT * FROM operations WHERE kind = 'shelve_offload'")
        assert len(offloads) == 1


def test_api_and_worker_want_postgresql_and_its_schema(tmp_path: Path) -> None:
    for role in ("api", "worker"):
        done = MoorageProcess(tmp_path / role).moorage(role, "--data-dir", str(tmp_path / role))
        assert done.returncode == 1
        assert done.stderr.strip().endswith("several processes need PostgreSQL; here run moorage serve")
    from tests.support import postgresql  # noqa: PLC0415

    with postgresql.database() as url:
        config = tmp_path / "moorage.conf"
        config.write_text(f"[DEFAULT]\ndatabase_url = {url}\n")
        where = ["--config-file", str(config), "--data-dir", str(tmp_path / "data")]
        process = MoorageProcess(tmp_path / "x")
        assert "run `moorage db upgrade` first" in process.moorage("worker", *where).stderr
        assert "no schema" in process.moorage("db", "current", *where).stdout
        assert process.moorage("db", "upgrade", *where).returncode == 0


def test_operations_tell_which_process_ran_them(site: Cloud) -> None:
    server = site.server([site.volume()])
    site.wait(server, "ACTIVE")
    site.settle()
    boot = next(o for o in site.moorage.operations() if o["subject"] == f"server/{server}")
    assert str(boot["executor"]).split("-")[-2] in [str(worker.pid) for worker in site.workers], json.dumps(boot)
