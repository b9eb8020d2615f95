"""Real QEMU guests: what they need on this machine, an embedded libvirt for them, and the volumes they boot from."""

from __future__ import annotations

import contextlib
import getpass
import importlib.util
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

SKIPPED = "no real guests"
"""How the reason of such a skip begins."""
SOURCES = Path(__file__).parent / "guests"
_SECTOR = 512
_PROGRAMS = ("qemu-system-x86_64", "qemu-img", "nasm")
_QEMU_CONF = """\
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
"""


_roots: list[Path] = []
"""Those in use. What one libvirt has found out about QEMU in seconds, the next ones read."""


def missing() -> str:
    """What this machine lacks to run real guests, in one line; empty if nothing."""
    if importlib.util.find_spec("libvirt") is None:
        return "libvirt-python is not installed (pip install 'moorage[libvirt]')"
    absent = [name for name in _PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} cannot be found"
    if os.getuid() == 0 and not _has_user("libvirt-qemu"):
        return "as root, libvirt needs a user libvirt-qemu"
    return ""


def require() -> None:
    """Skip the test on a machine that cannot have real guests."""
    if reason := missing():
        pytest.skip(f"{SKIPPED}: {reason}")


def _has_user(name: str) -> bool:
    return any(line.startswith(f"{name}:") for line in Path("/etc/passwd").read_text().splitlines())


@contextlib.contextmanager
def embedded() -> Iterator[LibvirtRoot]:
    """A directory for ``qemu:///embed``: one process at a time may use it. Its guests end with it."""
    with root_directory() as root:
        made = LibvirtRoot(root, f"qemu:///embed?root={root}")
        try:
            yield made
        finally:
            made.clear()


@contextlib.contextmanager
def root_directory() -> Iterator[Path]:
    """What libvirt needs before it starts; short, as it is to hold sockets."""
    with tempfile.TemporaryDirectory(prefix="mvirt-", ignore_cleanup_errors=True) as name:
        root = Path(name)
        (root / "etc").mkdir()
        user = f'user = "{getpass.getuser()}"\ngroup = "{getpass.getuser()}"\n' if os.getuid() == 0 else ""
        (root / "etc" / "qemu.conf").write_text(_QEMU_CONF + user)
        if _roots and (_roots[0] / "cache").exists():
            shutil.copytree(_roots[0] / "cache", root / "cache")
        _roots.append(root)
        try:
            yield root
        finally:
            _roots.remove(root)


def assemble(directory: Path, *flags: str) -> bytes:
    """The tiny guest; ``-DSPIN`` makes one that neither speaks nor listens."""
    target = directory / f"tiny{''.join(flags)}.bin"
    subprocess.run(["nasm", "-f", "bin", *flags, str(SOURCES / "tiny.asm"), "-o", str(target)], check=True)
    return target.read_bytes()


def image(code: bytes, label: str) -> bytes:
    """A raw image that boots the tiny guest: its code, then counter and label."""
    return code + struct.pack("<Q", 0) + label.encode() + bytes(_SECTOR - 8 - len(label))


def boots(console: str) -> list[tuple[int, str]]:
    """(counter, label) of each boot that a console tells of."""
    return [(int(count, 16), label) for count, label in re.findall(r"TINY boot ([0-9a-f]{8}) vol (\S+)", console)]


def counter(volume: Path) -> int:
    """The boot counter on a raw volume."""
    with volume.open("rb") as reader:
        reader.seek(_SECTOR)
        value: int = struct.unpack("<Q", reader.read(8))[0]
    return value


class LibvirtRoot:
    """What libvirt has written down below a root directory: the guests as they are, without asking the driver."""

    def __init__(self, root: Path, uri: str) -> None:
        self.root = root
        self.uri = uri

    def states(self) -> dict[str, str]:
        """Server → running, paused, or shutoff for a guest that is only defined."""
        found = {path.stem.removeprefix("instance-"): "shutoff" for path in self._definitions()}
        for path in self._statuses():
            found[path.stem.removeprefix("instance-")] = str(_read(path).get("state"))
        return found

    def disks(self, server_id: str) -> list[dict[str, str]]:
        """Volume → file behind each disk: in the definition, and in the guest if it runs."""
        paths = [*self._definitions(), *self._statuses()]
        return [_disks(_read(path)) for path in paths if server_id in path.name]

    def cdrom(self, server_id: str) -> Path:
        """What is in the guest's CD-ROM drive."""
        (definition,) = [path for path in self._definitions() if server_id in path.name]
        (disk,) = [disk for disk in _read(definition).iter("disk") if disk.get("device") == "cdrom"]
        return Path(str(next(disk.iterfind("source")).get("file")))

    def pid(self, server_id: str) -> int:
        """Of the guest's QEMU."""
        return int((self.root / "run" / "qemu" / f"instance-{server_id}.pid").read_text())

    def clear(self) -> None:
        """End every guest; nothing may have the root open."""
        for path in (self.root / "run" / "qemu").glob("instance-*.pid"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(path.read_text()), signal.SIGKILL)
        for folder in ("run/qemu", "etc/qemu", "lib/qemu/save"):
            for path in (self.root / folder).glob("instance-*"):
                path.unlink()

    def _definitions(self) -> list[Path]:
        return list((self.root / "etc" / "qemu").glob("instance-*.xml"))

    def _statuses(self) -> list[Path]:
        return list((self.root / "run" / "qemu").glob("instance-*.xml"))


def _read(path: Path) -> ET.Element:
    return ET.fromstring(path.read_text())


def _disks(definition: ET.Element) -> dict[str, str]:
    disks = [disk for disk in definition.iter("disk") if disk.find("target[@bus='virtio']") is not None]
    files = [str(source.get("file")) for disk in disks for source in disk.iterfind("source")]
    return {Path(file).name: file for file in files}
