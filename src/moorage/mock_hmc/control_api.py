"""How is the mock controlled from another process? JSON over plain HTTP on a loopback port.

======  =================== ============================================================================
Method  Path                Body or query
======  =================== ============================================================================
POST    /faults             ``{"match", "kind", "times", "skip", "seconds", "status", "reason", "lose_jobs"}``
DELETE  /faults
GET     /state
GET     /requests           ``?logons=no`` leaves out logon and logoff
DELETE  /requests
POST    /boot-outcome       ``{"partition", "outcome", "times"}``; outcome null: as usual again
POST    /path-outcome       ``{"port", "target", "outcome"}``; outcome null: as the fabric says again
POST    /partition-status   ``{"partition", "status"}``
POST    /port-offline       ``{"port", "offline"}``; offline defaults to true
POST    /notifications      ``{"mode"}``
POST    /restart            ``{"seconds", "lose_jobs"}``
POST    /expire             ends all sessions
======  =================== ============================================================================
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moorage.errors import ConfigError
from moorage.mock_hmc.controls import Controls

LOG = logging.getLogger(__name__)
Command = Callable[[Controls, dict[str, Any]], Any]


def _requests(controls: Controls, args: dict[str, Any]) -> dict[str, Any]:
    entries = controls.requests(has_logons=args.get("logons") != "no")
    return {"count": len(entries), "requests": entries}


def _port_offline(controls: Controls, args: dict[str, Any]) -> None:
    controls.set_port_online(args["port"], is_online=not args.get("offline", True))


COMMANDS: dict[tuple[str, str], Command] = {
    ("POST", "/faults"): lambda controls, args: controls.add_fault(**args),
    ("DELETE", "/faults"): lambda controls, _: controls.clear_faults(),
    ("GET", "/state"): lambda controls, _: controls.state(),
    ("GET", "/requests"): _requests,
    ("DELETE", "/requests"): lambda controls, _: controls.clear_requests(),
    ("POST", "/boot-outcome"): lambda controls, args: controls.set_boot_outcome(**args),
    ("POST", "/path-outcome"): lambda controls, args: controls.set_path_outcome(**args),
    ("POST", "/partition-status"): lambda controls, args: controls.set_partition_status(**args),
    ("POST", "/port-offline"): _port_offline,
    ("POST", "/notifications"): lambda controls, args: controls.set_notifications(**args),
    ("POST", "/restart"): lambda controls, args: controls.restart(**args),
    ("POST", "/expire"): lambda controls, _: controls.expire_sessions(),
}


def handler_class(controls: Controls) -> type[BaseHTTPRequestHandler]:
    """The request handler bound to one HMC's controls."""
    return type("BoundControlHandler", (_ControlHandler,), {"controls": controls})


class _ControlHandler(BaseHTTPRequestHandler):
    controls: Controls
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        LOG.debug(format, *args)

    def _serve(self) -> None:
        status, body = self._answer()
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815

    def _answer(self) -> tuple[int, Any]:
        url = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        command = COMMANDS.get((self.command, url.path))
        if command is None:
            return 404, {"error": f"{self.command} {url.path} is not a control command"}
        try:
            args = {name: values[-1] for name, values in parse_qs(url.query).items()}
            result = command(self.controls, args | (json.loads(raw) if raw else {}))
        except (ConfigError, TypeError, ValueError, KeyError) as exc:
            return 400, {"error": f"{type(exc).__name__}: {exc}"}
        return 200, {"done": True} if result is None else result
