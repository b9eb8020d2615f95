"""Real QEMU guests: what they need on this machine, an embedded libvirt for them, and the volumes they boot from."""

from __future__ import annotations

import contextlib
import getpass
import importlib.util
import os
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parent / "guests"
_SECTOR = 512
_PROGRAMS = ("qemu-system-x86_64", "qemu-img", "nasm")
_QEMU_CONF = """\
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
"""


def missing() -> str:
    """What this machine lacks to run real guests, in one line; empty if nothing."""
    if importlib.util.find_spec("libvirt") is None:
        return "libvirt-python is not installed (pip install 'moorage[libvirt]')"
    absent = [name for name in _PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    if os.getuid() == 0 and not _has_user("libvirt-qemu"):
        return "as root, libvirt needs a user libvirt-qemu"
    return ""


def _has_user(name: str) -> bool:
    return any(line.startswith(f"{name}:") for line in Path("/etc/passwd").read_text().splitlines())


@contextlib.contextmanager
def embedded_root() -> Iterator[Path]:
    """A directory for ``qemu:///embed``; short, as it holds sockets. One process at a time may use it."""
    with tempfile.TemporaryDirectory(prefix="mvirt-", ignore_cleanup_errors=True) as name:
        root = Path(name)
        (root / "etc").mkdir()
        user = f'user = "{getpass.getuser()}"\ngroup = "{getpass.getuser()}"\n' if os.getuid() == 0 else ""
        (root / "etc" / "qemu.conf").write_text(_QEMU_CONF + user)
        yield root


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
