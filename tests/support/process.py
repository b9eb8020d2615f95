"""A real ``moorage serve`` process: start it, talk to it, kill it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from keystoneauth1 import loading
from keystoneauth1.session import Session

from tests.support.forked import ROOT, Forked, run

COMMAND = [sys.executable, "-m", "moorage.cli.main"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def eventually(check: Callable[[], Any], timeout_s: float = 30.0, what: str = "") -> Any:
    """Ask until the answer is true; the last answer or error stands in the failure."""
    deadline, pause_s = time.monotonic() + timeout_s, 0.01
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = check()
        except AssertionError as error:
            last = error
        else:
            if last:
                return last
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.25)
    raise AssertionError(f"not within {timeout_s} s: {what or check}; last: {last!r}")


class MoorageProcess:
    """``moorage serve``, ``api`` or ``worker`` on a data directory and a port that stay the same over restarts."""

    def __init__(
        self, data_dir: Path, options: str = "", *, is_probed: bool = False, role: str = "serve", name: str = ""
    ) -> None:
        self.data_dir = data_dir
        self.role = role
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        data_dir.mkdir(parents=True, exist_ok=True)
        self.config = data_dir / f"{name or 'test'}.conf"
        self.config.write_text(options or "[DEFAULT]\n")
        self._is_probed = is_probed
        self._process: subprocess.Popen[str] | Forked | None = None
        self._sessions: dict[str, Session] = {}
        self.formats = ""
        """Of a probed process of another release: the journal formats it goes on with, the one it records in first."""
        self.log = data_dir / f"{name or 'serve'}.log"
        self.start_s = 0.0

    def start(self) -> None:
        self.spawn()
        self.wait_ready()

    def spawn(self) -> None:
        self._began = time.monotonic()
        arguments = [self.role, "--config-file", str(self.config), "--data-dir", str(self.data_dir)]
        if self.role != "worker":
            arguments += ["--listen", f"127.0.0.1:{self.port}"]
        if self.formats:
            arguments += ["--formats", self.formats]
        with self.log.open("a") as log:
            if self._is_probed:
                self._process = Forked("tests.support.probed_serve", arguments, log, dict(os.environ))
                return
            self._process = subprocess.Popen(
                [*COMMAND, *arguments],
                stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT,
            )  # fmt: skip

    def wait_ready(self) -> None:
        assert self._process is not None
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.startswith("ready "):
            raise AssertionError(f"moorage did not get ready: {line!r}\n{self.log.read_text()[-3000:]}")
        self.start_s = time.monotonic() - self._began
        self._sessions.clear()

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def wait_dead(self, timeout_s: float = 30.0) -> None:
        """Until the process has killed itself."""
        assert self._process is not None
        assert self._process.wait(timeout_s) == -signal.SIGKILL, self.log.read_text()[-3000:]

    def stop(self) -> tuple[int, float]:
        """SIGTERM; returns exit status and seconds."""
        assert self._process is not None
        began = time.monotonic()
        self._process.terminate()
        status = self._process.wait(30)
        return status, time.monotonic() - began

    def freeze(self) -> None:
        """SIGSTOP: it is there and does nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def session(self, cloud: str = "moorage") -> Session:
        """A keystoneauth session of one of the two clouds in ``clouds.yaml``."""
        if cloud not in self._sessions:
            clouds = yaml.safe_load((self.data_dir / "clouds.yaml").read_text())["clouds"]
            auth = loading.get_plugin_loader("v3password").load_from_options(**clouds[cloud]["auth"])
            self._sessions[cloud] = Session(auth=auth)
        return self._sessions[cloud]

    def call(
        self, method: str, service: str, path: str, body: Any = None, *, cloud: str = "moorage", version: str = ""
    ) -> Any:
        """One request, by service type; returns the response, whatever its status."""
        microversion = {"microversion": version} if version else {}
        filters = {"service_type": service, "interface": "public"}
        return self.session(cloud).request(
            path, method, json=body, endpoint_filter=filters, raise_exc=False, connect_retries=3, **microversion
        )

    def environment(self, cloud: str = "moorage") -> dict[str, str]:
        return {**os.environ, "OS_CLIENT_CONFIG_FILE": str(self.data_dir / "clouds.yaml"), "OS_CLOUD": cloud}

    def openstack(self, *words: str, cloud: str = "moorage", check: bool = True) -> Any:
        """The unmodified ``openstack`` command; JSON answers are parsed."""
        done = run("tests.support.openstack_command", list(words), self.environment(cloud), timeout_s=120)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: {done.stderr[-2000:]}\n{self.log.read_text()[-2000:]}")
        return json.loads(done.stdout) if "json" in words and done.returncode == 0 else done

    def moorage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of Moorage's own, on this data directory."""
        return subprocess.run([*COMMAND, *words], capture_output=True, text=True, cwd=ROOT, timeout=60)

    def operations(self, *words: str) -> list[dict[str, Any]]:
        where = ["--config-file", str(self.config), "--data-dir", str(self.data_dir)]
        done = self.moorage("operations", "list", "--json", "--limit", "1000", *words, *where)
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found


@contextlib.contextmanager
def running(data_dir: Path, options: str = "", *, is_probed: bool = False) -> Iterator[MoorageProcess]:
    """A started process that is killed at the end."""
    process = MoorageProcess(data_dir, options, is_probed=is_probed)
    process.start()
    try:
        yield process
    finally:
        process.kill()
