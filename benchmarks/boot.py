"""How long from POST /servers to ACTIVE, from DELETE to 404, and from a cold start to the first answer?

``python benchmarks/boot.py`` starts ``moorage serve`` on the simulated hypervisor (zero latency, SQLite) and prints the
figures as JSON. Run it on an idle machine; quote medians.
"""

from __future__ import annotations

import json
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from keystoneauth1 import loading
from keystoneauth1.session import Session

ROUNDS = 30
COMMAND = [sys.executable, "-m", "moorage.cli.main"]


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        data_dir, port = Path(directory), free_port()
        began = time.perf_counter()
        words = ["serve", "--data-dir", str(data_dir), "--listen", f"127.0.0.1:{port}"]
        process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        process.stdout.readline()
        urllib.request.urlopen(f"http://127.0.0.1:{port}/compute/v2.1").read()
        cold_start_s = time.perf_counter() - began
        try:
            figures = measure(session(data_dir))
        finally:
            stop = time.perf_counter()
            process.send_signal(signal.SIGTERM)
            process.wait()
            stop_s = time.perf_counter() - stop
    print(json.dumps({"cold_start_s": round(cold_start_s, 2), "stop_s": round(stop_s, 2), **figures}, indent=2))
    return 0


def measure(cloud: Session) -> dict[str, Any]:
    boots, deletes = [], []
    for _ in range(ROUNDS):
        volume = call(cloud, "POST", "block-storage", "/volumes", {"volume": {"size": 1}}).json()["volume"]["id"]
        until(lambda v=volume: status(cloud, "block-storage", f"/volumes/{v}") == "available")  # type: ignore[misc]
        call(cloud, "POST", "block-storage", f"/volumes/{volume}/action", {"os-set_bootable": {"bootable": True}})
        disk = {"uuid": volume, "source_type": "volume", "destination_type": "volume", "boot_index": 0}
        server = {"name": "bench", "flavorRef": "5", "block_device_mapping_v2": [disk]}
        began = time.perf_counter()
        made = call(cloud, "POST", "compute", "/servers", {"server": server}).json()["server"]["id"]
        until(lambda s=made: status(cloud, "compute", f"/servers/{s}") == "ACTIVE")  # type: ignore[misc]
        boots.append(time.perf_counter() - began)
        began = time.perf_counter()
        call(cloud, "DELETE", "compute", f"/servers/{made}")
        until(lambda s=made: call(cloud, "GET", "compute", f"/servers/{s}").status_code == 404)  # type: ignore[misc]
        deletes.append(time.perf_counter() - began)
        call(cloud, "DELETE", "block-storage", f"/volumes/{volume}")
    return {"boot_ms": _figures(boots), "delete_ms": _figures(deletes)}


def call(cloud: Session, method: str, service: str, path: str, body: Any = None) -> Any:
    filters = {"service_type": service, "interface": "public"}
    return cloud.request(path, method, json=body, endpoint_filter=filters, raise_exc=False)


def status(cloud: Session, service: str, path: str) -> str:
    (shown,) = call(cloud, "GET", service, path).json().values()
    return str(shown["status"])


def until(check: Callable[[], bool], pause_s: float = 0.002, timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline
        time.sleep(pause_s)


def session(data_dir: Path, cloud: str = "moorage") -> Session:
    clouds = yaml.safe_load((data_dir / "clouds.yaml").read_text())["clouds"]
    return Session(auth=loading.get_plugin_loader("v3password").load_from_options(**clouds[cloud]["auth"]))


def _figures(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(value * 1000 for value in seconds)
    return {
        "min": round(ordered[0], 1), "median": round(statistics.median(ordered), 1), "max": round(ordered[-1], 1)
    }  # fmt: skip


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
