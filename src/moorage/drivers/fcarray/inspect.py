"""What does the array hold right now? For people, tests and audits; never for the control plane's own decisions."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from moorage.drivers.fcarray.array_file import beside, read_only
from moorage.drivers.fcarray.lun import scsi_lun

_QUERIES = {
    "targets": "SELECT wwpn, fabric, is_online FROM targets ORDER BY fabric, wwpn",
    "volumes": "SELECT volume_id, naa, size_gib FROM volumes ORDER BY volume_id",
    "snapshots": "SELECT snapshot_id, volume_id, size_gib FROM snapshots ORDER BY snapshot_id",
    "hosts": (
        "SELECT name, (SELECT group_concat(wwpn) FROM (SELECT wwpn FROM initiators i WHERE i.host_id = hosts.host_id "
        "ORDER BY position)) AS initiators FROM hosts ORDER BY name"
    ),
    "masks": "SELECT name AS host, volume_id, lun FROM masks JOIN hosts USING (host_id) ORDER BY host, lun",
    "zones": (
        "SELECT name AS host, initiator, target FROM zones JOIN initiators ON wwpn = initiator "
        "JOIN hosts USING (host_id) ORDER BY host, position, target"
    ),
    "faults": "SELECT operation, kind, latency_s, times FROM faults ORDER BY fault_id",
}


def snapshot(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Everything in the array at one moment, by kind of object; see ``_QUERIES`` for the fields.

    Volumes also show ``content`` (path) and masks ``lun16``. ``FileNotFoundError`` if there is no array.
    """
    with read_only(path) as db:
        view = {kind: _rows(db, query) for kind, query in _QUERIES.items()}
    for target in view["targets"]:
        target["is_online"] = bool(target["is_online"])
    for volume in view["volumes"]:
        volume["content"] = str(beside(path).absolute() / "volumes" / volume["volume_id"])
    for host in view["hosts"]:
        host["initiators"] = (host["initiators"] or "").split(",")
    for mask in view["masks"]:
        mask["lun16"] = scsi_lun(mask["lun"])
    return view


def _rows(db: sqlite3.Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in db.execute(query)]
