"""What do a list page, a show and an attach cost with 100,000 servers and 300,000 volumes, against 1,000 and 3,000?

``python benchmarks/growth.py`` makes two data directories: a server with three volumes is made through the API, then
its rows are copied as often as wanted, spread over ten projects. Both are served and asked in turns, so that what
else the machine does touches both. Prints medians and their ratio as JSON; status 1 if a ratio is over the target.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from boot import free_port

TARGET = 1.5
COMMAND = [sys.executable, "-m", "moorage.cli.main"]
PROJECTS = 10
_TEMPLATE = {
    "moorage.db": ("servers", "volumes", "attachments", "operations", "instance_actions", "action_events"),
    "sim/guests.db": ("guests",),
}
_IDS = {"id", "server_id", "volume_id", "action_id", "bdm_uuid", "attachment_id", "reservation_id"}


class Cloud:
    """A process on a data directory, with a client that speaks HTTP and nothing else."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        config = directory / "moorage.conf"
        config.write_text("[audit]\nmode = off\n[sim]\nvcpus = 10000000\nmemory_mib = 10000000000\n")
        words = ["serve", "--data-dir", str(directory), "--listen", f"127.0.0.1:{self.port}"]
        self._process = subprocess.Popen(
            [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout
        assert self._process.stdout.readline().startswith("ready ")
        self._wire = http.client.HTTPConnection("127.0.0.1", self.port)
        self.tokens = {name: self._log_in(name) for name in ("moorage", "moorage-admin")}

    def call(self, method: str, path: str, body: Any = None, who: str = "moorage") -> Any:
        """The parsed answer; anything but a success ends the run."""
        headers = {"X-Auth-Token": self.tokens[who], "Content-Type": "application/json"}
        headers["OpenStack-API-Version"] = "compute 2.67" if path.startswith("/compute") else "volume 3.44"
        self._wire.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._wire.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text.decode()[:300]}")
        return json.loads(text) if text else None

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()

    def _log_in(self, name: str) -> str:
        auth = yaml.safe_load((self.directory / "clouds.yaml").read_text())["clouds"][name]["auth"]
        domain = {"id": "default"}
        user = {"name": auth["username"], "password": auth["password"], "domain": domain}
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"name": auth["project_name"], "domain": domain}}
        body = json.dumps({"auth": {"identity": identity, "scope": scope}})
        self._wire.request("POST", "/identity/v3/auth/tokens", body, {"Content-Type": "application/json"})
        answer = self._wire.getresponse()
        answer.read()
        return str(answer.headers["X-Subject-Token"])


def volume(cloud: Cloud, *, is_bootable: bool = False) -> str:
    """A volume that is available."""
    made: str = cloud.call("POST", "/volume/v3/volumes", {"volume": {"size": 1}})["volume"]["id"]
    _until(lambda: _status(cloud, made) == "available")
    if is_bootable:
        cloud.call("POST", f"/volume/v3/volumes/{made}/action", {"os-set_bootable": {"bootable": True}})
    return made


def server(cloud: Cloud) -> str:
    """An active server with three volumes."""
    disks = [
        {
            "uuid": volume(cloud, is_bootable=n == 0),
            "source_type": "volume",
            "destination_type": "volume",
            "boot_index": b,
        }
        for n, b in enumerate((0, -1, -1))
    ]
    wanted = {"name": "growth", "flavorRef": "5", "networks": "none", "block_device_mapping_v2": disks}
    made: str = cloud.call("POST", "/compute/v2.1/servers", {"server": wanted})["server"]["id"]
    _until(lambda: cloud.call("GET", f"/compute/v2.1/servers/{made}")["server"]["status"] == "ACTIVE")
    return made


def grow(directory: Path, servers: int) -> None:
    """Make a data directory with that many servers and three times as many volumes."""
    directory.mkdir()
    cloud = Cloud(directory)
    _lift_quotas(cloud)
    server(cloud)
    cloud.stop()
    names: list[dict[str, str]] = []
    for file, tables in _TEMPLATE.items():
        with sqlite3.connect(directory / file) as database:
            database.row_factory = sqlite3.Row
            rows = {table: [dict(row) for row in database.execute(f"SELECT * FROM {table}")] for table in tables}
            if not names:
                known = sorted(
                    {str(row[c]) for found in rows.values() for row in found for c in _IDS & row.keys()} - {"None"}
                )
                names = [{old: str(uuid.uuid4()) for old in known} for _ in range(servers - 1)]
            for table, found in rows.items():
                for row in found:
                    _copy(database, table, row, names)
            database.execute("ANALYZE")


