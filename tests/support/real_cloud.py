"""A whole cloud with real guests: ``moorage serve`` on one libvirt or several, volumes are files, guests are QEMU."""

from __future__ import annotations

import contextlib
import functools
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tests.support import invariants, libvirt_daemon, postgresql, real_guests
from tests.support.clouds import Cloud
from tests.support.process import eventually
from tests.support.real_guests import LibvirtRoot

_BASE = """\
[DEFAULT]
compute_driver = libvirt
[volumes]
enabled_backends = {backends}
[compute]
allow_direct_swap = true
{compute}
[libvirt]
{uris}
virt_type = qemu
num_pcie_ports = 8
device_detach_attempts = 2
device_detach_timeout = 1
wait_soft_reboot_seconds = 20
shutdown_timeout = 10
{libvirt}
"""


class RealCloud(Cloud):
    """Looks at the guests through libvirt's files, which the driver has no part in."""

    def __init__(
        self, directory: Path, hosts: dict[str, LibvirtRoot], code: bytes, *, options: str = "",
        more_options: str = "", database_url: str = "", **sections: str,
    ) -> None:  # fmt: skip
        """``sections``: which backends, further lines of sections compute and libvirt; the rest as for every cloud."""
        words = {"backends": "files", "libvirt": "", "compute": "", **sections}
        uris = "\n".join(f"connection_uri = {name}={host.uri}" for name, host in hosts.items())
        base = _BASE.format(uris=uris, **words)
        super().__init__(
            directory, "libvirt", base, options=options, more_options=more_options, database_url=database_url
        )
        self.hosts = hosts
        self._code = code
        self._image = functools.cache(self.tiny_image)

    def array(self) -> dict[str, list[dict[str, Any]]]:
        return {"hosts": [], "masks": [], "zones": [], "volumes": []}

    @property
    def host(self) -> LibvirtRoot:
        """The only one."""
        (host,) = self.hosts.values()
        return host

    def host_of(self, server: str) -> str:
        """Where its guest is, by libvirt."""
        (name,) = [name for name, host in self.hosts.items() if server in host.states()]
        return name

    def guests(self) -> invariants.Guests:
        states: dict[str, str] = {}
        disks: dict[str, dict[str, str]] = {}
        for host in self.hosts.values():
            states |= host.states()
            disks |= {
                server: {k: v for view in host.disks(server) for k, v in view.items()} for server in host.states()
            }
        return invariants.Guests({server: state == "running" for server, state in states.items()}, disks)

    def problems(self) -> list[str]:
        """As everywhere, and: each guest is on one host, and has the disks of its definition."""
        found = super().problems()
        places = [(server, host) for host in self.hosts.values() for server in host.states()]
        count = Counter(server for server, _ in places)
        found += [f"I4: server {server} is on {number} hosts" for server, number in count.items() if number > 1]
        for server, host in places:
            views = host.disks(server)
            found += (
                [f"I4: definition and guest of {server} differ: {views}"] if views[1:] not in ([], [views[0]]) else []
            )
        return found

    def make_flavor(self, name: str, memory_mib: int) -> str:
        """A flavor without a disk of its own; its id is its name."""
        body = {"flavor": {"name": name, "id": name, "ram": memory_mib, "vcpus": 1, "disk": 0}}
        made = self.moorage.call("POST", "compute", "/flavors", body, cloud="moorage-admin")
        assert made.status_code == 200, made.text
        return name

    def volume(self, name: str = "A", *, is_bootable: bool = True) -> str:
        """An available volume; bootable ones hold the tiny guest, with their name as its label."""
        return self.made_of({"imageRef": self._image(name)} if is_bootable else {}, name)

    def made_of(self, source: dict[str, str], name: str = "A") -> str:
        """An available volume with the content of an image, a snapshot or another volume."""
        body = {"volume": {"size": 1, "name": name, **source}}
        made = self.moorage.call("POST", "block-storage", "/volumes", body)
        assert made.status_code == 202, made.text
        volume_id: str = made.json()["volume"]["id"]
        eventually(lambda: self.volume_status(volume_id) == "available", what=f"volume {volume_id} available")
        return volume_id

    def volume_file(self, volume_id: str) -> Path:
        return self.data_dir / "volumes" / "volumes" / volume_id

    def cdrom(self, server: str) -> Path:
        """The config drive's file, by the guest's definition."""
        return self.hosts[self.host_of(server)].cdrom(server)

    def console(self, server: str) -> str:
        answer = self.act(server, "os-getConsoleOutput", {})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["output"])

    def until_booted(self, server: str, count: int, label: str = "A") -> None:
        """Until the guest says over its serial line that it has booted that often from that volume."""
        eventually(lambda: (count, label) in real_guests.boots(self.console(server)), 30, f"boot {count} of {label}")

    def upload(self, name: str, content: bytes, disk_format: str = "raw", **properties: str) -> str:
        """An active image with this content."""
        body = {"name": name, "disk_format": disk_format, "container_format": "bare", **properties}
        made = self.moorage.call("POST", "image", "/v2/images", body)
        assert made.status_code == 201, made.text
        image_id: str = made.json()["id"]
        session = self.moorage.session()
        sent = requests.put(
            f"{session.get_endpoint(service_type='image')}/v2/images/{image_id}/file", data=content, timeout=60,
            headers={"X-Auth-Token": str(session.get_token()), "Content-Type": "application/octet-stream"},
        )  # fmt: skip
        assert sent.status_code == 204, sent.text
        return image_id

    def upload_qcow2(self, label: str) -> str:
        """The tiny guest as a qcow2 image."""
        raw, qcow2 = self.data_dir / "image.raw", self.data_dir / "image.qcow2"
        raw.write_bytes(real_guests.image(self._code, label))
        subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(raw), str(qcow2)], check=True)
        return self.upload(label, qcow2.read_bytes(), "qcow2")

    def tiny_image(self, label: str, **properties: str) -> str:
        """The tiny guest as a raw image."""
        content = real_guests.image(self._code, label).ljust(1 << 20, b"\0")  # firmware overlooks a smaller disk
        return self.upload(label, content, **properties)


@contextlib.contextmanager
def real_cloud(directory: Path, hosts: dict[str, LibvirtRoot], code: bytes, **sections: str) -> Iterator[RealCloud]:
    """A started cloud; its guests are ended with it."""
    made = RealCloud(directory, hosts, code, **sections)
    try:
        made.start()
        made.flavor = made.make_flavor("tiny", 64)  # plenty for the tiny guest
        yield made
    finally:
        made.kill()
        for host in hosts.values():
            host.clear()


@contextlib.contextmanager
def on_daemon(
    directory: Path, options: str, more_options: str, store: str, *, flags: tuple[str, ...] = (), libvirt: str = ""
) -> Iterator[RealCloud]:
    """The same on a host of its own, which several processes can use: as ``clouds.cloud`` with driver ``libvirt``.

    ``flags`` are the assembler's for the guest, ``libvirt`` further lines of that section.
    """
    with contextlib.ExitStack() as stack:
        database_url = stack.enter_context(postgresql.database()) if store == "postgresql" else ""
        hosts: dict[str, LibvirtRoot] = {"k1": stack.enter_context(libvirt_daemon.daemon())}
        more = {"options": options, "more_options": more_options, "database_url": database_url, "libvirt": libvirt}
        yield stack.enter_context(real_cloud(directory, hosts, real_guests.assemble(directory, *flags), **more))
