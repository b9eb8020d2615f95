"""What a long-running command sets up so that it can be watched: log, traces, and a port of their own for figures."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from moorage import errors


class Observing:
    """Starts the log and, where they are asked for, traces."""

    def __init__(self, settings: Any) -> None:
        from moorage.telemetry import log

        log.start(settings.conf.debug, settings.conf.log_json)
        self._settings = settings
        self._ends = contextlib.ExitStack()
        if settings.conf.tracing.otlp_endpoint:
            self._trace(settings.conf.tracing.otlp_endpoint)

    def open_port(self, app: Any) -> None:
        """Serve ``app`` at ``[metrics] listen``, if that is set; ConfigError if the address cannot be bound."""
        from moorage.config.settings import address

        if listen := self._settings.conf.metrics.listen:
            port = FiguresPort(app, *address(listen, "[metrics] listen"))
            self._ends.callback(port.stop)

    def stop(self) -> None:
        """Close the port and send the last spans."""
        self._ends.close()

    def _trace(self, endpoint: str) -> None:
        from moorage.telemetry import tracing

        try:
            from moorage.telemetry import otel
        except ImportError:
            raise errors.ConfigError(f"[tracing] otlp_endpoint = {endpoint}: needs moorage[otel]") from None
        tracer = otel.to_collector(endpoint)
        tracing.use(tracer)
        self._ends.callback(tracer.stop)
        self._ends.callback(tracing.use, None)


class FiguresPort:
    """Serves an ASGI application from a thread, from the moment it is made."""

    def __init__(self, app: Any, host: str, port: int) -> None:
        import uvicorn

        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as problem:
            self._socket.close()
            raise errors.ConfigError(f"[metrics] listen = {host}:{port}: {problem.strerror}") from None
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, server_header=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="figures", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns once the port is closed, or after two seconds."""
        self._server.should_exit = True
        self._thread.join(timeout=2)
        self._socket.close()
