"""Networks for test clouds: one that a CPC of the mock HMC carries, and somebody who waits for reports of guests."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from moorage.mock_hmc.machines import object_id

MACHINES = {"dpm": "Z13", "dpm-groups": "Z16", "sim": "none"}


def networks(driver: str) -> str:
    """Sections of ``moorage.conf``: the networks ``prod`` (with a VLAN) and ``lab``."""
    switches = [object_id("virtual-switch", MACHINES[driver], str(port)) for port in (0, 1)]
    return f"""\
[networks]
names = prod, lab
[network:prod]
cidr = 10.1.0.0/24
gateway = 10.1.0.1
dns = 10.1.0.2
vlan = 7
allocation_pool = 10.1.0.10-10.1.0.99
virtual_switches = {switches[0]}
[network:lab]
cidr = 10.2.0.0/24
virtual_switches = {switches[1]}
"""


class Receiver:
    """Waits for reports of first boots, and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, bytes]] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.command, self.path, body))
                self.send_response(receiver.status)
                self.end_headers()

            do_PUT = do_POST  # noqa: N815

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def user_data(self) -> bytes:
        url = f"http://127.0.0.1:{self.server.server_port}/wait-conditions/w1?token=t"
        return f"#!/bin/sh\ncurl -X PUT --data-binary '{{\"status\": \"SUCCESS\"}}' '{url}'\n".encode()

    @property
    def encoded(self) -> str:
        return base64.b64encode(self.user_data).decode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
