"""How long does a full audit take, and how much memory, and does the cost grow with the cloud only linearly?

``python benchmarks/audit.py`` makes a database of 10,000 servers with 30,000 attachments, an array that masks them and
guests that hold them, damages one in a hundred in ten different ways, and audits it all; before that the same at a
quarter and at half of the size. Each size runs in a process of its own, so that peak memory is its own. Prints the
figures as JSON.
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

import msgspec

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


class Disk(msgspec.Struct, frozen=True):
    """A disk as it is made, whole or damaged, and the row of the decision table it must be found by."""

    row: str = ""
    status: str = "attached"
    """Of the attachment; empty: block storage knows of none."""
    volume: str = "in-use"
    """Its status; empty: it is gone."""
    is_on_record: bool = True
    """Whether compute has a block device mapping."""
    is_masked: bool = True
    is_held: bool = True
    """Whether the guest has it."""
    further: str = ""
    """The host of one more attachment."""


WHOLE = Disk()
DAMAGES = [
    Disk(row="11", status="", volume="available"), Disk(row="13", status="", volume=""),
    Disk(row="13a", status="", volume="error"), Disk(row="5", status="attaching", volume="attaching"),
    Disk(row="6", status="detaching", volume="detaching"), Disk(row="9", status="", further="own"),
    Disk(row="14", further="another"), Disk(row="15", is_on_record=False), Disk(row="M0", is_masked=False),
    Disk(row="G0", is_held=False),
]  # fmt: skip


def main(arguments: list[str]) -> int:
    if arguments:
        print(json.dumps(measure(int(arguments[0]))))
        return 0
    figures = {}
    for count in (SERVERS // 4, SERVERS // 2, SERVERS):
        done = subprocess.run([sys.executable, __file__, str(count)], capture_output=True, text=True, check=True)
        figures[f"{count} servers"] = json.loads(done.stdout)
    print(json.dumps(figures, indent=2))
    return 0


def measure(count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        views, wanted = build(Path(name), count)
        before_mib = peak_mib()
        options = Options(grace_s=0)
        began, worked = time.perf_counter(), time.process_time()
        report = run.audit(views, run.rules_now(options), options)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - worked
        after_mib = peak_mib()
        tracemalloc.start()
        run.audit(views, run.rules_now(options), options)
        held = tracemalloc.get_traced_memory()[1]
    found = Counter(finding.row for finding in report.findings)
    assert found == wanted, "each damaged disk is found, by its row and by no other"
    return {
        "attachments": report.attachments, "damaged": wanted.total(), "rows": dict(found), "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "peak_rss_mib": round(after_mib), "of_which_before_the_audit_mib": round(before_mib),
        "peak_of_python_objects_mib": round(held / (1 << 20), 1),
    }  # fmt: skip


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def build(directory: Path, count: int) -> tuple[EmbeddedViews, Counter[str]]:
    """Rows, array and guests that agree but for the damage; how many findings of which row there must be."""
    url = sqlite_url(directory / "moorage.db")
    schema.upgrade(url)
    store, array = Store(url), FcArray("fcarray", directory / "array.db")
    guests = SimDriver(directory / "guests.db")
    wanted: Counter[str] = Counter()
    with (
        store.write() as tx,
        sqlite3.connect(directory / "array.db") as fc,
        sqlite3.connect(directory / "guests.db") as sim,
    ):
        for number in range(count):
            server_id, disks = ids.new(), {ids.new(): disk_at(number * DISKS + place) for place in range(DISKS)}
            wanted.update(disk.row for disk in disks.values() if disk.row)
            tx.execute(servers.insert().values(**server_row(server_id)))
            fc.execute("INSERT INTO hosts (host_id, name) VALUES (?, ?)", (number + 1, server_id))
            for place, (volume_id, disk) in enumerate(disks.items()):
                insert(tx, server_id, volume_id, place, disk)
                fc.execute("INSERT INTO volumes VALUES (?, ?, 1)", (volume_id, volume_id))
                if disk.is_masked:
                    fc.execute("INSERT INTO masks VALUES (?, ?, ?)", (number + 1, volume_id, place))
            held = json.dumps([volume_id for volume_id, disk in disks.items() if disk.is_held])
            columns = "id, name, power, disks, boots, addresses"
            sim.execute(f"INSERT INTO guests ({columns}) VALUES (?, 's', 1, ?, 1, '{{}}')", (server_id, held))
    return EmbeddedViews(store, guests, {"fcarray": array}), wanted


def disk_at(number: int) -> Disk:
    """One of so many is damaged, each in the next way; root disks and others alike."""
    which, rest = divmod(number, DAMAGED)
    return DAMAGES[which % len(DAMAGES)] if rest == DAMAGED - 1 else WHOLE


def server_row(server_id: str) -> dict[str, Any]:
    return {
        "id": server_id, "project_id": "p", "user_id": "u", "name": "s", "hostname": "s", "vm_state": "active",
        "flavor": {}, "driver": "sim", "host": "sim-1", "created_at": clock.now(), "launched_at": clock.now(),
        "identity": {"connector": {"host": server_id, "wwpns": []}, "host": "sim-1", "driver": {}},
    }  # fmt: skip


def insert(tx: Any, server_id: str, volume_id: str, place: int, disk: Disk) -> None:
    """Both halves of a disk and its volume, as far as they are to be there."""
    row_id = ids.new()
    mapping = {
        "bdm_uuid": row_id, "source_type": "volume", "destination_type": "volume", "source_id": volume_id,
        "boot_index": 0 if place == 0 else -1,
    }  # fmt: skip
    both = {**(mapping if disk.is_on_record else {}), **(half(disk.status, server_id) if disk.status else {})}
    common = {"project_id": "p", "server_id": server_id, "volume_id": volume_id, "created_at": clock.now()}
    tx.execute(attachments.insert().values(id=row_id, **common, **both))
    if disk.further:
        host = server_id if disk.further == "own" else "another-host"
        tx.execute(attachments.insert().values(id=ids.new(), **common, **half("attached", host)))
    if disk.volume:
        attach_status = "attached" if disk.volume == "in-use" else "detached"
        tx.execute(
            volumes.insert().values(
                id=volume_id, project_id="p", user_id="u", size_gib=1, availability_zone="nova", backend="fcarray",
                created_at=clock.now(), status=disk.volume, attach_status=attach_status,
            )
        )  # fmt: skip


def half(status: str, host: str) -> dict[str, Any]:
    """Block storage's half."""
    return {
        "attachment_id": ids.new(), "attach_status": status, "attach_mode": "rw", "attached_at": clock.now(),
        "connector": {"host": host, "wwpns": []}, "connection_info": {"data": {}},
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
