"""How long until a cluster of 100 nodes that boot from volumes is Active, and until it is gone?

``python benchmarks/cluster.py [NODES]`` starts ``moorage serve`` on the simulated hypervisor, whose calls take a second
each (``[sim] latency``), and prints the figures as JSON, ``active_cpu_s`` of that process alone. Run it on an idle
machine; the aim is 10 s for 100 nodes.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from boot import COMMAND, call, free_port, session, until
from process_figures import cpu_s

CONFIG = """\
[DEFAULT]
compute_driver = sim
[volumes]
enabled_backends = fcarray
[workers]
concurrency = 200
[sim]
latency = 1
[networks]
names = private
[network:private]
cidr = 10.20.0.0/16
"""


PATIENCE = (0.25, 300.0)
"""Seconds between two looks, and in all."""


def main(nodes: int) -> int:
    with tempfile.TemporaryDirectory() as directory:
        data_dir = Path(directory)
        config = data_dir / "bench.conf"
        config.write_text(CONFIG)
        words = ["serve", "--config-file", str(config), "--data-dir", directory, "--listen", f"127.0.0.1:{free_port()}"]
        process = subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout
        process.stdout.readline()
        try:
            lift_quotas(session(data_dir, "moorage-admin"), session(data_dir).get_project_id())
            figures = measure(session(data_dir), nodes, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
    print(json.dumps({"nodes": nodes, **figures}, indent=2))
    return 0


def measure(cloud: Any, nodes: int, pid: int) -> dict[str, float]:
    body = order(cloud, nodes)
    began, used = time.perf_counter(), cpu_s(pid)
    cluster = sahara(cloud, "POST", "/clusters", body)["cluster"]["id"]
    until(lambda: sahara(cloud, "GET", f"/clusters/{cluster}")["cluster"]["status"] in ("Active", "Error"), *PATIENCE)
    active_s, active_cpu_s = time.perf_counter() - began, cpu_s(pid) - used
    found = sahara(cloud, "GET", f"/clusters/{cluster}")["cluster"]
    assert found["status"] == "Active", found["status_description"]
    began = time.perf_counter()
    sahara(cloud, "DELETE", f"/clusters/{cluster}")
    path = f"/v2/clusters/{cluster}"
    until(lambda: call(cloud, "GET", "data-processing", path).status_code == 404, *PATIENCE)
    gone_s = time.perf_counter() - began
    return {"active_s": round(active_s, 2), "active_cpu_s": round(active_cpu_s, 2), "gone_s": round(gone_s, 2)}


def lift_quotas(admin: Any, project: str | None) -> None:
    for service, limits in (("block-storage", ("volumes", "gigabytes")), ("compute", ("instances", "cores", "ram"))):
        call(admin, "PUT", service, f"/os-quota-sets/{project}", {"quota_set": dict.fromkeys(limits, -1)})


def order(cloud: Any, nodes: int) -> dict[str, Any]:
    """An image that is registered, and the request for the cluster."""
    about = {"name": "nodes", "disk_format": "raw", "container_format": "bare"}
    image = call(cloud, "POST", "image", "/v2/images", about).json()["id"]
    filters = {"service_type": "image", "interface": "public"}
    headers = {"Content-Type": "application/octet-stream"}
    cloud.request(f"/v2/images/{image}/file", "PUT", data=b"\0" * 4096, headers=headers, endpoint_filter=filters)
    sahara(cloud, "POST", f"/images/{image}", {"username": "linux"})
    sahara(cloud, "PUT", f"/images/{image}/tags", {"tags": ["generic"]})
    network = call(cloud, "GET", "network", "/v2.0/networks").json()["networks"][0]["id"]
    group = {
        "name": "w", "count": nodes, "flavor_id": "1", "node_processes": ["worker"], "boot_from_volume": True,
        "node_configs": {"general": {"Boot volume size": 1}},
    }  # fmt: skip
    return {
        "name": "bench", "plugin_name": "generic", "plugin_version": "1.0", "default_image_id": image,
        "neutron_management_network": network, "node_groups": [group],
    }  # fmt: skip


def sahara(cloud: Any, method: str, path: str, body: Any = None) -> Any:
    answer = call(cloud, method, "data-processing", f"/v2{path}", body)
    assert answer.ok, answer.text
    return answer.json() if answer.text else None


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
