"""Do rows, array and hypervisor agree? The invariants that must hold whenever nothing is in flight.

I1 each disk of a live server has exactly one attachment; I2 each attachment has a server or a recorded reason;
I3 a volume's status follows from its attachments; I4 array and hypervisor hold exactly the disks of running servers;
I5 nothing is in flight for ever; I6 the disk last written to is the one on record.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

_STATUS = {"reserved": "reserved", "attaching": "attaching", "attached": "in-use", "detaching": "detaching"}
_FAILED = ("error", "error_deleting", "error_extending")
"""What a volume is whose storage said no; of the first two storage may hold nothing any more."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Rows = list[dict[str, Any]]


Database = Path | str
"""A SQLite file, or the URL of a PostgreSQL database."""


def rows(database: Database, query: str) -> Rows:
    """As SQLite gives them: JSON is text."""
    if isinstance(database, str):
        with psycopg.connect(database, row_factory=dict_row) as session:
            found = session.execute(query.encode()).fetchall()
        return [{name: json.dumps(v) if isinstance(v, dict | list) else v for name, v in row.items()} for row in found]
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def run(database: Database, *statements: str) -> None:
    """Change rows behind Moorage's back."""
    if isinstance(database, str):
        with psycopg.connect(database) as session:
            for statement in statements:
                session.execute(statement.encode())
        return
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def unfinished(database: Database) -> Rows:
    return rows(database, "SELECT * FROM operations WHERE state IN ('pending', 'running')")


@dataclasses.dataclass(frozen=True)
class Guests:
    """What a hypervisor holds, by server: whether it runs; where each volume is that it sees (None: it cannot say)."""

    running: dict[str, bool]
    disks: dict[str, dict[str, str]] | None = None


def problems(database: Database, data_dir: Path, array: dict[str, Rows], guests: Guests, groups: Rows) -> list[str]:
    """Every contradiction, in words."""
    servers = {row["id"]: row for row in rows(database, "SELECT * FROM servers")}
    disks = rows(database, "SELECT * FROM attachments")
    volumes = {row["id"]: row for row in rows(database, "SELECT * FROM volumes")}
    return [
        *(f"I5: operation {row['kind']} {row['id']} is {row['state']}" for row in unfinished(database)),
        *_servers(servers, disks, groups),
        *_volumes(volumes, disks),
        *_array(servers, disks, volumes, array),
        *_ports(servers, rows(database, "SELECT * FROM ports")),
        *_files(data_dir / "volumes" / "volumes", volumes),
        *_guests(servers, guests.running),
        *_groups(servers, disks, groups),
        *_guest_disks(servers, disks, guests.disks or {}),
    ]


def _ports(servers: dict[str, Any], ports: Rows) -> list[str]:
    """A port is bound to a server that can use it, or free; one made for a server goes with it."""
    found = []
    for port in ports:
        server = servers.get(port["server_id"])
        if port["server_id"] is None and port["is_made_for_server"]:
            found.append(f"I2: port {port['id']} was made for a server and outlives it")
        elif port["server_id"] is not None and (server is None or _holds_nothing(server)):
            found.append(f"I2: port {port['id']} is bound to server {port['server_id']}, which holds nothing")
    return found


def _holds_nothing(server: dict[str, Any]) -> bool:
    """Deleted, or never came up: nothing may be left of it. A server that fails later keeps its volumes."""
    return bool(server["deleted_at"]) or (server["vm_state"] == "error" and not server["launched_at"])


def _servers(servers: dict[str, Any], disks: Rows, groups: Rows) -> list[str]:
    found = []
    for server_id, server in servers.items():
        mine = [disk for disk in disks if disk["server_id"] == server_id and disk["destination_type"] == "volume"]
        if _holds_nothing(server):
            found += [f"I2: {server['vm_state']} server {server_id} still has disk {disk['id']}" for disk in mine]
            if server["identity"]:
                found.append(f"I2: {server['vm_state']} server {server_id} still has WWPNs on record")
        elif server["vm_state"] == "shelved_offloaded":
            found += _offloaded(server, mine, groups)
        elif server["vm_state"] in _HOSTED:
            found += _hosted(server, mine)
        if server["task_state"]:
            found.append(f"I5: server {server_id} has task_state {server['task_state']}")
    return found


