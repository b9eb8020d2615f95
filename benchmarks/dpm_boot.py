"""How long do 200 partitions on two CPCs take, against what the HMC's latency makes inevitable?

``python benchmarks/dpm_boot.py`` starts a mock HMC with two z16 CPCs that answers each request after 50 ms, and one
``moorage serve`` for both; then all servers are asked for at once. Printed as JSON: the requests to the HMC that one
boot takes, the critical path (latency x requests of a boot, which depend on each other, x boots a worker has to do in
turn), the wall time from the first ``POST /servers`` to the last ACTIVE, and the CPU time that both processes took for
a boot.

The critical path is the least that is possible with so many workers: what a boot can ask at once goes in one request
already (Submit Requests), so its requests wait for each other, and each worker does ``ceil(servers / workers)`` boots
in turn. The mock's jobs end at once and ``boot_grace_s`` is 0, so neither adds anything. The HMC is asked for its own
count, so nothing is left out but log-on and log-off. Run it on an idle machine: two cores have to carry all of it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from keystoneauth1 import loading
from keystoneauth1.session import Session
from process_figures import cpu_s

COMMAND = [sys.executable, "-m", "moorage.cli.main"]
FLAVOR = {"name": "small", "vcpus": 1, "ram": 512, "disk": 0}
CONF = """\
[DEFAULT]
compute_driver = dpm
[volumes]
enabled_backends = fcarray
[workers]
concurrency = {workers}
[dpm]
hmc = 127.0.0.1
hmc_port = {port}
hmc_notification_port = {stomp}
hmc_username = {user}
hmc_password = {password}
ca_file = {ca_file}
cpcs = {names}
max_processors = 192
max_memory = 1048576
boot_grace_s = 0
{sections}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--servers", type=int, default=200)
    parser.add_argument("--latency-ms", type=int, default=50)
    parser.add_argument("--workers", type=int, default=4, help="for each CPC")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        hmc, hmc_pid = stack.enter_context(mock_hmc(directory / "hmc", args.latency_ms))
        workers = args.workers * len(hmc["cpcs"])
        cloud, moorage_pid = stack.enter_context(moorage(directory / "moorage", hmc, workers))
        print(json.dumps(measure(cloud, hmc, args, {"hmc": hmc_pid, "moorage": moorage_pid}), indent=2))
    return 0


def measure(cloud: Session, hmc: dict[str, Any], args: argparse.Namespace, pids: dict[str, int]) -> dict[str, Any]:
    cpcs, workers = len(hmc["cpcs"]), args.workers * len(hmc["cpcs"])
    flavor, volumes = flavor_of(cloud), volumes_of(cloud, args.servers + workers)
    boot_all(cloud, flavor, volumes[args.servers :])  # the first boot of a worker logs on
    control(hmc, "DELETE", "/requests")
    began, used = time.perf_counter(), {name: cpu_s(pid) for name, pid in pids.items()}
    boot_all(cloud, flavor, volumes[: args.servers])
    wall_s = time.perf_counter() - began
    cpu_ms = {name: round((cpu_s(pid) - used[name]) / args.servers * 1000) for name, pid in pids.items()}
    requests = control(hmc, "GET", "/requests?logons=no")["count"] / args.servers
    critical_s = requests * args.latency_ms / 1000 * math.ceil(args.servers / workers)
    return {
        "servers": args.servers, "cpcs": cpcs, "latency_ms": args.latency_ms, "workers": workers,
        "hmc_requests_per_boot": round(requests, 2), "critical_path_s": round(critical_s, 2),
        "wall_s": round(wall_s, 2), "ratio": round(wall_s / critical_s, 2), "cpu_ms_per_boot": cpu_ms,
    }  # fmt: skip


def boot_all(cloud: Session, flavor: str, volumes: list[str]) -> None:
    """Ask for a server on each volume, and wait for all of them."""
    made = [asked_for(cloud, flavor, volume) for volume in volumes]
    deadline = time.monotonic() + 600
    for server in made:
        while (status := call(cloud, "GET", "compute", f"/servers/{server}").json()["server"]["status"]) == "BUILD":
            assert time.monotonic() < deadline, "not all servers are ACTIVE"
            time.sleep(0.1)
        assert status == "ACTIVE", f"server {server} is {status}"


