"""``/os-services`` and ``/os-availability-zone``: which services run where."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from moorage import errors, ids
from moorage.api.compute import answers
from moorage.api.compute.input import Host, Name, Truth, check_query, integer, stamp, truth
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import one, several
from moorage.api.wire.body import since
from moorage.compute.model.host import ServiceState
from moorage.compute.service import services

_POLICY = "os_compute_api:os-services:"
_ZONES = "os_compute_api:os-availability-zone:"
_INTERNAL = "internal"


class ByHost(msgspec.Struct, forbid_unknown_fields=True):
    """Until 2.52: the path names what to do, the body the service."""

    host: Host
    binary: Name
    disabled_reason: Name | msgspec.UnsetType = msgspec.UNSET
    forced_down: Annotated[Truth | msgspec.UnsetType, since(2, 11)] = msgspec.UNSET


class Update(msgspec.Struct, forbid_unknown_fields=True):
    """From 2.53 on."""

    status: Literal["enabled", "disabled"] | msgspec.UnsetType = msgspec.UNSET
    disabled_reason: Name | msgspec.UnsetType = msgspec.UNSET
    forced_down: Truth | msgspec.UnsetType = msgspec.UNSET


def index(call: Call) -> Reply:
    check_query(call, "host", "binary")
    with call.services.store.read() as tx:
        found = services.listing(tx, call.query.get("host"), call.query.get("binary"))
    return Reply(body={"services": [_view(call, service) for service in found]})


def _view(call: Call, service: ServiceState) -> dict[str, Any]:
    body = {
        "id": service.id if call.at_least(2, 53) else service.serial,
        "binary": service.binary,
        "host": service.host,
        "zone": service.zone,
        "status": "disabled" if service.disabled else "enabled",
        "state": "up" if service.is_up else "down",
        "updated_at": stamp(service.updated_at),
        "disabled_reason": service.disabled_reason,
    }
    if call.at_least(2, 11):
        body["forced_down"] = service.forced_down
    return body


def update_by_host(call: Call) -> Reply:
    body = call.body(ByHost)
    changes, answer = _changes(call, body)
    with call.services.store.write() as tx:
        services.change(tx, services.compute_on(tx, body.host, body.binary), **changes)
    return Reply(body={"service": {"host": body.host, "binary": body.binary, **answer}})


def _changes(call: Call, body: ByHost) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns to set, and what the answer says of it."""
    action = call.params["service_id"]
    reason = body.disabled_reason
    if action == "enable":
        return {"disabled": False, "disabled_reason": None}, {"status": "enabled"}
    if action == "disable":
        return {"disabled": True, "disabled_reason": None}, {"status": "disabled"}
    if action == "disable-log-reason":
        if reason is msgspec.UNSET:
            raise errors.BadRequest("Missing disabled reason field")
        return {"disabled": True, "disabled_reason": reason}, {"status": "disabled", "disabled_reason": reason}
    if action == "force-down" and call.at_least(2, 11):
        if isinstance(body.forced_down, msgspec.UnsetType):
            raise errors.BadRequest("Missing forced_down field")
        forced_down = truth("forced_down", body.forced_down)
        return {"forced_down": forced_down}, {"forced_down": forced_down}
    raise errors.NotFound("Unknown action")


def update(call: Call) -> Reply:
    if not call.at_least(2, 53):
        return update_by_host(call)
    service_id = _uuid(call)
    changes = _new_state(call.body(Update))
    with call.services.store.write() as tx:
        changed = services.change(tx, services.get(tx, service_id), **changes)
    return Reply(body={"service": _view(call, changed)})


def _new_state(body: Update) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    reason = None if isinstance(body.disabled_reason, msgspec.UnsetType) else body.disabled_reason
    if body.status == "enabled" and reason:
        raise errors.BadRequest("Specifying 'disabled_reason' with status 'enabled' is invalid.")
    if body.status is not msgspec.UNSET:
        changes |= {"disabled": body.status == "disabled", "disabled_reason": reason}
    if not isinstance(body.forced_down, msgspec.UnsetType):
        changes["forced_down"] = truth("forced_down", body.forced_down)
    if not changes:
        raise errors.BadRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
    return changes


def delete(call: Call) -> Reply:
    service_id = _uuid(call) if call.at_least(2, 53) else str(integer(call.params["service_id"], "id"))
    with call.services.store.write() as tx:
        try:
            service = services.get(tx, service_id)
        except errors.NotFound:
            raise errors.NotFound(f"Service {service_id} not found.") from None
        services.delete(tx, service)
    return Reply(status=204)


def _uuid(call: Call) -> str:
    service_id = call.params["service_id"]
    if not ids.is_uuid(service_id):
        raise errors.BadRequest(f"Invalid uuid {service_id}")
    return service_id


def zones(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = _by_zone(services.listing(tx))
    names = [zone for zone in sorted(found, key=lambda zone: not _is_available(found[zone])) if zone != _INTERNAL]
    return _zones([_zone(zone, found[zone], None) for zone in names])


def zones_in_detail(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = _by_zone(services.listing(tx))
    return _zones(
        [
            _zone(zone, members, _hosts(members) if _is_available(members) else None)
            for zone, members in sorted(found.items(), key=lambda item: not _is_available(item[1]))
        ]
    )


def _zones(info: list[dict[str, Any]]) -> Reply:
    return Reply(body={"availabilityZoneInfo": info})


def _by_zone(found: list[ServiceState]) -> dict[str, list[ServiceState]]:
    zones: dict[str, list[ServiceState]] = {}
    for service in sorted(found, key=lambda service: service.zone):
        zones.setdefault(service.zone, []).append(service)
    return zones


def _is_available(members: list[ServiceState]) -> bool:
    return any(not service.disabled for service in members)


def _zone(name: str, members: list[ServiceState], hosts: dict[str, Any] | None) -> dict[str, Any]:
    return {"zoneName": name, "zoneState": {"available": _is_available(members)}, "hosts": hosts}


def _hosts(members: list[ServiceState]) -> dict[str, Any]:
    hosts: dict[str, Any] = {}
    for service in members:
        if not service.disabled:
            state = {"available": service.is_up, "active": True, "updated_at": stamp(service.updated_at)}
            hosts.setdefault(service.host, {})[service.binary] = state
    return hosts


ROUTES = [
    Route(method="GET", path="/os-services", handler=index, policy=_POLICY + "list", default="admin",
          summary="List services", answer=several("services", answers.SERVICE)),
    Route(method="PUT", path="/os-services/{service_id}", handler=update, policy=_POLICY + "update", default="admin",
          body=Update, summary="Enable, disable or force down a compute service",
          answer=one("service", answers.SERVICE_CHANGED)),
    Route(method="DELETE", path="/os-services/{service_id}", handler=delete, policy=_POLICY + "delete",
          default="admin", summary="Forget a service"),
    Route(method="GET", path="/os-availability-zone", handler=zones, policy=_ZONES + "list", default="any",
          summary="List availability zones", answer=several("availabilityZoneInfo", answers.ZONE)),
    Route(method="GET", path="/os-availability-zone/detail", handler=zones_in_detail, policy=_ZONES + "detail",
          default="admin", summary="List availability zones with their hosts",
          answer=several("availabilityZoneInfo", answers.ZONE)),
]  # fmt: skip
