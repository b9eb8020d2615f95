"""A data-processing cluster on DPM: each node a partition that boots from a Fibre Channel volume of its own.

Starts a mock HMC and Moorage, drives the unmodified ``openstack dataprocessing`` commands, gives the cluster more nodes
and fewer, deletes it, and shows that HMC and array are empty. Run it with ``make demo-cluster``.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from guests import Guests
from stage import Stage, fail, say, table

NETWORK = ["[networks]", "names = private", "[network:private]", "cidr = 10.20.0.0/24", "virtual_switches = {switch}"]
NODE = {
    "name": "worker", "plugin_name": "generic", "plugin_version": "1.0", "flavor_id": "1", "node_processes": ["worker"],
    "boot_from_volume": True, "node_configs": {"general": {"Boot volume size": 2}},
}  # fmt: skip


def main() -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="moorage-demo-") as directory, Stage(Path(directory)) as stage:
        say("1. A mock HMC (TLS, one z13 CPC with two FCP adapters) and Moorage with its simulated FC array")
        stage.start_hmc(NETWORK)
        stage.start_moorage()
        with Guests(stage.data_dir / "clouds.yaml"):
            register(stage)
            create(stage)
            say("4. Scale it out: each new node gets a partition and a volume of its own")
            scale(stage, 4)
            say("5. Scale it in: volumes go with their nodes")
            scale(stage, 1)
            delete(stage)
    say(f"Done in {time.monotonic() - began:.0f} s: nothing left on the HMC, nothing left on the array.")
    return 0


def sahara(stage: Stage, *words: str) -> None:
    stage.openstack("--os-data-processing-api-version", "2", "dataprocessing", *words)


def register(stage: Stage) -> None:
    say("2. An image, registered for the plugin whose node processes are scripts of one's own")
    image = stage.directory / "linux.raw"
    image.write_bytes(b"pretend this is a Linux with cloud-init\n" * 4096)
    stage.openstack(
        "image", "create", "--disk-format", "raw", "--file", str(image), "linux", "-c", "name", "-c", "status"
    )
    sahara(stage, "image", "register", "linux", "--username", "linux", "-c", "Username", "-c", "Status")
    sahara(stage, "image", "tags", "set", "linux", "--tags", "generic", "-c", "Tags")


def create(stage: Stage) -> None:
    say("3. A node group that boots from volumes of 2 GiB, a template, and a cluster of two nodes")
    template = stage.directory / "worker.json"
    template.write_text(json.dumps(NODE))
    sahara(
        stage, "node", "group", "template", "create", "--json", str(template), "-c", "Name", "-c", "Boot from volume"
    )
    sahara(stage, "cluster", "template", "create", "--name", "ct", "--node-groups", "worker:2", "-c", "Name")
    words = ("--name", "c1", "--cluster-template", "ct", "--image", "linux", "--neutron-network", "private")
    sahara(stage, "cluster", "create", *words, "--wait", "-c", "Name", "-c", "Status")
    sahara(stage, "cluster", "show", "c1", "--show-progress", "-c", "Status", "-c", "Node groups")
    compare(stage, 2)


def scale(stage: Stage, count: int) -> None:
    sahara(stage, "cluster", "scale", "c1", "--instances", f"worker:{count}", "-c", "Status")
    words = ("--os-data-processing-api-version", "2", "dataprocessing", "cluster", "list", "-c", "Status")
    stage.until(lambda: stage.value(*words) == "Active", "the cluster is Active", 120.0)
    compare(stage, count)


def compare(stage: Stage, count: int) -> None:
    """What the HMC runs beside what the array lets it reach."""
    stage.openstack("server", "list", "-c", "Name", "-c", "Status")
    stage.openstack("volume", "list", "-c", "Name", "-c", "Size", "-c", "Status")
    partitions = [p for p in stage.hmc_state()["partitions"] if p["status"] == "active"]
    masked = {mask["volume_id"] for mask in stage.array()["masks"]}
    table({"active": len(partitions), "masked volumes": len(masked)})
    if len(partitions) != count or len(masked) != count:
        fail(f"there are not {count} partitions with a volume each")


def delete(stage: Stage) -> None:
    say("6. Delete it")
    sahara(stage, "cluster", "delete", "c1", "--wait")
    stage.until(lambda: not stage.unfinished(), "nothing is left to do")
    array, state = stage.array(), stage.hmc_state()
    left = {"partitions": len(state["partitions"]), "HBAs": len(state["hbas"])}
    left |= {name: len(array[name]) for name in ("volumes", "hosts", "masks", "zones")}
    table(left)
    if any(left.values()):
        fail("something is left behind")


if __name__ == "__main__":
    sys.exit(main())
