"""Which host sees which volume under which LUN, and through which zones?

A host is what a connector names. It exists exactly while a volume is masked to it, and so do its initiators and zones.
All functions run inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from moorage import errors
from moorage.drivers.fcarray.layout import fabrics_of
from moorage.drivers.fcarray.wwpn import checked_wwpns
from moorage.volumes.ports import Connector

_HIGHEST_LUN = 255
"""Above this SCSI needs another addressing method, whose numbers ``scsi_lun`` would not write correctly."""


def give_access(db: sqlite3.Connection, volume_id: str, connector: Connector) -> dict[str, Any]:
    """Mask and zone; returns the ``data`` of the connection. Repeated, it finds what it made."""
    wwpns = checked_wwpns(connector.get("wwpns") or [])
    if not wwpns:
        raise errors.Refused("the connector has no wwpns: the server has no Fibre Channel port to connect from")
    if not connector.get("host"):
        raise errors.Refused("the connector has no host name")
    if not db.execute("SELECT 1 FROM volumes WHERE volume_id = ?", (volume_id,)).fetchone():
        raise errors.Refused(f"the array has no volume {volume_id}")
    host_id = _host(db, str(connector["host"]), wwpns)
    paths = _zone(db, host_id, wwpns)
    return {
        "target_wwn": sorted({target for targets in paths.values() for target in targets}),
        "target_lun": _mask(db, host_id, volume_id),
        "wwn": db.execute("SELECT naa FROM volumes WHERE volume_id = ?", (volume_id,)).fetchone()["naa"],
        "initiator_target_map": paths,
        "target_discovered": False,
        "volume_id": volume_id,
    }


def take_access(db: sqlite3.Connection, volume_id: str, connector: Connector) -> None:
    """Remove the volume's mask for the connector's host, and the host with its zones after its last mask.

    The host is found by its initiators, or by its name if the connector has none or the array knows none of them.
    """
    wwpns = checked_wwpns(connector.get("wwpns") or [])
    for host_id in _owners(db, wwpns) or _named(db, connector.get("host")):
        db.execute("DELETE FROM masks WHERE host_id = ? AND volume_id = ?", (host_id, volume_id))
        if not db.execute("SELECT 1 FROM masks WHERE host_id = ?", (host_id,)).fetchone():
            _remove_host(db, host_id)


def hosts_of(db: sqlite3.Connection, volume_id: str) -> list[str]:
    """Names of the hosts the volume is masked to."""
    query = "SELECT name FROM masks JOIN hosts USING (host_id) WHERE volume_id = ? ORDER BY name"
    return [row["name"] for row in db.execute(query, (volume_id,))]


def _host(db: sqlite3.Connection, name: str, wwpns: list[str]) -> int:
    db.execute("INSERT OR IGNORE INTO hosts (name) VALUES (?)", (name,))
    host_id = int(db.execute("SELECT host_id FROM hosts WHERE name = ?", (name,)).fetchone()[0])
    if _owners(db, wwpns) - {host_id}:
        # As on a real array, a port is in one host only; sharing it would show this server another one's volumes.
        raise errors.Refused(f"an initiator of host {name} ({', '.join(wwpns)}) belongs to another host of the array")
    for wwpn in wwpns:
        db.execute(
            "INSERT OR IGNORE INTO initiators (wwpn, host_id, position) "
            "SELECT ?1, ?2, COALESCE(MAX(position) + 1, 0) FROM initiators WHERE host_id = ?2",
            (wwpn, host_id),
        )
    return host_id


def _owners(db: sqlite3.Connection, wwpns: list[str]) -> set[int]:
    rows = [db.execute("SELECT host_id FROM initiators WHERE wwpn = ?", (wwpn,)).fetchone() for wwpn in wwpns]
    return {int(row["host_id"]) for row in rows if row}


def _named(db: sqlite3.Connection, name: str | None) -> set[int]:
    return {int(row["host_id"]) for row in db.execute("SELECT host_id FROM hosts WHERE name = ?", (name,))}


def _zone(db: sqlite3.Connection, host_id: int, wwpns: list[str]) -> dict[str, list[str]]:
    """Zone each initiator with the targets of its fabric; returns all zones of the given initiators."""
    rows = db.execute("SELECT wwpn, position FROM initiators WHERE host_id = ?", (host_id,)).fetchall()
    for row in rows:
        for fabric in fabrics_of(row["position"], is_only=len(rows) == 1):
            db.execute(
                "INSERT OR IGNORE INTO zones (initiator, target) SELECT ?, wwpn FROM targets WHERE fabric = ?",
                (row["wwpn"], fabric),
            )
    query = "SELECT target FROM zones WHERE initiator = ? ORDER BY target"
    return {wwpn: [row["target"] for row in db.execute(query, (wwpn,))] for wwpn in wwpns}


def _mask(db: sqlite3.Connection, host_id: int, volume_id: str) -> int:
    masks = {row["volume_id"]: row["lun"] for row in db.execute("SELECT * FROM masks WHERE host_id = ?", (host_id,))}
    if volume_id not in masks:
        free = sorted(set(range(_HIGHEST_LUN + 1)) - set(masks.values()))
        if not free:
            raise errors.Refused(f"the host has volumes on all {_HIGHEST_LUN + 1} LUNs")
        masks[volume_id] = free[0]
        db.execute("INSERT INTO masks (host_id, volume_id, lun) VALUES (?, ?, ?)", (host_id, volume_id, free[0]))
    return int(masks[volume_id])


def _remove_host(db: sqlite3.Connection, host_id: int) -> None:
    db.execute("DELETE FROM zones WHERE initiator IN (SELECT wwpn FROM initiators WHERE host_id = ?)", (host_id,))
    db.execute("DELETE FROM initiators WHERE host_id = ?", (host_id,))
    db.execute("DELETE FROM hosts WHERE host_id = ?", (host_id,))
