"""What was done to a server, and how it ended: the operations as clients see them."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.compute.input import check_query
from moorage.api.compute.server_filters import times_of
from moorage.api.compute.server_views import host_id, micros
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import LINKS, NULLABLE_TEXT, TEXT, array, closed, each, one
from moorage.api.wire.paging import limit_of, next_query
from moorage.api.wire.route import Rule
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.operations import actions
from moorage.operations.actions import Action, Event
from moorage.store import Tx

_EVENTS = "os_compute_api:os-instance-actions:events"
_DETAILS = "os_compute_api:os-instance-actions:events:details"


def _server(call: Call, tx: Tx) -> Server:
    """The server, from 2.21 even a deleted one."""
    server = servers.find(tx, call.params["server_id"])
    project = call.context.reach
    gone = server is None or (server.deleted_at is not None and not call.at_least(2, 21))
    if server is None or gone or project not in (None, server.project_id):
        raise errors.NotFound(f"Instance {call.params['server_id']} could not be found.")
    return server


def index(call: Call) -> Reply:
    """Newest first; filtered and paged from 2.58."""
    is_paged = call.at_least(2, 58)
    if is_paged:
        known = ("limit", "marker", "changes-since", *(("changes-before",) if call.at_least(2, 66) else ()))
        check_query(call, *known, closed_from=(2, 58), single=True)
    with call.services.store.read() as tx:
        server = _server(call, tx)
        found = actions.of_server(tx, server.id)
    page = _page(call, found) if is_paged else found
    body: dict[str, Any] = {"instanceActions": [_action(call, action) for action in page]}
    if is_paged and page and len(page) == limit_of(call):
        href = f"{call.service_url}{call.path}?{next_query(call, page[-1].request_id)}"
        body["links"] = [{"rel": "next", "href": href}]
    return Reply(body=body)


def _page(call: Call, found: list[Action]) -> list[Action]:
    limit = limit_of(call)
    since, before = times_of(call)
    found = [a for a in found if since is None or a.updated_at >= since]
    found = [a for a in found if before is None or a.updated_at <= before]
    marker = call.query.get("marker")
    if marker is None:
        return found[:limit]
    position = next((n for n, action in enumerate(found) if action.request_id == marker), None)
    if position is None:
        raise errors.BadRequest(f"Marker {marker} could not be found.")
    return found[position + 1 :][:limit]


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        server = _server(call, tx)
        found = actions.by_request(tx, server.id, call.params["request_id"])
        if found is None:
            raise errors.NotFound(f"Action {call.params['request_id']} not found")
        events = actions.events(tx, found.id)
    view = _action(call, found)
    if call.at_least(2, 51) or call.allowed(_EVENTS):
        view["events"] = [_event(call, server, event) for event in events]
    return Reply(body={"instanceAction": view})


def _action(call: Call, action: Action) -> dict[str, Any]:
    view = {
        "action": action.action, "instance_uuid": action.server_id, "request_id": action.request_id,
        "user_id": action.user_id, "project_id": action.project_id, "start_time": micros(action.started_at),
        "message": action.message,
    }  # fmt: skip
    if call.at_least(2, 58):
        view["updated_at"] = micros(action.updated_at)
    return view


def _event(call: Call, server: Server, event: Event) -> dict[str, Any]:
    view = {
        "event": event.event, "start_time": micros(event.started_at), "finish_time": micros(event.finished_at),
        "result": event.result,
    }  # fmt: skip
    if call.allowed(_EVENTS):
        view["traceback"] = event.traceback
        if call.at_least(2, 62):
            view["host"] = event.host
    if call.at_least(2, 62):
        view["hostId"] = host_id(server)
    if call.at_least(2, 84) and call.allowed(_DETAILS):
        view["details"] = event.details
    return view


_EVENT = closed(
    {"event": TEXT, "start_time": TEXT} | each(NULLABLE_TEXT, "finish_time", "result"),
    each(NULLABLE_TEXT, "traceback", "host", "details") | {"hostId": TEXT},
)
_ACTION = closed(
    each(TEXT, "action", "instance_uuid", "request_id", "user_id", "project_id", "start_time")
    | {"message": NULLABLE_TEXT},
    {"updated_at": TEXT, "events": array(_EVENT)},
)
_LIST = closed({"instanceActions": array(_ACTION)}, {"links": LINKS})
ROUTES = [
    Route(method="GET", path="/servers/{server_id}/os-instance-actions", handler=index, default="reader",
          policy="os_compute_api:os-instance-actions:list", summary="List what was done to a server.", answer=_LIST),
    Route(method="GET", path="/servers/{server_id}/os-instance-actions/{request_id}", handler=show, default="reader",
          policy="os_compute_api:os-instance-actions:show", summary="Show one action with its events.",
          answer=one("instanceAction", _ACTION)),
]  # fmt: skip
RULES = [
    Rule(name=_EVENTS, default="admin", summary="See hosts and tracebacks."),
    Rule(name=_DETAILS, default="admin", summary="See what an action failed of."),
]
