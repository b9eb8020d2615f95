"""The main job, step by step: a DPM partition boots from a Fibre Channel volume, and its end leaves nothing behind.

Starts a mock HMC and Moorage, drives the unmodified ``openstack`` command, kills Moorage in mid-destroy (kill -9),
starts it again, and shows that HMC and array are empty. Run it with ``make demo``.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from stage import Stage, fail, say, table


def main() -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="moorage-demo-") as directory, Stage(Path(directory)) as stage:
        set_the_stage(stage)
        server = boot(stage)
        compare(stage, server)
        destroy_and_kill(stage, server)
        nothing_left(stage)
    say(f"Done in {time.monotonic() - began:.0f} s: nothing left on the HMC, nothing left on the array.")
    return 0


def set_the_stage(stage: Stage) -> None:
    say("1. A mock HMC (TLS, one z13 CPC with two FCP adapters) and Moorage with its simulated FC array")
    stage.start_hmc()
    stage.start_moorage()


def boot(stage: Stage) -> str:
    say("2. A bootable volume from an image, on the array")
    image = stage.directory / "linux.raw"
    image.write_bytes(b"pretend this is a Linux\n" * 4096)
    stage.openstack(
        "image", "create", "--disk-format", "raw", "--file", str(image), "linux", "-c", "name", "-c", "status"
    )
    stage.openstack(
        "volume", "create", "--image", "linux", "--size", "1", "--bootable", "root", "-c", "name", "-c", "size"
    )
    stage.until_available("root")

    say("3. A server from that volume: partition and vHBAs are made, the LUN is masked for their WWPNs, it boots")
    stage.openstack(
        "server", "create", "--flavor", "m1.volume", "--volume", "root", "--wait", "db1", "-c", "id", "-c", "status",
        "-c", "volumes_attached",
    )  # fmt: skip
    return stage.value("server", "show", "db1", "-c", "id")


def compare(stage: Stage, server: str) -> None:
    say("4. What the HMC says the partition boots from, beside what the array lets its WWPNs reach")
    (partition,) = [p for p in stage.hmc_state()["partitions"] if server in p["name"]]
    for name in ("name", "status", "boot-device", "boot-world-wide-port-name", "boot-logical-unit-number"):
        print(f"   {name:28}{partition[name]}")
    stage.moorage("array", "show", "--file", str(stage.array_file))
    array = stage.array()
    if partition["status"] != "active" or len(array["masks"]) != 1:
        fail("the partition does not run from a masked LUN")
    if array["masks"][0]["lun16"] != partition["boot-logical-unit-number"]:
        fail("the partition's boot LUN is not the masked one")


def destroy_and_kill(stage: Stage, server: str) -> None:
    say("5. Delete it, and kill -9 Moorage while the partition is being stopped")
    stage.openstack("server", "delete", "db1")
    stage.until(lambda: stage.partition_status(server) == "stopping", "the partition is stopping")
    stage.kill_moorage()
    print(f"   partition: {stage.partition_status(server)}, masks on the array: {len(stage.array()['masks'])}")

    say("6. Start Moorage again: it goes on where it was killed")
    stage.start_moorage()
    stage.until(lambda: "db1" not in stage.value("server", "list", "-c", "Name"), "the server is gone")
    stage.until(lambda: not stage.unfinished(), "nothing is left to do")
    stage.moorage("operations", "list", "--data-dir", str(stage.data_dir), "--server", server)


def nothing_left(stage: Stage) -> None:
    say("7. What is left")
    array, state = stage.array(), stage.hmc_state()
    left = {"partitions": len(state["partitions"]), "HBAs": len(state["hbas"])}
    left |= {name: len(array[name]) for name in ("hosts", "masks", "zones")}
    table(left)
    if any(left.values()):
        fail("something is left behind")
    stage.openstack("volume", "list", "-c", "Name", "-c", "Status")
    if "available" not in stage.value("volume", "show", "root", "-c", "status"):
        fail("the volume is not available again")


if __name__ == "__main__":
    sys.exit(main())
