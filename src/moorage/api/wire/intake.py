"""How is the body of a request taken in? Before the request has its turn, so that a slow client holds no place."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from moorage import errors
from moorage.api.services import Services

_JSON = ("application/json", "application/octet-stream")


class TooSlow(errors.Rejected):
    """408: the body did not come in time."""


def raw_path(request: Request) -> str:
    """The path as sent: ``%2F`` in a name must not become a separator, nor ``%0A`` a new line in a log."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.decode("latin-1").split("?")[0]


async def read_body(request: Request, services: Services) -> bytes:
    """The body; 413 if it is too large, 408 if it is too slow, 503 while too much of others is in memory."""
    if "content-length" not in request.headers and "transfer-encoding" not in request.headers:
        return b""
    limits, raw = services.limits, bytearray()
    try:
        async with asyncio.timeout(limits.body_patience_s):
            async for chunk in request.stream():
                if len(raw) + len(chunk) > limits.max_body_bytes:
                    raise errors.TooLarge(f"The request body is larger than {limits.max_body_bytes} bytes.")
                services.admission.buffer(len(chunk))
                request.state.held.callback(services.admission.buffer, -len(chunk))
                raw += chunk
    except TimeoutError:
        raise TooSlow(f"The request body did not come within {limits.body_patience_s:g} s.") from None
    return bytes(raw)


def check_kind(request: Request, raw: bytes) -> None:
    """415 for a body that does not say it is JSON."""
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if raw and kind not in _JSON and not kind.endswith("json") and not kind.endswith("json-patch"):
        raise errors.UnsupportedMedia(f"Unsupported Content-Type {kind}; send application/json")
