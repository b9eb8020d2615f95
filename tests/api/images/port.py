"""Serve the image API on a free port: in this process, or as a process of its own that can be killed."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from moorage.api.images import SERVICE
from moorage.images.service import recover
from moorage.store import Store
from moorage.store.database import sqlite_url
from moorage.store.tables import metadata
from tests.support.app import make_client


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        self.is_up.set()

    @property
    def port(self) -> int:
        return int(self.servers[0].sockets[0].getsockname()[1])


def _server(directory: Path) -> _Server:
    store = Store(sqlite_url(directory / "moorage.db"))  # a file: it has to outlive a killed process
    with store.write() as tx:
        metadata.create_all(tx)
    client = make_client(directory, SERVICE, store=store)
    with client.services.store.write() as tx:  # type: ignore[attr-defined]
        recover(tx, directory / "images")
    return _Server(uvicorn.Config(client.app, host="127.0.0.1", port=0, log_level="error"))


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[int]:
    """The port of a server in this process."""
    server = _server(directory)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.is_up.wait(30)
        yield server.port
    finally:
        server.should_exit = True
        thread.join()


@contextlib.contextmanager
def serving_apart(directory: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """The port of a server in another process, and that process; killed at the end at the latest."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.api.images.port", str(directory)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        yield int(process.stdout.readline()), process
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    apart = _server(Path(sys.argv[1]))
    threading.Thread(target=lambda: apart.is_up.wait() and print(apart.port, flush=True), daemon=True).start()
    apart.run()
