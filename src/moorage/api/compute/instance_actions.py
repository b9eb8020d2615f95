"""What was done to a server, and how it ended: the operations as clients see them."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.compute.server_filters import time_of
from moorage.api.compute.server_views import host_id, micros
from moorage.api.compute.servers import project_of
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.paging import limit_of
from moorage.api.wire.route import Rule
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.operations import actions
from moorage.operations.actions import Action, Event
from moorage.store import Tx


def _server(call: Call, tx: Tx) -> Server:
    """The server, from 2.21 even a deleted one."""
    server = servers.find(tx, call.params["server_id"])
    project = project_of(call)
    gone = server is None or (server.deleted_at is not None and not call.at_least(2, 21))
    if server is None or gone or project not in (None, server.project_id):
        raise errors.NotFound(f"Instance {call.params['server_id']} could not be found.")
    return server


def index(call: Call) -> Reply:
    """Newest first; paged from 2.58."""
    with call.services.store.read() as tx:
        server = _server(call, tx)
        found = actions.of_server(tx, server.id)
    if not call.at_least(2, 58):
        return Reply(body={"instanceActions": [_action(call, action) for action in found]})
    limit, page = limit_of(call), _paged(call, found)
    body: dict[str, Any] = {"instanceActions": [_action(call, action) for action in page[:limit]]}
    if len(page) > limit > 0:
        href = f"{call.service_url}{call.path}?limit={limit}&marker={page[limit - 1].request_id}"
        body["links"] = [{"rel": "next", "href": href}]
    return Reply(body=body)


def _paged(call: Call, found: list[Action]) -> list[Action]:
    since, before = time_of(call, "changes-since"), time_of(call, "changes-before")
    found = [a for a in found if since is None or a.updated_at >= since]
    found = [a for a in found if before is None or a.updated_at <= before]
    marker = call.query.get("marker")
    if marker is None:
        return found
    position = next((n for n, action in enumerate(found) if action.request_id == marker), None)
    if position is None:
        raise errors.BadRequest(f"Marker {marker} could not be found.")
    return found[position + 1 :]


def show(call: Call) -> Reply:
    with call.services.store.read() as tx:
        server = _server(call, tx)
        found = actions.by_request(tx, server.id, call.params["request_id"])
        if found is None:
            raise errors.NotFound(
                f"Action for request_id {call.params['request_id']} on instance {server.id} not found"
            )
        events = actions.events(tx, found.id)
    view = _action(call, found)
    if call.at_least(2, 51) or call.allowed("os_compute_api:os-instance-actions:events"):
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
    if call.allowed("os_compute_api:os-instance-actions:events"):
        view["traceback"] = event.traceback
        if call.at_least(2, 62):
            view["host"] = event.host
    if call.at_least(2, 62):
        view["hostId"] = host_id(server)
    if call.at_least(2, 84):
        view["details"] = event.details
    return view


ROUTES = [
    Route(method="GET", path="/servers/{server_id}/os-instance-actions", handler=index, default="reader",
          policy="os_compute_api:os-instance-actions:list", summary="List what was done to a server."),
    Route(method="GET", path="/servers/{server_id}/os-instance-actions/{request_id}", handler=show, default="reader",
          policy="os_compute_api:os-instance-actions:show", summary="Show one action with its events."),
]  # fmt: skip
RULES = [Rule(name="os_compute_api:os-instance-actions:events", default="admin", summary="See hosts and tracebacks.")]
