"""How long does a full audit take, and how much memory, and does the cost grow with the cloud only linearly?

``python benchmarks/audit.py`` makes a database of 10,000 servers with 30,000 attachments, an array that masks them and
guests that hold them, damages one in a hundred, and audits it all; then the same at a quarter of the size. Each size
runs in a process of its own, so that peak memory is its own. Prints the figures as JSON.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

from moorage import clock, ids
from moorage.audit import run
from moorage.audit.embedded import EmbeddedViews
from moorage.audit.plan import Options
from moorage.drivers.fcarray import FcArray
from moorage.drivers.sim import SimDriver
from moorage.store import Store, schema
from moorage.store.database import sqlite_url
from moorage.store.tables.attachments import attachments
from moorage.store.tables.compute import servers
from moorage.store.tables.volumes import volumes

SERVERS, DISKS, DAMAGED = 10_000, 3, 100
"""Servers, attachments a server, and one of how many attachments is damaged."""


def main(arguments: list[str]) -> int:
    if arguments:
        print(json.dumps(measure(int(arguments[0]))))
        return 0
    figures = {}
    for count in (SERVERS // 4, SERVERS):
        done = subprocess.run([sys.executable, __file__, str(count)], capture_output=True, text=True, check=True)
        figures[f"{count} servers"] = json.loads(done.stdout)
    print(json.dumps(figures, indent=2))
    return 0


def measure(count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        views, damaged = build(Path(name), count)
        before_mib = peak_mib()
        options = Options(grace_s=0)
        began = time.perf_counter()
        report = run.audit(views, run.rules_now(options), options)
        seconds = time.perf_counter() - began
        after_mib = peak_mib()
        tracemalloc.start()
        run.audit(views, run.rules_now(options), options)
        held = tracemalloc.get_traced_memory()[1]
    found = [finding for finding in report.findings if finding.row != "18"]
    assert len({finding.volume_id for finding in report.findings}) == damaged, "each damaged attachment is found"
    return {
        "attachments": report.attachments, "damaged": damaged, "findings": len(report.findings),
        "rows": dict(Counter(finding.row for finding in found)), "seconds": round(seconds, 2),
        "peak_rss_mib": round(after_mib), "of_which_before_the_audit_mib": round(before_mib),
        "peak_of_python_objects_mib": round(held / (1 << 20), 1),
    }  # fmt: skip


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def build(directory: Path, count: int) -> tuple[EmbeddedViews, int]:
    """Rows, array and guests that agree but for the damage."""
    url = sqlite_url(directory / "moorage.db")
    schema.upgrade(url)
    store, array = Store(url), FcArray("fcarray", directory / "array.db")
    guests = SimDriver(directory / "guests.db")
    damaged = 0
    with (
        store.write() as tx,
        sqlite3.connect(directory / "array.db") as fc,
        sqlite3.connect(directory / "guests.db") as sim,
    ):
        for number in range(count):
            server_id, held = ids.new(), [ids.new() for _ in range(DISKS)]
            tx.execute(servers.insert().values(**server_row(server_id)))
            fc.execute("INSERT INTO hosts (host_id, name) VALUES (?, ?)", (number + 1, server_id))
            for place, volume_id in enumerate(held):
                is_damaged = (number * DISKS + place) % DAMAGED == DAMAGED - 1
                damaged += is_damaged
                insert(tx, server_id, volume_id, place, is_damaged=is_damaged)
                fc.execute("INSERT INTO volumes VALUES (?, ?, 1)", (volume_id, volume_id))
                fc.execute("INSERT INTO masks VALUES (?, ?, ?)", (number + 1, volume_id, place))
            sim.execute("INSERT INTO guests VALUES (?, 's', 1, ?, 1, '{}')", (server_id, json.dumps(held)))
    return EmbeddedViews(store, guests, {"fcarray": array}), damaged


def server_row(server_id: str) -> dict[str, Any]:
    return {
        "id": server_id, "project_id": "p", "user_id": "u", "name": "s", "hostname": "s", "vm_state": "active",
        "flavor": {}, "driver": "sim", "host": "sim-1", "created_at": clock.now(), "launched_at": clock.now(),
        "identity": {"connector": {"host": server_id, "wwpns": []}, "host": "sim-1", "driver": {}},
    }  # fmt: skip


def insert(tx: Any, server_id: str, volume_id: str, place: int, *, is_damaged: bool) -> None:
    """A disk with its volume; a damaged one has lost the attachment half, and the volume is available."""
    row_id = ids.new()
    half = {
        "attachment_id": ids.new(), "attach_status": "attached", "attach_mode": "rw", "attached_at": clock.now(),
        "connector": {"host": server_id, "wwpns": []}, "connection_info": {"data": {}},
    }  # fmt: skip
    tx.execute(
        attachments.insert().values(
            id=row_id, bdm_uuid=row_id, project_id="p", server_id=server_id, volume_id=volume_id, source_type="volume",
            destination_type="volume", source_id=volume_id, boot_index=0 if place == 0 else -1,
            created_at=clock.now(), **({} if is_damaged else half),
        )
    )  # fmt: skip
    status = {"status": "available"} if is_damaged else {"status": "in-use", "attach_status": "attached"}
    tx.execute(
        volumes.insert().values(
            id=volume_id, project_id="p", user_id="u", size_gib=1, availability_zone="nova", backend="fcarray",
            created_at=clock.now(), **status,
        )
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
