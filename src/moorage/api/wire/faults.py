"""How does each service word an error?

Forms and keys are those of Nova, Cinder, Glance, Keystone and Sahara.
"""

from __future__ import annotations

import re
from typing import Any

from moorage import errors
from moorage.api.wire.admission import Overloaded, TooManyRequests
from moorage.api.wire.intake import TooSlow
from moorage.api.wire.versions import NotAcceptable

_STATUS: list[tuple[type[errors.MoorageError], int]] = [
    (errors.BadRequest, 400),
    (errors.Unauthorized, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (NotAcceptable, 406),
    (TooSlow, 408),
    (errors.Conflict, 409),
    (errors.TooLarge, 413),
    (TooManyRequests, 429),
    (errors.UnsupportedMedia, 415),
    (errors.NotImplementedHere, 501),
    (Overloaded, 503),
    (errors.Unknown, 503),
]
_KEYS = {
    400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "itemNotFound", 405: "badMethod",
    409: "conflictingRequest", 413: "overLimit", 415: "badMediaType", 429: "overLimit", 501: "notImplemented",
    503: "serviceUnavailable",
}  # fmt: skip
_TITLES = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict",
    413: "Request Entity Too Large", 415: "Unsupported Media Type",
    429: "Too Many Requests", 500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
}  # fmt: skip

SAHARA = "data-processing"

UNEXPECTED = (
    "Unexpected API Error. The details are in the log of Moorage under this request id; "
    "please report them with the log."
)


def status_of(error: errors.MoorageError, service: str) -> int:
    """The status code of an error. Quota is 403 in compute, 409 in networking, 400 in data processing, else 413."""
    if isinstance(error, errors.OverQuota) and service == "network":
        return 409
    if isinstance(error, errors.OverQuota):
        if service == SAHARA:
            return 400
        return 403 if service in ("compute", "identity") else 413
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def schema(service: str) -> dict[str, Any]:
    """JSON Schema of every form that a service's faults take; a refused token is worded as identity words it."""
    forms = [_form(render(form, status, "text")) for status in _TITLES for form in (service, "auth")]
    return {"anyOf": [form for place, form in enumerate(forms) if form not in forms[:place]]}


def _form(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        inner = {name: _form(part) for name, part in value.items()}
        return {"type": "object", "properties": inner, "required": list(inner), "additionalProperties": False}
    return {"type": "integer" if isinstance(value, int) else "string"}


def render(service: str, status: int, message: str) -> dict[str, Any]:
    """The body of a fault in the service's own form."""
    if service in ("identity", "auth", "image"):
        return {"error": {"code": status, "title": _TITLES.get(status, "Error"), "message": message}}
    if service == "network":
        return {"NeutronError": {"type": _neutron_type(status, message), "message": message, "detail": ""}}
    fault: dict[str, Any] = {"code": status, "message": message}
    if status in (413, 429):
        fault["retryAfter"] = "0"
    return {_KEYS.get(status, "computeFault"): fault}


def sahara(status: int, message: str, error: errors.MoorageError | None, request_id: str) -> dict[str, Any]:
    """The body of a fault in data processing. ``error_name`` is the error's own, if its class has one.

    Sahara's error id is the request's, under which the log has it.
    """
    title = _TITLES.get(status, "Error").upper().replace(" ", "_")
    name = getattr(error, "error_name", "QUOTA_ERROR" if isinstance(error, errors.OverQuota) else title)
    return {
        "error_code": status,
        "error_name": name,
        "error_message": f"{message}\nError ID: {request_id.removeprefix('req-')}",
    }


def no_such_path(message: str) -> dict[str, Any]:
    """What data processing answers where there is no route: another form than that of its faults."""
    return {"error": 404, "error_message": message}


_NEUTRON_TYPES = [
    (404, r"(Network|Subnet|Port) .* could not be found", r"\1NotFound"),
    (404, "Security group ", "SecurityGroupNotFound"),
    (404, "Floating IP ", "FloatingIPNotFound"),
    (400, "IP address ", "InvalidIpForNetwork"),
    (400, "", "InvalidInput"),
    (403, "", "PolicyNotAuthorized"),
    (409, "IP address ", "IpAddressAlreadyAllocated"),
    (409, "No more IP addresses", "IpAddressGenerationFailure"),
    (409, "Quota exceeded", "OverQuota"),
    (409, ".*mac address", "MacAddressInUse"),
    (409, "", "PortInUse"),
]
"""Status and how the message begins → the name of Neutron's exception; the first that fits."""


def _neutron_type(status: int, message: str) -> str:
    for code, pattern, name in _NEUTRON_TYPES:
        if code == status and (match := re.match(pattern, message)):
            return match.expand(name)
    return "HTTP" + _TITLES.get(status, "Error").replace(" ", "")