def _lift_quotas(cloud: Cloud) -> None:
    project = cloud.call("GET", "/identity/v3/auth/projects")["projects"][0]["id"]
    for path, names in (("/volume/v3", ("volumes", "gigabytes")), ("/compute/v2.1", ("instances", "cores", "ram"))):
        body = {"quota_set": dict.fromkeys(names, -1)}
        cloud.call("PUT", f"{path}/os-quota-sets/{project}", body, who="moorage-admin")


def _copy(database: sqlite3.Connection, table: str, row: dict[str, Any], names: list[dict[str, str]]) -> None:
    """The row once for each set of names, in one of ten projects, a second older each time."""
    columns = [name for name in row if name != "sequence"]
    texts = [name for name in columns if isinstance(row[name], str)]
    involved = [old for old in names[0] if any(old in row[name] for name in texts)] if names else []

    def copies() -> Iterator[list[Any]]:
        for number, new in enumerate(names):
            copy = dict(row)
            for name in texts:
                for old in involved:
                    copy[name] = copy[name].replace(old, new[old])
            if number % PROJECTS and "project_id" in copy:
                copy["project_id"] = f"{number % PROJECTS:032x}"
            if "created_at" in copy:
                copy["created_at"] = (
                    f"20{10 + number % 15}-{1 + number % 12:02}-{1 + number % 28:02} 00:00:{number % 60:02}.000000"
                )
            yield [copy[name] for name in columns]

    marks = ", ".join("?" * len(columns))
    database.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", copies())


def measures(cloud: Cloud) -> dict[str, Callable[[], object]]:
    """What is timed, by name; each leaves the cloud as it was."""
    target, disk = server(cloud), volume(cloud)
    attachments = f"/compute/v2.1/servers/{target}/os-volume_attachments"

    def attach() -> None:
        cloud.call("POST", attachments, {"volumeAttachment": {"volumeId": disk}})
        _until(lambda: _status(cloud, disk) == "in-use")

    def detach() -> None:
        cloud.call("DELETE", f"{attachments}/{disk}")
        _until(lambda: _status(cloud, disk) == "available")

    return {
        "list_servers_page": lambda: cloud.call("GET", "/compute/v2.1/servers/detail?limit=50"),
        "list_servers_page_all_projects": lambda: cloud.call(
            "GET", "/compute/v2.1/servers/detail?limit=50&all_tenants=1", who="moorage-admin"
        ),
        "list_servers_by_status": lambda: cloud.call("GET", "/compute/v2.1/servers/detail?limit=50&status=ACTIVE"),
        "list_volumes_page": lambda: cloud.call("GET", "/volume/v3/volumes/detail?limit=50"),
        "show_server": lambda: cloud.call("GET", f"/compute/v2.1/servers/{target}"),
        "show_volume": lambda: cloud.call("GET", f"/volume/v3/volumes/{disk}"),
        "attach": attach,
        "detach": detach,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=1000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        for name in ("small", "large"):
            grow(Path(directory) / name, getattr(given, name))
        clouds = {name: Cloud(Path(directory) / name) for name in ("small", "large")}
        for cloud in clouds.values():
            stack.callback(cloud.stop)
        todo = {name: measures(cloud) for name, cloud in clouds.items()}
        took: dict[str, dict[str, list[float]]] = {name: {"small": [], "large": []} for name in todo["small"]}
        for _ in range(given.rounds):
            for measure, times in took.items():
                for name in times:
                    began = time.perf_counter()
                    todo[name][measure]()
                    times[name].append((time.perf_counter() - began) * 1000)
    found = {measure: _figures(times) for measure, times in took.items()}
    print(json.dumps({"servers": [given.small, given.large], "target": TARGET, "measures": found}, indent=2))
    return int(any(figures["ratio"] > TARGET for figures in found.values()))


def _figures(times: dict[str, list[float]]) -> dict[str, float]:
    medians = {f"{name}_ms": round(statistics.median(values), 2) for name, values in times.items()}
    return {**medians, "ratio": round(medians["large_ms"] / medians["small_ms"], 2)}


def _status(cloud: Cloud, volume_id: str) -> str:
    return str(cloud.call("GET", f"/volume/v3/volumes/{volume_id}")["volume"]["status"])


def _until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.001)


if __name__ == "__main__":
    sys.exit(main())
