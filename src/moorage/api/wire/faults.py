"""How does each service word an error?

Forms and keys are those of Nova, Cinder, Glance, Keystone and Sahara.
"""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.wire.versions import NotAcceptable

_STATUS: list[tuple[type[errors.MoorageError], int]] = [
    (errors.BadRequest, 400),
    (errors.Unauthorized, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (NotAcceptable, 406),
    (errors.Conflict, 409),
    (errors.TooLarge, 413),
    (errors.UnsupportedMedia, 415),
    (errors.NotImplementedHere, 501),
]
_KEYS = {
    400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "itemNotFound", 405: "badMethod",
    409: "conflictingRequest", 413: "overLimit", 415: "badMediaType", 429: "overLimit", 501: "notImplemented",
    503: "serviceUnavailable",
}  # fmt: skip
_TITLES = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    406: "Not Acceptable", 409: "Conflict", 413: "Request Entity Too Large", 415: "Unsupported Media Type",
    429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
}  # fmt: skip

UNEXPECTED = (
    "Unexpected API Error. The details are in the log of Moorage under this request id; "
    "please report them with the log."
)


def status_of(error: errors.MoorageError, service: str) -> int:
    """The status code of an error; quota is 403 in compute and 413 in block storage and image."""
    if isinstance(error, errors.OverQuota):
        return 403 if service in ("compute", "identity") else 413
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def schema(service: str) -> dict[str, Any]:
    """JSON Schema of what ``render`` makes for a service, and of a refused token, which all word as identity does."""
    text, code = {"type": "string"}, {"type": "integer", "minimum": 400, "maximum": 599}
    error = _closed({"error": _closed({"code": code, "title": text, "message": text})})
    if service in ("identity", "image"):
        return error
    if service == "data-processing":
        return {"anyOf": [error, _closed({"error_code": code, "error_name": text, "error_message": text})]}
    fault = {**_closed({"code": code, "message": text, "retryAfter": text}), "required": ["code", "message"]}
    names = sorted({*_KEYS.values(), "computeFault"})
    one = {"type": "object", "properties": dict.fromkeys(names, fault), "minProperties": 1, "maxProperties": 1}
    return {"anyOf": [error, {**one, "additionalProperties": False}]}


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def render(service: str, status: int, message: str) -> dict[str, Any]:
    """The body of a fault in the service's own form."""
    if service in ("identity", "auth", "image"):
        return {"error": {"code": status, "title": _TITLES.get(status, "Error"), "message": message}}
    if service == "data-processing":
        name = _TITLES.get(status, "Error").upper().replace(" ", "_")
        return {"error_code": status, "error_name": name, "error_message": message}
    fault: dict[str, Any] = {"code": status, "message": message}
    if status in (413, 429):
        fault["retryAfter"] = "0"
    return {_KEYS.get(status, "computeFault"): fault}
