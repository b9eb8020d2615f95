"""A full disk: told clearly, nothing broken, and it goes on by itself.

The data directory is a small file system of its own (tmpfs), which takes root to mount.
"""

from __future__ import annotations

import os
import re
import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from moorage.drivers.sim import SimDriver
from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

SIZE_MIB = 24


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a file system of a limited size takes root")
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "moorage-test", str(path)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture
def site(small_disk: Path) -> Iterator[Cloud]:
    with cloud(small_disk, "sim") as made:
        made.lift_quotas()
        yield made


def fill(directory: Path) -> Path:
    """Leave not one byte; delete the file to have room again."""
    filler = directory / "filler"
    with filler.open("wb", buffering=0) as out:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    out.write(b"\0" * size)
            except OSError:
                continue
    return filler


def until_refused(site: Cloud) -> Any:
    """Requests for volumes go on being taken while the database has free pages; then they are refused."""
    for _ in range(1000):
        answer = site.moorage.call("POST", "block-storage", "/volumes", {"volume": {"size": 1}})
        if answer.status_code != 202:
            return answer
    raise AssertionError("a full disk took 1000 volumes")


def refusals(site: Cloud) -> float:
    """How often the databases of the process could not take something."""
    figures = httpx2.get(f"{site.moorage.url}/metrics").text
    return sum(
        float(value)
        for value in re.findall(r"^moorage_database_refused_total\S*(?: \S*)*? (\S+)$", figures, re.MULTILINE)
    )


def assert_sound(site: Cloud) -> None:
    for name in ("moorage.db", "journal.db"):
        with sqlite3.connect(site.data_dir / name) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_full_disk_is_told_as_503_and_reads_go_on_until_there_is_room_again(site: Cloud) -> None:
    server = site.server([site.volume()])
    site.wait(server, "ACTIVE")
    site.settle()
    filler = fill(site.data_dir)
    refused = until_refused(site)
    assert refused.status_code == 503, refused.text
    assert refused.json() == {
        "serviceUnavailable": {
            "code": 503, "message": "The database is full. Nothing was changed; try again later."
        }
    }  # fmt: skip
    assert int(refused.headers["Retry-After"]) >= 1
    assert site.show(server)["status"] == "ACTIVE"
    assert site.moorage.call("GET", "block-storage", "/volumes/detail").status_code == 200

    filler.unlink()
    made = site.moorage.call("POST", "block-storage", "/volumes", {"volume": {"size": 1}})
    assert made.status_code == 202, made.text
    site.settle()
    statuses = {v["status"] for v in site.moorage.call("GET", "block-storage", "/volumes/detail").json()["volumes"]}
    assert statuses == {"available", "in-use"}, "none of those that were taken failed"
    assert site.problems() == []
    assert_sound(site)


def test_an_operation_that_cannot_write_waits_and_goes_on_without_a_restart(tmp_path: Path) -> None:
    """No file of the process may grow beyond a page, or be written there: the system's limit on file sizes."""
    with cloud(tmp_path, "sim") as site:
        volume = site.volume()
        SimDriver(site.data_dir / "sim" / "guests.db").faults.add("latency", "reserve_identity", seconds=1.0)
        server = site.server([volume])
        eventually(lambda: begun(site, "reserve_identity"), what="boot begins")
        _, hard = resource.prlimit(site.moorage.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        refused = site.moorage.call("POST", "block-storage", "/volumes", {"volume": {"size": 1}})
        assert refused.status_code == 503, refused.text
        assert "The database cannot be written (I/O error). Nothing was changed" in refused.text
        eventually(lambda: refusals(site) > 1, what="the boot cannot write either")
        assert site.show(server)["status"] == "BUILD"

        resource.prlimit(site.moorage.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
        site.wait(server, "ACTIVE", timeout_s=120)
        site.settle(120)
        assert site.problems() == []
        assert_sound(site)


def begun(site: Cloud, step: str) -> bool:
    with sqlite3.connect(site.data_dir / "moorage.db") as database:
        return database.execute("SELECT 1 FROM operations WHERE step = ?", [step]).fetchone() is not None
