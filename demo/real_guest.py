"""A real guest, step by step: an image, a volume made of it, a QEMU guest that boots from it and shows its console.

Drives the unmodified ``openstack`` command. Run it with ``make demo-libvirt``; it needs QEMU, libvirt and nasm.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from stage import Stage, fail, say
from tests.support import real_guests

_OPTIONS = """\
[DEFAULT]
compute_driver = libvirt
[volumes]
enabled_backends = files
[libvirt]
connection_uri = demo={uri}
virt_type = qemu
num_pcie_ports = 6
"""


def main() -> int:
    if reason := real_guests.missing():
        fail(f"this machine cannot run real guests: {reason}")
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="moorage-demo-") as directory,
        real_guests.embedded() as embedded,
        Stage(Path(directory)) as stage,
    ):
        say("1. Moorage with libvirt inside: no daemon, no root needed, QEMU emulates the processor")
        stage.configure(_OPTIONS.format(uri=embedded.uri))
        stage.start_moorage()
        boot(stage)
        survive(stage)
        clean_up(stage)
    say(f"Done in {time.monotonic() - began:.0f} s.")
    return 0


def boot(stage: Stage) -> None:
    say("2. An image (a system of 512 bytes that counts its boots on its disk), and a volume made of it")
    image = stage.directory / "tiny.raw"
    image.write_bytes(real_guests.image(real_guests.assemble(stage.directory), "demo"))
    stage.openstack(
        "image", "create", "--disk-format", "raw", "--file", str(image), "tiny", "-c", "name", "-c", "status"
    )
    stage.openstack(
        "volume", "create", "--image", "tiny", "--size", "1", "--bootable", "root", "-c", "name", "-c", "size"
    )
    stage.until_available("root")
    say("3. A server from that volume, and what it wrote to its serial console")
    stage.openstack("server", "create", "--flavor", "m1.tiny", "--volume", "root", "vm1", "-c", "id", "-c", "status")
    stage.until_status("vm1", "ACTIVE")
    show_console(stage, 1)


def survive(stage: Stage) -> None:
    say("4. kill -9 Moorage: the guest goes on; then a reboot, and the counter on the volume has gone on, too")
    stage.kill_moorage()
    stage.start_moorage()
    stage.openstack("server", "reboot", "--hard", "vm1")
    show_console(stage, 2)


def show_console(stage: Stage, boots: int) -> None:
    def says() -> bool:
        said = stage.cloud.compute.get_server_console_output(stage.server("vm1"))["output"]
        return (boots, "demo") in real_guests.boots(said)

    stage.until(says, f"the guest has booted {boots} time(s) from volume demo")
    stage.openstack("console", "log", "show", "vm1")


def clean_up(stage: Stage) -> None:
    say("5. Shelve it: the guest is gone, its volume stays; then delete it")
    stage.openstack("server", "shelve", "vm1")
    stage.until_status("vm1", "SHELVED_OFFLOADED")
    stage.openstack("server", "delete", "vm1")
    stage.until(lambda: not list(stage.cloud.compute.servers()), "the server is gone")
    stage.openstack("volume", "list", "-c", "Name", "-c", "Status")
    if stage.volume_status("root") != "available":
        fail("the volume is not available again")


if __name__ == "__main__":
    sys.exit(main())
