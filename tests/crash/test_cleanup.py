"""kill -9 at every step of a clean-up, before its work and after it: what was damaged is repaired in the end."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.clouds import Cloud, cloud
from tests.support.process import COMMAND

CONF = "\n[audit]\nmode = off\ngrace_period = 0\n"
_LOST = "attachment_id = NULL, attach_status = NULL, connector = NULL, connection_info = NULL"


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with cloud(tmp_path, request.param) as made:
        made.moorage.kill()
        made.moorage.config.write_text(made.moorage.config.read_text() + CONF)
        made.moorage.start()
        yield made


def sql(site: Cloud, *statements: str) -> None:
    """Damage the rows behind Moorage's back."""
    with sqlite3.connect(site.data_dir / "moorage.db", timeout=30) as db:
        for statement in statements:
            db.execute(statement)


def command(site: Cloud, *words: str) -> subprocess.CompletedProcess[str]:
    where = ["--config-file", str(site.moorage.config), "--data-dir", str(site.data_dir)]
    return site.moorage.moorage("volume-attachment", *words, *where)


def without_quota(site: Cloud) -> None:
    sql(site, "INSERT OR REPLACE INTO quotas (service, project_id, resource, hard_limit) "
              "VALUES ('volume', '', 'volumes', -1)")  # fmt: skip


def rows_found(site: Cloud) -> list[str]:
    done = command(site, "audit", "--all", "--json")
    shown: dict[str, Any] = json.loads(done.stdout)
    return [finding["row"] for finding in shown["findings"]]


def damaged(site: Cloud) -> tuple[str, str]:
    """A server whose data disk has no attachment any more, while the volume is available."""
    without_quota(site)
    root, data = site.volume(), site.volume()
    server = site.server([root, data])
    site.wait(server, "ACTIVE")
    site.settle()
    sql(
        site,
        f"UPDATE attachments SET {_LOST} WHERE volume_id = '{data}'",
        f"UPDATE volumes SET status = 'available', attach_status = 'detached' WHERE id = '{data}'",
    )
    return server, data


@pytest.mark.parametrize("site", ["dpm"], indirect=True)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_hard_reboot_killed_while_it_repairs_ends_repaired(site: Cloud, when: str) -> None:
    for step in ("halt", "find_at_reboot", "repair_at_reboot"):
        server, data = damaged(site)
        assert rows_found(site) == ["11"]
        site.kill_at("reboot", step, when)
        body = {"reboot": {"type": "HARD"}}
        assert site.moorage.call("POST", "compute", f"/servers/{server}/action", body).status_code == 202
        site.moorage.wait_dead()
        site.moorage.start()
        site.settle()
        assert site.wait(server, "ACTIVE") == "ACTIVE"
        # the disk is gone; what storage still maps for it goes at the latest with the next clean-up
        site.moorage.call("POST", "compute", f"/servers/{server}/action", body)
        site.settle()
        assert site.problems() == [], f"killed {when} {step}"
        assert rows_found(site) == []
        assert site.volume_status(data) == "available"
        site.delete(server)
        site.settle()


@pytest.mark.parametrize("site", ["sim"], indirect=True)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_clean_up_killed_at_every_step_ends_repaired(site: Cloud, when: str) -> None:
    for step in ("repair", "find_consequences"):
        server, _ = damaged(site)
        assert site.moorage.call("POST", "compute", f"/servers/{server}/action", {"os-stop": None}).status_code == 202
        site.wait(server, "SHUTOFF")
        site.settle()
        site.kill_at("cleanup", step, when)
        asked = subprocess.Popen(
            [*_command(site), "cleanup", server, "--yes", "--config-file", str(site.moorage.config), "--data-dir",
             str(site.data_dir)], stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        site.moorage.wait_dead()
        site.moorage.start()
        out, _ = asked.communicate(timeout=60)
        assert asked.returncode == 1, out
        site.settle()
        assert site.problems() == [], f"killed {when} {step}"
        assert rows_found(site) == []
        site.delete(server)
        site.wait(server, "GONE")
        site.settle()


def _command(site: Cloud) -> list[str]:
    return [*COMMAND, "volume-attachment"]
