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
import threading
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
_turn = threading.Lock()


class Forked:
    """Moorage with a probe; the words are those of ``probed_serve``; standard output is a pipe."""

    def __init__(self, words: list[str], log: IO[str]) -> None:
        reader, stdout = os.pipe()
        self._ended, ended = os.pipe()
        with _turn:
            orders = _server()
            socket.send_fds(orders, [json.dumps(words).encode()], [stdout, log.fileno(), ended])
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


@functools.cache
def _server() -> socket.socket:
    """The fork server of this process, with which it ends."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        command = [sys.executable, "-m", "tests.support.fork_server", str(there.fileno())]
        server = subprocess.Popen(command, pass_fds=[there.fileno()], cwd=ROOT, stdin=subprocess.DEVNULL)
    atexit.register(server.wait)
    atexit.register(here.close)
    return here
