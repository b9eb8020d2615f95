"""``/healthz``, ``/readyz`` and ``/metrics``: where are they served, and who may read them?

Health and readiness name parts of Moorage and nothing else, so they need no token. Figures tell routes, load and kinds
of failure: without a token they are given only to this machine itself.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Sequence

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from moorage.api.operators.readiness import Readiness
from moorage.telemetry.exposition import CONTENT_TYPE, Collector, render

PATHS = ("/healthz", "/readyz", "/metrics")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who may read the figures on one port."""

    is_served: bool = True
    is_open: bool = False
    """Whoever reaches the port may."""
    token: str = ""
    """With a token set, it is needed everywhere: ``Authorization: Bearer <token>``."""

    def refusal(self, request: Request) -> Response | None:
        """None if the caller may read the figures."""
        if not self.is_served:
            return PlainTextResponse("/metrics is served elsewhere: [metrics] listen\n", 404)
        if self.token:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if hmac.compare_digest(given.encode(), self.token.encode()):
                return None
            return PlainTextResponse("a token is needed\n", 401, {"WWW-Authenticate": "Bearer"})
        if self.is_open or _is_local(request):
            return None
        return PlainTextResponse("only from this machine, unless [metrics] token is set\n", 403)


class Endpoints:
    """The three paths as an ASGI application."""

    def __init__(self, readiness: Readiness, collectors: Sequence[Collector], access: Access) -> None:
        self._readiness = readiness
        self._collectors = collectors
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await (await self._answer(Request(scope)))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("GET only\n", 405, {"Allow": "GET, HEAD"})
        match request.scope["path"]:
            case "/healthz":
                return PlainTextResponse("ok\n")
            case "/readyz":
                reasons = await self._readiness.reasons()
                state = {"status": "not ready" if reasons else "ready", "reasons": reasons}
                return JSONResponse(state, 503 if reasons else 200)
            case "/metrics":
                if refused := self._access.refusal(request):
                    return refused
                return Response(await run_in_threadpool(render, self._collectors), media_type=CONTENT_TYPE)
        return PlainTextResponse("not found\n", 404)


def _is_local(request: Request) -> bool:
    """From this machine, and not by a proxy that speaks for somebody else."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
