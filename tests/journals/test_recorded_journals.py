"""A journal that an earlier release recorded resumes, or is refused before anything runs."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
from pathlib import Path

import pytest

from moorage.operations.engine import JOURNAL_FORMAT, RESUMED_FORMATS
from tests.journals.record import FILES, directory
from tests.support import invariants
from tests.support.clouds import Cloud
from tests.support.process import COMMAND, ROOT, eventually

OPTIONS = "[DEFAULT]\ncompute_driver = sim\n[volumes]\nenabled_backends = fcarray\n"


def restored(where: Path, journal_format: str) -> Cloud:
    """The cloud that was killed in the middle of a boot, not started."""
    site = Cloud(where, "sim", OPTIONS)
    for name in FILES:
        file = site.data_dir / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(file)) as database:
            database.executescript((directory(journal_format) / f"{file.stem}.sql").read_text())
            database.execute("PRAGMA journal_mode=WAL")
    return site


def boot_of(site: Cloud) -> dict[str, object]:
    (boot,) = site.rows("SELECT * FROM operations WHERE kind = 'boot'")
    return boot


def rename_step(site: Cloud, old: str, new: str) -> None:
    """What a release looks like that renamed a step and did not raise the format, seen from its journal."""
    journal = f"UPDATE operation_outputs SET function_name = '{new}' WHERE function_name = '{old}'"
    invariants.run(site.data_dir / "journal.db", journal)


@pytest.mark.parametrize("journal_format", RESUMED_FORMATS)
def test_a_boot_recorded_in_a_format_that_is_resumed_goes_on_and_ends(tmp_path: Path, journal_format: str) -> None:
    site = restored(tmp_path, journal_format)
    assert (boot_of(site)["state"], boot_of(site)["step"]) == ("running", "boot_guest")
    done = subprocess.run(
        [*COMMAND, "operations", "show", str(boot_of(site)["id"]), "--data-dir", str(site.data_dir)],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert "connect_disk" in done.stdout, "the journal holds the steps before"
    site.moorage.start()
    try:
        eventually(lambda: boot_of(site)["state"] == "succeeded")
        site.settle()
        assert site.problems() == []
        assert [row["vm_state"] for row in site.rows("SELECT vm_state FROM servers")] == ["active"]
        assert not any(step in ("reserve_identity", "list_disks") for _, step in site.steps()), "none is repeated"
    finally:
        site.kill()


def test_a_format_that_is_not_resumed_is_refused_before_anything_runs(tmp_path: Path) -> None:
    site = restored(tmp_path, JOURNAL_FORMAT)
    site.sql("UPDATE operations SET journal_format = '0' WHERE kind = 'boot'")
    before = boot_of(site)
    words = ["serve", "--config-file", str(site.moorage.config), "--data-dir", str(site.data_dir)]
    done = subprocess.run(
        [*COMMAND, *words, "--listen", f"127.0.0.1:{site.moorage.port}"],
        capture_output=True, text=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith(f"moorage: 1 unfinished operations, such as boot {before['id']} on {before['subject']}")
    assert said.endswith("Nothing was started: let the release that recorded them finish them first")
    after = boot_of(site)
    assert {**after, "executor": None} == {**before, "executor": None}
    assert invariants.rows(site.data_dir / "sim" / "guests.db", "SELECT * FROM guests") == []


def test_a_journal_with_other_steps_is_neither_gone_on_with_nor_taken_back_and_says_so(tmp_path: Path) -> None:
    site = restored(tmp_path, JOURNAL_FORMAT)
    mapped = site.array()["masks"]
    rename_step(site, "connect_disk", "link_disk")
    site.moorage.start()
    try:
        (stuck,) = eventually(lambda: site.moorage.operations("--stuck"), what="somebody is told")
        assert stuck["reason"].startswith("tried again 1 times: cannot be resumed: ")
        assert "link_disk" in stuck["reason"]
        assert (stuck["state"], stuck["step"]) == ("running", "boot_guest")
        assert site.steps() == [], "nothing was run, nothing undone"
        assert site.array()["masks"] == mapped != []
        site.moorage.kill()
        rename_step(site, "link_disk", "connect_disk")
        site.moorage.start()
        eventually(lambda: boot_of(site)["state"] == "succeeded")
        assert site.problems() == []
    finally:
        site.kill()
