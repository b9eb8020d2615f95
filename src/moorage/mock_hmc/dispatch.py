"""How does a request become a reply? Authentication, route, transaction, error form."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from moorage.mock_hmc import routes
from moorage.mock_hmc.errors import HmcError, bad_request
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.requests import Reply, Request
from moorage.mock_hmc.routes.console import VERSION
from moorage.mock_hmc.sessions import Session
from moorage.mock_hmc.validation import check_object

_BULK = "/api/services/aggregation/submit"


def answer(hmc: Hmc, method: str, uri: str, body: Any, session_id: str | None) -> Reply:
    """The reply to one request; refusals become error objects."""
    try:
        return _answer(hmc, method, uri, body, session_id)
    except HmcError as exc:
        return Reply(exc.status, exc.body(method, uri))


def _answer(hmc: Hmc, method: str, uri: str, body: Any, session_id: str | None) -> Reply:
    path = urlsplit(uri).path
    if (method, path) == ("GET", "/api/version"):
        return Reply(200, VERSION)
    if (method, path) == ("POST", "/api/sessions"):
        return _logon(hmc, check_object(body))
    session = hmc.core.sessions.check(session_id)
    if (method, path) == ("POST", _BULK):
        return _bulk(hmc, check_object(body), session)
    return _route(hmc, method, uri, body, session)


def _route(hmc: Hmc, method: str, uri: str, body: Any, session: Session) -> Reply:
    handler, ids = routes.find(method, uri)
    with hmc.core.transaction():
        return handler(hmc, Request(method, uri, body, session, ids))


def _logon(hmc: Hmc, body: dict[str, Any]) -> Reply:
    for name in ("userid", "password"):
        if name not in body:
            raise bad_request(5, f"The field '{name}' is required.")
    session = hmc.core.sessions.logon(body["userid"], body["password"])
    reply = {
        "api-session": session.id,
        "session-credential": session.credential,
        "notification-topic": session.object_topic,
        "job-notification-topic": session.job_topic,
        "api-major-version": VERSION["api-major-version"],
        "api-minor-version": VERSION["api-minor-version"],
        "password-expires": -1,
    }
    return Reply(200, reply)


def _bulk(hmc: Hmc, body: dict[str, Any], session: Session) -> Reply:
    """Submit Requests: several requests in one, each with its own status."""
    items = body.get("requests")
    if not isinstance(items, list):
        raise bad_request(5, "The field 'requests' is required and must be an array.")
    return Reply(200, [_bulk_item(hmc, check_object(item), session) for item in items])


def _bulk_item(hmc: Hmc, item: dict[str, Any], session: Session) -> dict[str, Any]:
    method, uri = str(item.get("method")), str(item.get("uri"))
    try:
        reply = _route(hmc, method, uri, item.get("body"), session)
    except HmcError as exc:
        reply = Reply(exc.status, exc.body(method, uri))
    return {"status": reply.status, "body": reply.body, **({"id": item["id"]} if "id" in item else {})}
