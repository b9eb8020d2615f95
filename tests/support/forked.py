"""A process that ``fork_server`` has forked, with the part of ``subprocess.Popen`` that tests use."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
_turn = threading.Lock()


class Forked:
    """A module's ``main(words)`` in a process of its own; standard output is a pipe."""

    def __init__(self, module: str, words: list[str], stderr: IO[str], environment: dict[str, str]) -> None:
        reader, stdout = os.pipe()
        self._ended, ended = os.pipe()
        with _turn:
            orders = _server(module)
            order = json.dumps({"words": words, "environment": environment}).encode()
            socket.send_fds(orders, [order], [stdout, stderr.fileno(), ended])
            self.pid = int(orders.recv(64))
        os.close(stdout)
        os.close(ended)
        self.stdout = os.fdopen(reader, encoding="utf-8")
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit status; negative is the number of the signal."""
        if self.returncode is None:
            ready, _, _ = select.select([self._ended], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            self.returncode = int(os.read(self._ended, 64))
            os.close(self._ended)
            self.stdout.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def run(
    module: str, words: list[str], environment: dict[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """As ``subprocess.run`` does; one that takes too long is killed."""
    with tempfile.TemporaryFile("w+") as stderr:
        process = Forked(module, words, stderr, environment)
        limit = threading.Timer(timeout_s, process.send_signal, [signal.SIGKILL])
        limit.start()
        stdout = process.stdout.read()
        status = process.wait()
        limit.cancel()
        stderr.seek(0)
        return subprocess.CompletedProcess([module, *words], status, stdout, stderr.read())


@functools.cache
def _server(module: str) -> socket.socket:
    """A fork server of this process, with which it ends."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        command = [sys.executable, "-m", "tests.support.fork_server", module, str(there.fileno())]
        server = subprocess.Popen(command, pass_fds=[there.fileno()], cwd=ROOT, stdin=subprocess.DEVNULL)
    atexit.register(server.wait)
    atexit.register(here.close)
    return here
