"""One Linux guest: what the tiny guest cannot tell, such as what is on a disk that came while it ran."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.libvirt.test_disks import attach, detach, grow
from tests.support import linux_guest
from tests.support.process import eventually
from tests.support.real_cloud import RealCloud


def disks(site: RealCloud, server: str) -> str:
    """The last list of disks that the guest has printed."""
    lines = [line for line in site.console(server).splitlines() if line.startswith("DISKS")]
    return lines[-1] if lines else ""


@pytest.mark.timeout(400)
def test_linux_boots_from_a_volume_reads_a_plugged_disk_sees_it_grow_and_lets_it_go(
    site: RealCloud, tmp_path: Path
) -> None:
    image = linux_guest.build(tmp_path)
    site.flavor = site.make_flavor("linux", 256)
    server = site.server([site.made_of({"imageRef": site.upload("linux", image)})])
    site.wait(server, "ACTIVE")
    eventually(lambda: "vda" in disks(site, server), 120, "Linux is up")
    data = site.made_of({"imageRef": site.upload("data", b"hello-from-outside".ljust(512, b"\0"))})
    attach(site, server, data)
    plugged = f"vdb size={1 << 21} serial={data[:20]} says=hello-from-outsi"
    eventually(lambda: plugged in disks(site, server), 30, "Linux has read the disk")
    grow(site, data, 2)
    eventually(lambda: f"vdb size={2 << 21}" in disks(site, server), 30, "Linux has seen it grow")
    detach(site, server, data)
    eventually(lambda: "vdb" not in disks(site, server), 30, "Linux has let go")
    assert site.volume_status(data) == "available"
