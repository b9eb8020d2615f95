"""How does the HMC speak HTTPS? One thread per connection, one write per reply, and the faults in between."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from moorage.mock_hmc.connections import cut
from moorage.mock_hmc.dispatch import answer
from moorage.mock_hmc.errors import HmcError
from moorage.mock_hmc.faults import Fault, Faults
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.journal import Journal
from moorage.mock_hmc.requests import Reply

LOG = logging.getLogger(__name__)
_LONGEST_BODY = 1024 * 1024
_HTML = (
    "<html><head><title>Console Internal Error</title></head>"
    "<body><h1>Console Internal Error</h1><h2>Details:</h2>{details}</body></html>"
)


class Front:
    """What the connections share: the HMC, its faults, and whether it is away."""

    def __init__(self, hmc: Hmc, faults: Faults, journal: Journal, latency_s: float) -> None:
        self.hmc = hmc
        self.faults = faults
        self.journal = journal
        self.latency_s = latency_s
        self.drop_connections: list[Callable[[], None]] = []
        self._away_until = 0.0

    @property
    def is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def restart(self, away_s: float, *, lose_jobs: bool) -> None:
        """Lose all sessions and connections, perhaps the jobs, and answer nothing for a while."""
        self._away_until = time.monotonic() + away_s
        self.hmc.core.sessions.expire_all()
        if lose_jobs:
            with self.hmc.core.transaction():
                self.hmc.jobs.lose_all()
        for drop in self.drop_connections:
            drop()


def handler_class(front: Front) -> type[BaseHTTPRequestHandler]:
    """The request handler bound to one HMC."""
    return type("BoundHmcHandler", (_HmcHandler,), {"front": front})


class _HmcHandler(BaseHTTPRequestHandler):
    front: Front
    protocol_version = "HTTP/1.1"
    server_version = "zHMC"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        LOG.debug(format, *args)

    def _serve(self) -> None:
        front = self.front
        raw = self._body()
        if front.is_away or raw is None:
            self._drop()
            return
        entry = front.journal.note(self.command, self.path)
        wait_s, fault = front.faults.take(f"{self.command} {self.path}")
        if front.latency_s + wait_s:
            time.sleep(front.latency_s + wait_s)
        reply = self._faulty(fault) if fault else self._answer(raw)
        if fault and fault.kind == "expire":
            reply = self._answer(raw)
        if fault and fault.kind == "drop-after":
            self._answer(raw)
        if reply is None:
            self._drop()
            return
        entry["status"] = reply.status
        self._send(reply)

    do_GET = do_POST = do_DELETE = do_PUT = _serve  # noqa: N815

    def _faulty(self, fault: Fault) -> Reply | None:
        """What a fault answers by itself; None is no answer."""
        if fault.kind == "503":
            return Reply(503, "The service is temporarily unavailable.")
        if fault.kind == "error":
            error = HmcError(fault.status, fault.reason, "error set by fault control")
            return Reply(fault.status, error.body(self.command, self.path))
        if fault.kind == "expire":
            self.front.hmc.core.sessions.expire_all()
        if fault.kind == "restart":
            self.front.restart(fault.seconds, lose_jobs=fault.lose_jobs)
        return None

    def _answer(self, raw: bytes) -> Reply:
        try:
            is_raw = self.headers.get("Content-Type", "").startswith("application/octet-stream")
            body = raw if is_raw else json.loads(raw) if raw else None
        except ValueError:
            error = HmcError(400, 3, "The request body is not JSON.")
            return Reply(400, error.body(self.command, self.path))
        try:
            return answer(self.front.hmc, self.command, self.path, body, self.headers.get("X-API-Session"))
        except Exception:
            LOG.exception("%s %s failed", self.command, self.path)
            return Reply(500, "An internal error occurred.")

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > _LONGEST_BODY:
            return None
        return self.rfile.read(int(length))

    def _drop(self) -> None:
        self.close_connection = True
        cut(self.connection)

    def _send(self, reply: Reply) -> None:
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            content_type, data = "text/html;charset=utf-8", _html(reply.body)
        else:
            content_type, data = "application/json", b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        if data:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()


def _html(body: Any) -> bytes:
    details = body["message"] if isinstance(body, dict) else body
    return _HTML.format(details=details).encode()
