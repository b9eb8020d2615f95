"""Where do probed processes and clients come from? From one that has imported everything, so a start takes no second.

``python -m tests.support.fork_server MODULE FD`` forks processes that run ``MODULE.main(words)``. What they have in
common is ``MODULE.warm_up()``, which leaves no thread behind. It answers on the socket it inherits. Each message is the
words and the environment of a process, and three descriptors: standard output, standard error, and a pipe that gets
the exit status as ``Popen`` counts it. The answer is the id of the process. With the socket the children end.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import threading
import traceback
from typing import Any, NamedTuple

_MOST_BYTES = 1 << 16


class Request(NamedTuple):
    """What to start, and where it writes."""

    order: dict[str, Any]
    stdout: int
    stderr: int
    ended: int


class Child(NamedTuple):
    """A forked process and the pipe that is told how it ended."""

    pid: int
    ended: int


def main(module: str, descriptor: int) -> None:
    program = importlib.import_module(module)
    program.warm_up()
    assert threading.active_count() == 1, "a process with threads must not be forked"
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
                    child = _start(program, request, orders)
                    selector.register(os.pidfd_open(child.pid), selectors.EVENT_READ, child)
                    orders.send(str(child.pid).encode())


def _receive(orders: socket.socket) -> Request | None:
    message, descriptors, _, _ = socket.recv_fds(orders, _MOST_BYTES, 3)
    return Request(json.loads(message), *descriptors) if message else None


def _start(program: Any, request: Request, orders: socket.socket) -> Child:
    pid = os.fork()
    if pid == 0:
        orders.close()
        _be(program, request)
    os.close(request.stdout)
    os.close(request.stderr)
    return Child(pid, request.ended)


def _be(program: Any, request: Request) -> None:
    """The child from here on; it never returns."""
    status = 1
    try:
        os.dup2(request.stdout, 1)
        os.dup2(request.stderr, 2)
        for descriptor in request[1:]:
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(request.order["environment"])
        status = program.main(request.order["words"])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
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
    main(sys.argv[1], int(sys.argv[2]))
