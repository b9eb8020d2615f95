"""Where do probed processes come from? From one that has imported everything: forked, so a start takes no second.

``python -m tests.support.fork_server FD`` answers on the socket it inherits. Each message is the words of a command and
three descriptors: standard output, standard error, and a pipe that gets the exit status as ``Popen`` counts it. The
answer is the id of the process. With the socket the children end.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import NamedTuple

from tests.support import probed_serve

_MOST_BYTES = 1 << 16


class Request(NamedTuple):
    """What to start, and where it writes."""

    words: list[str]
    stdout: int
    stderr: int
    ended: int


class Child(NamedTuple):
    """A forked process and the pipe that is told how it ended."""

    pid: int
    ended: int


def main(descriptor: int) -> None:
    _import_what_a_start_needs()
    with socket.socket(fileno=descriptor) as orders, selectors.DefaultSelector() as selector:
        selector.register(orders, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if isinstance(key.data, Child):
                    selector.unregister(key.fd)
                    _tell_end(key.fd, key.data)
                elif (request := _receive(orders)) is None:
                    _end_children(selector)
                    return
                else:
                    child = _start(request, orders)
                    selector.register(os.pidfd_open(child.pid), selectors.EVENT_READ, child)
                    orders.send(str(child.pid).encode())


def _import_what_a_start_needs() -> None:
    """By making a Moorage that is never started, so there is no thread yet."""
    import uvicorn  # noqa: F401, PLC0415

    from moorage.api.wire import patience  # noqa: F401, PLC0415
    from moorage.cli import observing  # noqa: F401, PLC0415
    from moorage.config import settings  # noqa: PLC0415
    from moorage.server import Moorage  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as where:
        config = Path(where) / "moorage.conf"
        config.write_text("[DEFAULT]\ncompute_driver = sim\n[sim]\nguests_report = false\n")
        Moorage(settings.read(str(config), f"{where}/data", None)).store.close()
    assert threading.active_count() == 1, "a process with threads must not be forked"


def _receive(orders: socket.socket) -> Request | None:
    message, descriptors, _, _ = socket.recv_fds(orders, _MOST_BYTES, 3)
    return Request(json.loads(message), *descriptors) if message else None


def _start(request: Request, orders: socket.socket) -> Child:
    pid = os.fork()
    if pid == 0:
        orders.close()
        _be(request)
    os.close(request.stdout)
    os.close(request.stderr)
    return Child(pid, request.ended)


def _be(request: Request) -> None:
    """The child from here on; it never returns."""
    status = 1
    try:
        os.dup2(request.stdout, 1)
        os.dup2(request.stderr, 2)
        for descriptor in request[1:]:
            os.close(descriptor)
        status = probed_serve.main(request.words)
    except BaseException:  # noqa: BLE001 - what ends a process ends it with its traceback
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _tell_end(descriptor: int, child: Child) -> None:
    _, status = os.waitpid(child.pid, 0)
    os.close(descriptor)
    with contextlib.suppress(BrokenPipeError):
        os.write(child.ended, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(child.ended)


def _end_children(selector: selectors.BaseSelector) -> None:
    for key in selector.get_map().values():
        if isinstance(key.data, Child):
            signal.pidfd_send_signal(key.fd, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]))