_HOSTED = ("active", "stopped", "paused", "suspended", "rescued", "resized", "soft-delete", "shelved")


def _hosted(server: dict[str, Any], mine: Rows) -> list[str]:
    what = f"{server['vm_state']} server {server['id']}"
    found = [
        f"I1: disk {disk['id']} of {what} is {disk['attach_status']}"
        for disk in mine
        if disk["attach_status"] != "attached" or not disk["connection_info"]
    ]
    devices = [disk["device_name"] for disk in mine]
    if None in devices or len(set(devices)) != len(devices):
        found.append(f"I1: the disks of {what} have the devices {devices}")
    return found + ([] if server["identity"] else [f"I4: {what} has no WWPNs on record"])


def _offloaded(server: dict[str, Any], mine: Rows, groups: Rows) -> list[str]:
    """No host, and no identity but that of a storage group kept; volumes reserved, or in use without a connector."""
    what = f"offloaded server {server['id']}"
    has_group = any(server["id"] in group["name"] for group in groups)
    gone = ("host",) if has_group else ("identity", "host")
    found = [f"I4: {what} still has {name} on record" for name in gone if server[name]]
    for disk in mine:
        if disk["attach_status"] not in ("reserved", "attached"):
            found.append(f"I1: disk {disk['id']} of {what} is {disk['attach_status']}")
        if disk["connector"] or disk["connection_info"]:
            found.append(f"I4: disk {disk['id']} of {what} is still connected on record")
    return found


def _volumes(volumes: dict[str, Any], disks: Rows) -> list[str]:
    found = []
    for volume_id, volume in volumes.items():
        statuses = {d["attach_status"] for d in disks if d["volume_id"] == volume_id and d["attachment_id"]}
        expected = next(
            (_STATUS[s] for s in ("attached", "attaching", "detaching", "reserved") if s in statuses), "available"
        )
        if volume["status"] not in (expected, *_FAILED):
            found.append(f"I3: volume {volume_id} is {volume['status']}, its attachments say {expected}")
    gone = [disk for disk in disks if disk["volume_id"] and disk["volume_id"] not in volumes]
    return found + [f"I2: disk {disk['id']} names volume {disk['volume_id']}, which is gone" for disk in gone]


def _array(servers: dict[str, Any], disks: Rows, volumes: dict[str, Any], array: dict[str, Rows]) -> list[str]:
    here = {volume_id: row for volume_id, row in volumes.items() if row["backend"] == "fcarray"}
    wanted = {
        (disk["server_id"], disk["volume_id"])
        for disk in disks
        if disk["connector"]
        and disk["volume_id"] in here
        and disk["server_id"] in servers
        and not _holds_nothing(servers[disk["server_id"]])
    }
    masks = {(mask["host"], mask["volume_id"]) for mask in array["masks"]}
    hosts = {host["name"] for host in array["hosts"]} | {zone["host"] for zone in array["zones"]}
    found = [f"I4: volume {volume} is masked for {host}, nothing on record" for host, volume in masks - wanted]
    found += [f"I4: volume {volume} is not masked for {host}" for host, volume in wanted - masks]
    found += [f"I4: the array still knows host {host}" for host in hosts - {server for server, _ in wanted}]
    kept = {volume["volume_id"] for volume in array["volumes"]}
    on_array = {v for v, row in here.items() if row["status"] not in _FAILED[:2]}
    found += [f"I4: the array holds volume {volume}, which is not on record there" for volume in kept - set(here)]
    return found + [f"I4: volume {volume} is not on the array" for volume in on_array - kept]