def asked_for(cloud: Session, flavor: str, volume: str) -> str:
    disk = {"uuid": volume, "source_type": "volume", "destination_type": "volume", "boot_index": 0}
    server = {"name": "bench", "flavorRef": flavor, "networks": "none", "block_device_mapping_v2": [disk]}
    answer = call(cloud, "POST", "compute", "/servers", {"server": server})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["server"]["id"])


def volumes_of(cloud: Session, count: int) -> list[str]:
    """As many bootable volumes."""
    made = [
        call(cloud, "POST", "block-storage", "/volumes", {"volume": {"size": 1}}).json()["volume"]["id"]
        for _ in range(count)
    ]
    for volume in made:
        while call(cloud, "GET", "block-storage", f"/volumes/{volume}").json()["volume"]["status"] != "available":
            time.sleep(0.02)
        body = {"os-set_bootable": {"bootable": True}}
        assert call(cloud, "POST", "block-storage", f"/volumes/{volume}/action", body).status_code == 200
    return made


def flavor_of(cloud: Session) -> str:
    """Quotas lifted, and a flavor of one processor."""
    project = cloud.get_project_id()
    for service, names in (("block-storage", ("volumes", "gigabytes")), ("compute", ("instances", "cores", "ram"))):
        body = {"quota_set": dict.fromkeys(names, -1)}
        assert call(cloud, "PUT", service, f"/os-quota-sets/{project}", body).status_code == 200
    return str(call(cloud, "POST", "compute", "/flavors", {"flavor": FLAVOR}).json()["flavor"]["id"])


def call(cloud: Session, method: str, service: str, path: str, body: Any = None) -> Any:
    filters = {"service_type": service, "interface": "public"}
    version = {"microversion": "2.67"} if service == "compute" else {}
    return cloud.request(path, method, json=body, endpoint_filter=filters, raise_exc=False, **version)


def control(hmc: dict[str, Any], method: str, path: str) -> Any:
    request = urllib.request.Request(hmc["control"] + path, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


@contextlib.contextmanager
def mock_hmc(data_dir: Path, latency_ms: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Two z16 with two adapters each; every LUN answers. What the HMC says of itself, and its process."""
    machines = [word for n in (1, 2) for word in ("--cpc", f"Z16-{n},storage-management=on,ifls=192")]
    ports = [word for name in ("--listen", "--stomp-listen", "--control-listen") for word in (name, "127.0.0.1:0")]
    options = ["--data-dir", str(data_dir), "--no-fabric-check", "--latency-ms", str(latency_ms)]
    delays = ["--start-delay-ms", "0", "--stop-delay-ms", "0"]
    with _running([*COMMAND, "mock-hmc", *options, *delays, *ports, *machines]) as process:
        yield json.loads(process.stdout.readline()), process.pid


def section(cpc: dict[str, Any]) -> str:
    mappings = "\n".join(f"physical_storage_adapter_mappings = {each['object-id']}:0" for each in cpc["adapters"])
    return f"[dpm:{cpc['name'].lower()}]\ncpc_object_id = {cpc['object-id']}\n{mappings}"


@contextlib.contextmanager
def moorage(data_dir: Path, hmc: dict[str, Any], workers: int) -> Iterator[tuple[Session, int]]:
    """One cloud for all CPCs; an administrator's session, and its process."""
    data_dir.mkdir()
    (data_dir / "moorage.conf").write_text(
        CONF.format(
            workers=workers, port=hmc["url"].rpartition(":")[2], stomp=hmc["stomp"].rpartition(":")[2],
            user=hmc["user"], password=Path(hmc["password_file"]).read_text().strip(), ca_file=hmc["ca_file"],
            names=", ".join(cpc["name"].lower() for cpc in hmc["cpcs"]),
            sections="\n".join(section(cpc) for cpc in hmc["cpcs"]),
        )
    )  # fmt: skip
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    words = ["serve", "--data-dir", str(data_dir), "--listen", f"127.0.0.1:{port}"]
    with _running([*COMMAND, *words]) as process:
        assert process.stdout.readline().startswith("ready ")
        clouds = yaml.safe_load((data_dir / "clouds.yaml").read_text())["clouds"]
        auth = loading.get_plugin_loader("v3password").load_from_options(**clouds["moorage-admin"]["auth"])
        yield Session(auth=auth), process.pid


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[Any]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    sys.exit(main())
