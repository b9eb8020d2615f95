"""``volume-attachment show``, ``get-connector`` and ``refresh``: names and exit codes as nova-manage has them."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import Any

from moorage import errors, ids
from moorage.attachments import service as attachments
from moorage.attachments.model import Attachment
from moorage.cli import beside
from moorage.cli.tables import print_table
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.config.settings import Settings
from moorage.context import Context
from moorage.store import Store
from moorage.workflows import refresh_attachment

_SHOWN = (
    "server_id", "volume_id", "bdm_uuid", "attachment_id", "attach_status", "attach_mode", "device_name", "boot_index",
    "delete_on_termination", "connector", "connection_info",
)  # fmt: skip


def run(settings: Settings, args: argparse.Namespace) -> int:
    store = Store(settings.database_url)
    if args.action == "get-connector":
        return _get_connector(store, args)
    return _show(store, args) if args.action == "show" else _refresh(settings, store, args)


def _server(store: Store, server_id: str) -> Server | None:
    with store.read() as tx:
        server = servers.find(tx, server_id)
    return None if server is None or server.deleted_at is not None else server


def _disk(store: Store, server: Server, volume_id: str) -> Attachment | None:
    with store.read() as tx:
        disks = attachments.of_server(tx, server.id)
    return next((disk for disk in disks if disk.bdm_uuid and disk.volume_id == volume_id), None)


def _refuse(text: str, status: int) -> int:
    print(f"moorage: {text}", file=sys.stderr)
    return status


def _get_connector(store: Store, args: argparse.Namespace) -> int:
    server = _server(store, args.server)
    if server is None:
        return _refuse(f"Instance {args.server} not found.", 2)
    if server.connector is None:
        return _refuse(f"Instance {args.server} has no connector yet.", 1)
    _print(server.connector, args.json)
    return 0


def _show(store: Store, args: argparse.Namespace) -> int:
    server = _server(store, args.server)
    if server is None:
        return _refuse(f"Instance {args.server} not found.", 2)
    disk = _disk(store, server, args.volume)
    if disk is None:
        return _refuse(f"Instance {args.server} is not attached to volume {args.volume}.", 3)
    shown = {name: getattr(disk, name) for name in _SHOWN}
    if args.connection_info:
        print(json.dumps(disk.connection_info, indent=2))
    else:
        _print(shown, args.json)
    return 0


def _print(shown: dict[str, Any], is_json: bool) -> None:
    if is_json:
        print(json.dumps(shown, indent=2))
    else:
        print_table(["property", "value"], [[name, _text(value)] for name, value in shown.items()])


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _refresh(settings: Settings, store: Store, args: argparse.Namespace) -> int:
    host, status = _host_of(args.connector)
    if status:
        return status
    server = _server(store, args.server)
    if server is None:
        return _refuse(f"Instance {args.server} not found.", 4)
    disk = _disk(store, server, args.volume)
    if disk is None:
        return _refuse(f"Instance {args.server} is not attached to volume {args.volume}.", 6)
    if host is not None and host != (server.connector or {}).get("host"):
        return _refuse(f"The connector is of host {host}, not of instance {args.server}.", 7)
    who = Context(user_id=getpass.getuser(), request_id=f"req-{ids.new()}", roles=frozenset({"admin"}))
    try:
        (done,) = beside.carry_out(
            settings, lambda tx: [refresh_attachment.request(tx, who, servers.get(tx, server.id), disk.id)]
        )
    except errors.Conflict as refusal:
        return _refuse(refusal.message, 5)
    return _refuse(str(done.error), 1) if done.state == "failed" else 0


def _host_of(file: str | None) -> tuple[str | None, int]:
    if file is None:
        return None, 0
    try:
        return str(json.loads(Path(file).read_text())["host"]), 0
    except FileNotFoundError:
        return None, _refuse(f"Unable to open {file}.", 2)
    except (OSError, ValueError, KeyError, TypeError) as problem:
        return None, _refuse(f"Unable to read {file}: {type(problem).__name__}", 3)