def _files(directory: Path, volumes: dict[str, Any]) -> list[str]:
    here = {v for v, row in volumes.items() if row["backend"] == "files"}
    kept = {path.name for path in directory.glob("*")}
    found = [f"I4: the files backend holds volume {name}, which is not on record there" for name in kept - here]
    complete = {v for v in here if volumes[v]["status"] not in _FAILED[:2]}
    return found + [f"I4: volume {volume} has no file" for volume in complete - kept]


def _groups(servers: dict[str, Any], disks: Rows, groups: Rows) -> list[str]:
    found = []
    for group in groups:
        match = _UUID.search(group["name"])
        server = servers.get(match[0] if match else "")
        if server is None or server["deleted_at"] or not server["identity"]:
            found.append(f"I4: the HMC holds storage group {group['name']}, nothing on record")
        elif server["vm_state"] in ("active", "stopped"):
            mine = sorted(d["volume_id"] for d in disks if d["server_id"] == server["id"] and d["connection_info"])
            if sorted(group["declared"]) != mine:
                found.append(f"I4: group {group['name']} declares {group['declared']}, on record are {mine}")
    return found


def partition_guests(partitions: Rows) -> Guests:
    """What an HMC knows: nothing of the LUNs a partition uses."""
    found = {}
    for partition in partitions:
        match = _UUID.search(partition["name"])
        found[match[0] if match else partition["name"]] = partition["status"] in ("active", "degraded")
    return Guests(found)


def _guest_disks(servers: dict[str, Any], disks: Rows, guests: dict[str, dict[str, str]]) -> list[str]:
    """What a guest sees, running or not, against the disks on record."""
    found = []
    for guest, held in guests.items():
        mine = [disk for disk in disks if disk["server_id"] == guest and disk["destination_type"] == "volume"]
        recorded = {disk["volume_id"]: disk["connection_info"] for disk in mine if disk["connection_info"]}
        if guest in servers and set(held) != set(recorded):
            found.append(
                f"I4: the guest of server {guest} has volumes {sorted(held)}, on record are {sorted(recorded)}"
            )
        found += [
            f"I6: the guest of server {guest} uses volume {volume} at another place than is on record"
            for volume, connection in recorded.items()
            if held.get(volume) != _address(json.loads(connection))
        ]
    return found


def _address(connection: dict[str, Any]) -> str:
    data = connection["data"]
    return str(data.get("device_path") or f"{data.get('target_wwn')}/{data.get('target_lun')}")


def sim_guests(path: Path) -> Guests:
    """What the simulated hypervisor's file says."""
    found = rows(path, "SELECT id, power, disks, addresses FROM guests")
    return Guests({row["id"]: row["power"] == 1 for row in found}, {row["id"]: _sim_disks(row) for row in found})


def _sim_disks(guest: dict[str, Any]) -> dict[str, str]:
    addresses = json.loads(guest["addresses"])
    return {volume: str(addresses.get(volume)) for volume in json.loads(guest["disks"])}


_RUNNING: dict[str, bool | None] = {
    "active": True, "stopped": False, "paused": False, "suspended": False, "soft-delete": False, "shelved": False,
    "rescued": True, "resized": None, "error": None,
}  # fmt: skip
"""vm_state → whether its guest runs; None where it may or may not. States that are missing have no guest."""


def _guests(servers: dict[str, Any], guests: dict[str, bool]) -> list[str]:
    found = []
    for server_id, is_running in guests.items():
        server = servers.get(server_id)
        state = "unknown" if server is None else "deleted" if server["deleted_at"] else server["vm_state"]
        if state not in _RUNNING or (server and _holds_nothing(server)):
            found.append(f"I4: the hypervisor holds a guest of {state} server {server_id}")
        elif _RUNNING[state] not in (None, is_running):
            found.append(f"I4: server {server_id} is {state}, its guest runs: {is_running}")
    for server_id, server in servers.items():
        if server["vm_state"] in _HOSTED and not server["deleted_at"] and server_id not in guests:
            found.append(f"I4: {server['vm_state']} server {server_id} has no guest")
    return found
