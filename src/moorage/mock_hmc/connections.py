"""How are connections served, each in a thread, and all cut at once when needed?"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOG = logging.getLogger(__name__)
_HANDSHAKE_S = 10.0
_IDLE_S = 600.0


class ConnectionServer(ThreadingHTTPServer):
    """A threading HTTP server, with TLS if a context is given; the handshake runs in the connection's own thread."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None
    ) -> None:
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Listen no more and cut all connections."""
        self.shutdown()
        self.server_close()
        self.drop_all()
        self._thread.join()

    def drop_all(self) -> None:
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            cut(connection)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(_HANDSHAKE_S)
        if self._tls is not None:
            request = self._tls.wrap_socket(request, server_side=True)
        request.settimeout(_IDLE_S)
        with self._open_lock:
            self._open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            with self._open_lock:
                self._open.discard(request)
            cut(request)
            request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        # Clients that go away, or do not trust the certificate, are everyday events for a server.
        LOG.debug("connection from %s ended", client_address, exc_info=True)


def cut(connection: socket.socket) -> None:
    """End a connection without a TLS farewell; safe from any thread."""
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError as exc:
        LOG.debug("connection was already closed: %s", exc)
