"""``moorage serve``: the API and its workers in one process."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from typing import Any

_EXAMPLES = """\
examples:
  moorage serve
  moorage serve --data-dir /var/lib/moorage --listen 127.0.0.1:8780
  moorage serve --config-file /etc/moorage/moorage.conf

then, in another terminal:
  export OS_CLIENT_CONFIG_FILE=<data-dir>/clouds.yaml OS_CLOUD=moorage
  openstack server list
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "serve", help="run the API and its workers", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--config-file", metavar="F", help="options (default: moorage.conf in the data directory)")
    parser.add_argument("--data-dir", metavar="D", help="database, images, volumes, secrets, clouds.yaml")
    parser.add_argument("--listen", metavar="ADDRESS:PORT", help="where the API answers (default 127.0.0.1:8780)")


def run(args: argparse.Namespace) -> int:
    from moorage.config import settings

    return serve(settings.read(args.config_file, args.data_dir, args.listen))


def serve(settings: Any, probe: Any = None) -> int:
    """Run until SIGTERM or SIGINT; prints one ``ready`` line once requests are answered."""
    import uvicorn

    from moorage.api.wire.patience import Patience, protocol
    from moorage.cli.observing import Observing
    from moorage.server import Moorage

    os.umask(0o077)
    observing = Observing(settings)
    moorage = Moorage(settings, probe)
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
    try:
        server.run()
    finally:
        all_ended = moorage.stop()
        observing.stop()
    if not all_ended:
        # A step that hangs in a driver would keep the interpreter from ending; the next start goes on with it.
        logging.shutdown()
        os._exit(0)
    if not server.started:
        print(f"moorage: listen = {settings.host}:{settings.port}: cannot be bound", file=sys.stderr)
        return 1
    return 0
