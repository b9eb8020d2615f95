"""Which hosts are let in where? For audits, a page of hosts at a time."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict

from moorage.volumes.ports import Mapping

_CHUNK = 500


def hosts_after(db: sqlite3.Connection, host: str, limit: int) -> list[str]:
    """Names in order; also of hosts that have lost their last mask."""
    return [
        row["name"] for row in db.execute("SELECT name FROM hosts WHERE name > ? ORDER BY name LIMIT ?", (host, limit))
    ]


def mappings(db: sqlite3.Connection, hosts: list[str]) -> list[Mapping]:
    """What these hosts reach, in the order of their names; a host that reaches nothing has one without a volume."""
    found: list[Mapping] = []
    for start in range(0, len(hosts), _CHUNK):
        found += _chunk(db, sorted(hosts)[start : start + _CHUNK])
    return found


def _chunk(db: sqlite3.Connection, hosts: list[str]) -> list[Mapping]:
    query = "SELECT * FROM hosts WHERE name IN (SELECT value FROM json_each(?))"
    names = {row["host_id"]: row["name"] for row in db.execute(query, (json.dumps(hosts),))}
    ids = (json.dumps(list(names)),)
    initiators, volumes = defaultdict(list), defaultdict(list)
    query = "SELECT * FROM initiators WHERE host_id IN (SELECT value FROM json_each(?)) ORDER BY position"
    for row in db.execute(query, ids):
        initiators[row["host_id"]].append(row["wwpn"])
    query = "SELECT * FROM masks WHERE host_id IN (SELECT value FROM json_each(?)) ORDER BY lun"
    for row in db.execute(query, ids):
        volumes[row["host_id"]].append(row["volume_id"])
    return [
        Mapping(host=name, volume_id=volume_id, initiators=initiators[host_id])
        for host_id, name in sorted(names.items(), key=lambda pair: pair[1])
        for volume_id in volumes[host_id] or [None]
    ]
