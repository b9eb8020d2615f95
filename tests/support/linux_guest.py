"""A Linux of 24 MiB made of Debian's kernel and busybox, as an image that boots from a volume. Nothing is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.real_guests import SKIPPED, SOURCES

_PROGRAMS = ("apt-get", "apt-cache", "dpkg-deb", "syslinux", "mformat", "mcopy", "cpio")
_MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_blk")
_SYSLINUX = (
    "SERIAL 0 115200\nDEFAULT linux\nLABEL linux\n  KERNEL linux\n  APPEND initrd=initrd.gz console=ttyS0 quiet\n"
)
_SIZE_MIB = 24


def build(directory: Path) -> bytes:
    """The image; skips the test where its parts cannot be had."""
    absent = [name for name in _PROGRAMS if shutil.which(name) is None]
    if absent:
        pytest.skip(f"{SKIPPED}: the Linux guest needs {', '.join(absent)}")
    system = _unpacked(directory)
    kernel = next((system / "boot").glob("vmlinuz-*"))
    initrd = _initrd(directory / "initrd", system)
    return _boot_disk(directory, kernel, initrd)


def _unpacked(directory: Path) -> Path:
    """Kernel and busybox as Debian packages them."""
    depends = subprocess.run(["apt-cache", "depends", "linux-image-cloud-amd64"], capture_output=True, text=True)
    kernel = re.search(r"Depends: (linux-image-[0-9]\S+)", depends.stdout)
    if kernel is None:
        pytest.skip(f"{SKIPPED}: the package index has no linux-image-cloud-amd64")
    names = [kernel[1], "busybox-static"]
    done = subprocess.run(["apt-get", "download", *names], cwd=directory, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"{SKIPPED}: {' '.join(names)} cannot be downloaded: {done.stderr.strip()[-200:]}")
    system = directory / "system"
    for package in directory.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(system)], check=True)
    return system


def _initrd(root: Path, system: Path) -> Path:
    for folder in ("bin", "proc", "sys", "dev", "modules"):
        (root / folder).mkdir(parents=True)
    shutil.copy(next(system.rglob("bin/busybox")), root / "bin" / "busybox")
    shutil.copy(SOURCES / "init.sh", root / "init")
    (root / "init").chmod(0o755)
    found = []
    for name in _MODULES:
        module = next((path for path in system.rglob(f"{name}.ko*")), None)
        if module is not None:  # built into some kernels
            shutil.copy(module, root / "modules" / module.name)
            found.append(module.name)
    (root / "modules" / "order").write_text("\n".join(found))
    archive = root.with_suffix(".gz")
    with archive.open("wb") as out:
        subprocess.run("find . | cpio -o -H newc --quiet | gzip -1", shell=True, cwd=root, stdout=out, check=True)
    return archive


def _boot_disk(directory: Path, kernel: Path, initrd: Path) -> bytes:
    """An unpartitioned FAT with syslinux: no loop device, no root."""
    disk, config = directory / "linux.img", directory / "syslinux.cfg"
    with disk.open("wb") as writer:
        writer.truncate(_SIZE_MIB << 20)
    config.write_text(_SYSLINUX)
    environment = {**os.environ, "MTOOLS_SKIP_CHECK": "1"}

    def run(*command: str) -> None:
        subprocess.run(command, check=True, env=environment, capture_output=True)

    run("mformat", "-i", str(disk), "::")
    for source, target in ((kernel, "linux"), (initrd, "initrd.gz"), (config, "syslinux.cfg")):
        run("mcopy", "-i", str(disk), str(source), f"::{target}")
    run("syslinux", "--install", str(disk))
    return disk.read_bytes()
