"""Writes down a cloud that was killed in mid-boot, for releases to come: ``python -m tests.journals.record``.

Run it when ``JOURNAL_FORMAT`` is raised, with the release before; the texts of earlier formats stay as they are.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from pathlib import Path

from moorage.operations.engine import JOURNAL_FORMAT
from tests.support.clouds import cloud

HERE = Path(__file__).parent
FILES = ("moorage.db", "journal.db", "sim/guests.db", "fcarray/array.db")
_LEFT_OUT = ("tokens",)


def directory(journal_format: str) -> Path:
    return HERE / f"format-{journal_format}"


def text_of(file: Path) -> str:
    """A SQLite file as statements that make it again."""
    with contextlib.closing(sqlite3.connect(file)) as database:
        for table in _LEFT_OUT:
            with contextlib.suppress(sqlite3.OperationalError):
                database.execute(f"DELETE FROM {table}")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        return "\n".join([*database.iterdump(), f"PRAGMA user_version = {version};"]) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as where, cloud(Path(where), "sim") as site:
        site.kill_at("boot", "boot_guest", "before")
        site.server([site.volume()], with_blank=True)
        site.moorage.wait_dead()
        for name in FILES:
            target = directory(JOURNAL_FORMAT) / f"{Path(name).stem}.sql"
            target.parent.mkdir(exist_ok=True)
            target.write_text(text_of(site.data_dir / name))


if __name__ == "__main__":
    main()
