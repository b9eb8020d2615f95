"""``moorage volume-attachment``: exit codes, JSON, beside a running serve and without one."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from moorage.drivers.sim import SimDriver
from tests.crash.test_cleanup import CONF, command, damaged, sql
from tests.support.clouds import Cloud, cloud


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("site"), "sim") as made:
        made.moorage.kill()
        made.moorage.config.write_text(made.moorage.config.read_text() + CONF)
        made.moorage.start()
        yield made


def records(site: Cloud) -> list[tuple[str, int]]:
    with sqlite3.connect(site.data_dir / "moorage.db") as db:
        return list(db.execute("SELECT result, is_dry_run FROM audit_records ORDER BY created_at"))


def test_clean_is_0_findings_2_repaired_1(site: Cloud) -> None:
    assert command(site, "audit", "--all").returncode == 0
    server, data = damaged(site)
    looked = command(site, "audit", server)
    assert looked.returncode == 2, looked.stderr
    assert "| 11" in looked.stdout
    assert data in looked.stdout
    planned = command(site, "cleanup", "--all", "--dry-run")
    assert planned.returncode == 2
    assert records(site) == [("planned", 1)]
    unasked = command(site, "cleanup", "--all", "--json")
    assert unasked.returncode == 2
    assert "--yes" in unasked.stderr
    repaired = command(site, "cleanup", "--all", "--yes", "--json")
    assert repaired.returncode == 1, repaired.stdout + repaired.stderr
    results = {finding["row"]: finding["result"] for finding in json.loads(repaired.stdout)["findings"]}
    assert results["11"] == "done"
    assert command(site, "audit", "--all").returncode == 0
    assert site.problems() == []


def test_a_silent_side_is_3(site: Cloud) -> None:
    server, data = damaged(site)
    driver = SimDriver(site.data_dir / "sim" / "guests.db")
    driver.faults.add("fail-before", "inventory", times=50)
    done = command(site, "cleanup", server, "--yes")
    assert (done.returncode, "unknown" in done.stdout) == (3, True)
    driver.faults.clear()
    driver.close()
    assert command(site, "cleanup", server, "--yes").returncode == 1
    assert site.volume_status(data) == "available"


def test_too_much_at_once_stops_and_limit_allows_it(site: Cloud) -> None:
    made = [damaged(site)[0] for _ in range(3)]
    stopped = command(site, "cleanup", *made, "--yes")
    assert stopped.returncode == 2
    assert "blast limit" in stopped.stdout
    assert command(site, "cleanup", *made, "--yes", "--limit", "10").returncode == 1


def test_names_or_all_are_needed(site: Cloud) -> None:
    assert command(site, "audit").returncode == 1
    assert command(site, "audit", "x", "--all").returncode == 1


def test_show_get_connector_and_refresh_have_novas_exit_codes(site: Cloud, tmp_path: Path) -> None:
    root, other = site.volume(), site.volume()
    server = site.server([root])
    site.wait(server, "ACTIVE")
    site.settle()
    nobody = "00000000-0000-0000-0000-000000000000"
    shown = command(site, "show", server, root, "--json")
    assert json.loads(shown.stdout)["connector"]["host"] == server
    assert json.loads(command(site, "show", server, root, "--connection_info").stdout)["data"]["volume_id"] == root
    assert [command(site, "show", s, v).returncode for s, v in ((nobody, root), (server, other))] == [2, 3]
    connector = tmp_path / "connector.json"
    connector.write_text(command(site, "get-connector", server, "--json").stdout)
    assert command(site, "get-connector", nobody).returncode == 2

    def refresh(*words: str) -> int:
        return command(site, "refresh", *words).returncode

    unreadable, alien = tmp_path / "unreadable", tmp_path / "alien.json"
    unreadable.write_text("{")
    alien.write_text('{"host": "x"}')
    assert refresh(server, root, str(tmp_path / "none")) == 2
    assert refresh(server, root, str(unreadable)) == 3
    assert refresh(nobody, root) == 4
    assert refresh(server, root) == 5
    assert refresh(server, other) == 6
    assert refresh(server, root, str(alien)) == 7
    site.moorage.call("POST", "compute", f"/servers/{server}/action", {"os-stop": None})
    site.wait(server, "SHUTOFF")
    site.settle()
    assert refresh(server, root, str(connector)) == 0
    assert site.problems() == []


def test_without_a_serve_the_command_does_the_work_itself(site: Cloud) -> None:
    server, data = damaged(site)
    site.moorage.stop()
    done: subprocess.CompletedProcess[str] = command(site, "cleanup", server, "--yes")
    assert done.returncode == 1, done.stdout + done.stderr
    assert command(site, "audit", "--all").returncode == 0
    site.moorage.start()
    assert site.problems() == []
    assert site.volume_status(data) == "available"
    sql(site, "SELECT 1")
