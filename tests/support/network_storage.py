"""Volumes that QEMU reaches over a network protocol: real servers, each for one volume, without root or the kernel."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import eventually, free_port
from tests.support.real_guests import SKIPPED

Connection = dict[str, Any]
"""As Cinder hands it out."""


@contextlib.contextmanager
def nbd(volume: Path, name: str) -> Iterator[Connection]:
    """Served by ``qemu-storage-daemon`` on a port of this machine."""
    port = free_port()
    command = [
        "qemu-storage-daemon", "--blockdev", f"driver=file,filename={volume},node-name=v",
        "--nbd-server", f"addr.type=inet,addr.host=127.0.0.1,addr.port={port}",
        "--export", f"type=nbd,id=e,node-name=v,name={name},writable=on",
    ]  # fmt: skip
    with _running(command):
        look = ["qemu-img", "info", f"nbd://127.0.0.1:{port}/{name}"]
        eventually(lambda: subprocess.run(look, capture_output=True).returncode == 0, 20, "the NBD server answers")
        yield {"driver_volume_type": "nbd", "data": {"host": "127.0.0.1", "port": port, "name": name}}


@contextlib.contextmanager
def iscsi(volume: Path, name: str) -> Iterator[Connection]:
    """Served by ``tgtd``; skips the test where it, or QEMU's own initiator, is not installed."""
    if shutil.which("tgtd") is None or not _speaks("iscsi"):
        pytest.skip(f"{SKIPPED}: iSCSI needs tgtd and qemu-block-extra")
    port, iqn = free_port(), f"iqn.2010-10.org.openstack:volume-{name}"
    control = str(port % 30000)  # tells the sockets of several daemons apart

    def order(*words: str) -> bool:
        command = ["tgtadm", "-C", control, "--lld", "iscsi", *words]
        return subprocess.run(command, capture_output=True).returncode == 0

    with _running(["tgtd", "-f", "-C", control, "--iscsi", f"portal=127.0.0.1:{port}"]):
        eventually(lambda: order("--op", "new", "--mode", "target", "--tid", "1", "-T", iqn), 20, "tgtd answers")
        lun = ("--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", "1", "-b", str(volume))
        assert order(*lun)
        assert order("--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL")
        data = {"target_portal": f"127.0.0.1:{port}", "target_iqn": iqn, "target_lun": 1}
        yield {"driver_volume_type": "iscsi", "data": data}


def _speaks(protocol: str) -> bool:
    said = subprocess.run(["qemu-img", "info", f"{protocol}://127.0.0.1:1/x/0"], capture_output=True, text=True).stderr
    return "Unknown protocol" not in said


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[None]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.kill()
            process.wait()
