"""Real hosts: each a ``libvirtd`` with directories of its own, side by side on this machine, without systemd."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from moorage.mock_hmc import certificates
from tests.support import real_guests
from tests.support.process import eventually, free_port
from tests.support.real_guests import SKIPPED, LibvirtRoot

_MOUNTS = {"etc": "/etc/libvirt", "run": "/run/libvirt", "lib": "/var/lib/libvirt", "log": "/var/log/libvirt",
           "cache": "/var/cache/libvirt"}  # fmt: skip
_UNSHARE = ("unshare", "--mount", "--propagation", "private", "sh", "-ec")
_CONF = """\
unix_sock_dir = "{root}/run"
auth_unix_rw = "none"
auth_tcp = "none"
auth_tls = "none"
listen_addr = "127.0.0.1"
listen_tcp = {has_tcp}
listen_tls = {has_tls}
tcp_port = "{port}"
tls_port = "{port}"
cert_file = "{root}/server.pem"
key_file = "{root}/server.pem"
ca_file = "{root}/ca.pem"
tls_no_verify_certificate = 1
"""


def missing() -> str:
    """What this machine lacks for such hosts, in one line; empty if nothing."""
    if reason := real_guests.missing():
        return reason
    if os.getuid() != 0 or shutil.which("libvirtd") is None:
        return "hosts of their own need root and libvirtd"
    if subprocess.run([*_UNSHARE, "mount --bind /run /run"], capture_output=True).returncode:
        return "mounts cannot be unshared here"
    return ""


def require() -> None:
    """Skip the test on a machine that cannot have such hosts."""
    if reason := missing():
        pytest.skip(f"{SKIPPED}: {reason}")


class Daemon(LibvirtRoot):
    """``libvirtd``, reached as ``qemu:///system`` of another machine would be: by unix, tcp or tls."""

    def __init__(self, root: Path, transport: str, bridge: str = "") -> None:
        """``bridge``: it has a network of its own with a bridge of that name; then its transport is unix."""
        self._bridge = bridge
        self._port = free_port()
        where = {
            "unix": f"/system?socket={root}/run/libvirt-sock",
            "tcp": f"127.0.0.1:{self._port}/system",
            "tls": f"127.0.0.1:{self._port}/system?pkipath={root}/pki",
        }  # fmt: skip
        super().__init__(root, f"qemu+{transport}://{where[transport]}")
        self._transport = transport
        self._process: subprocess.Popen[bytes] | None = None
        for name in _MOUNTS:
            (root / name).mkdir(exist_ok=True)
        has = {f"has_{kind}": int(kind == transport) for kind in ("tcp", "tls")}
        (root / "etc" / "libvirtd.conf").write_text(_CONF.format(root=root, port=self._port, **has))
        if transport == "tls":
            tls = certificates.ensure(root, "127.0.0.1")
            (root / "pki").mkdir()
            shutil.copy(tls.ca, root / "pki" / "cacert.pem")

    def start(self) -> None:
        """Returns once it answers."""
        lines = [f"mkdir -p {place}; mount --bind {self.root}/{name} {place}" for name, place in _MOUNTS.items()]
        lines += [f"ip link add {self._bridge} up type bridge"] if self._bridge else []
        options = ["-f", "/etc/libvirt/libvirtd.conf", "-p", str(self.root / "libvirtd.pid")]
        options += [] if self._transport == "unix" else ["--listen"]
        alone = ("unshare", "--net") if self._bridge else ()
        script = "\n".join([*lines, 'exec "$0" "$@"'])
        command = [*alone, *_UNSHARE, script, "libvirtd", *options]
        with (self.root / "daemon.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        process = self._process
        eventually(lambda: self._listens() or process.poll() is not None, 20, "libvirtd listens")
        assert process.poll() is None, (self.root / "daemon.log").read_text()
        self.virsh("capabilities")  # it has looked at QEMU afterwards

    def kill(self) -> None:
        """As when a host loses its daemon: guests go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def virsh(self, *words: str) -> str:
        """What the command prints."""
        command = ["virsh", "--connect", self.uri, *words]
        try:
            return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{command}: no answer; {(self.root / 'daemon.log').read_text()}") from None

    def on_bridge(self) -> set[str]:
        """The interfaces on its bridge, by name."""
        assert self._process is not None
        inside = ["nsenter", "--net", "--target", str(self._process.pid)]
        shown = subprocess.run(
            [*inside, "ip", "-o", "link", "show", "master", self._bridge], check=True, capture_output=True, text=True
        ).stdout
        return {line.split(":")[1].strip() for line in shown.splitlines()}

    def _listens(self) -> bool:
        is_local = self._transport == "unix"
        with socket.socket(socket.AF_UNIX if is_local else socket.AF_INET) as client, contextlib.suppress(OSError):
            client.connect(str(self.root / "run" / "libvirt-sock") if is_local else ("127.0.0.1", self._port))
            return True
        return False


@contextlib.contextmanager
def daemon(transport: str = "unix", bridge: str = "") -> Iterator[Daemon]:
    """A started host; its guests end with it."""
    with real_guests.root_directory() as root:
        made = Daemon(root, transport, bridge)
        try:
            made.start()
            yield made
        finally:
            made.kill()
            made.clear()
