"""How do processes that serve clients and processes that run operations begin and end?"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from typing import Any

from moorage import errors, garbage


def add_arguments(parser: argparse.ArgumentParser, *, has_api: bool) -> None:
    parser.add_argument("--config-file", metavar="F", help="options (default: moorage.conf in the data directory)")
    parser.add_argument("--data-dir", metavar="D", help="images, volumes, secrets, clouds.yaml; on SQLite the database")
    if has_api:
        parser.add_argument("--listen", metavar="ADDRESS:PORT", help="where the API answers (default 127.0.0.1:8780)")


def run_api(settings: Any, probe: Any = None, *, has_worker: bool) -> int:
    """Answer requests until SIGTERM or SIGINT; prints one ``ready`` line once requests are answered."""
    import uvicorn

    from moorage.api.wire.patience import Patience, protocol
    from moorage.cli.observing import Observing
    from moorage.server import Moorage

    os.umask(0o077)
    observing = Observing(settings)
    moorage = Moorage(settings, probe, has_worker=has_worker)
    observing.open_port(moorage.figures_app())

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                print(f"ready {settings.url} clouds={settings.data_dir / 'clouds.yaml'}", flush=True)

    api = settings.conf.api
    patience = Patience(head_s=api.head_patience, head_bytes=api.max_head_bytes, connections=api.max_connections)
    config = uvicorn.Config(
        moorage.app, host=settings.host, port=settings.port, lifespan="off", log_config=None, access_log=False,
        server_header=False, http=protocol(patience), ws="none", timeout_graceful_shutdown=3, timeout_keep_alive=75,
        ssl_certfile=settings.conf.tls_cert_file or None, ssl_keyfile=settings.conf.tls_key_file or None,
    )  # fmt: skip
    server = Server(config)
    # uvicorn raises the signal that stopped it again; what is left to do then is ours, not the default handler's.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    moorage.start()
    garbage.look_seldom()
    try:
        server.run()
    finally:
        all_ended = moorage.stop()
        observing.stop()
    _end(all_ended)
    if not server.started:
        print(f"moorage: listen = {settings.host}:{settings.port}: cannot be bound", file=sys.stderr)
        return 1
    return 0


def run_worker(settings: Any, probe: Any = None) -> int:
    """Run operations until SIGTERM or SIGINT; prints one ``ready`` line once it takes on work."""
    from moorage.cli.observing import Observing
    from moorage.server import Moorage

    os.umask(0o077)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    observing = Observing(settings)
    moorage = Moorage(settings, probe, has_api=False)
    observing.open_port(moorage.figures_app())
    try:
        moorage.start()
        garbage.look_seldom()
        print(f"ready worker {os.getpid()}", flush=True)
        stop.wait()
    except errors.MoorageError:
        moorage.stop()
        raise
    all_ended = moorage.stop()
    observing.stop()
    _end(all_ended)
    return 0


def _end(all_ended: bool) -> None:
    """A step that hangs in a driver would keep the interpreter from ending; another process goes on with it."""
    if not all_ended:
        logging.shutdown()
        os._exit(0)
