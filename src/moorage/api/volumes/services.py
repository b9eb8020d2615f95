"""``/os-services`` and ``/os-hosts``: the parts block storage is made of, and which operators took out of service."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import clock, errors
from moorage.api.volumes import views
from moorage.api.volumes.fields import Name
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, NULL, NULLABLE_TEXT, TEXT, closed, each, one, several
from moorage.store import Tx
from moorage.volumes.service import backends
from moorage.volumes.service.backends import BackendState

_SCHEDULER, _VOLUME = "cinder-scheduler", "cinder-volume"


class Change(msgspec.Struct, forbid_unknown_fields=True):
    host: Name | None = None
    binary: Name | None = None
    service: Name | None = None
    cluster: Name | None = None
    disabled_reason: Name | None = None


def index(call: Call) -> Reply:
    host, binary = call.query.get("host"), call.query.get("binary")
    with call.services.store.read() as tx:
        states = [backends.state(tx, name) for name in call.services.backends]
    rows = [*(_volume_service(call, state) for state in states), _scheduler(call)]
    shown = [r for r in rows if host in (None, r["host"]) and binary in (None, r["binary"])]
    return Reply(body={"services": shown})


def _scheduler(call: Call) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "binary": _SCHEDULER, "host": views.HOST, "zone": call.services.availability_zone, "status": "enabled",
        "state": "up", "updated_at": views.time(clock.now()),
    }  # fmt: skip
    return shown | ({"cluster": None} if call.at_least(3, 7) else {}) | {"disabled_reason": None}


def _volume_service(call: Call, state: BackendState) -> dict[str, Any]:
    shown = _scheduler(call) | {
        "binary": _VOLUME, "host": _host_of(state.name), "status": "disabled" if state.disabled else "enabled",
    }  # fmt: skip
    if call.at_least(3, 49):
        shown["backend_state"] = "up"
    return shown | {
        "disabled_reason": state.disabled_reason, "replication_status": "disabled", "active_backend_id": None,
        "frozen": state.frozen,
    }  # fmt: skip


def _host_of(backend: str) -> str:
    return views.pool_name(backend).rpartition("#")[0]


def act(call: Call) -> Reply:
    name = call.params["action"]
    if name not in _ACTIONS:
        raise errors.NotFound("Unknown action")
    change = call.body(Change)
    with call.services.store.write() as tx:
        return _ACTIONS[name](call, tx, change)


def _backend(call: Call, change: Change) -> str:
    binary = change.binary or change.service or _VOLUME
    for name in call.services.backends:
        if binary == _VOLUME and change.host == _host_of(name):
            return name
    if binary == _SCHEDULER and change.host == views.HOST:
        raise errors.BadRequest(f"Service {_SCHEDULER} on {change.host} cannot be changed: there is only this one.")
    raise errors.NotFound(f"Service {binary} could not be found on host {change.host}.")


def _disable(call: Call, tx: Tx, change: Change) -> Reply:
    return _set_disabled(call, tx, change, disabled=True)


def _enable(call: Call, tx: Tx, change: Change) -> Reply:
    return _set_disabled(call, tx, change, disabled=False)


def _disable_log_reason(call: Call, tx: Tx, change: Change) -> Reply:
    if not change.disabled_reason or not change.disabled_reason.strip():
        raise errors.BadRequest("'disabled_reason' is a required property")
    return _set_disabled(call, tx, change, disabled=True)


def _set_disabled(call: Call, tx: Tx, change: Change, *, disabled: bool) -> Reply:
    reason = change.disabled_reason if disabled else None
    backends.change(tx, _backend(call, change), disabled=disabled, disabled_reason=reason)
    binary = change.binary or change.service or _VOLUME
    shown: dict[str, Any] = {
        "host": change.host, "service": binary, "disabled": disabled, "binary": binary,
        "status": "disabled" if disabled else "enabled",
    }  # fmt: skip
    return Reply(body=shown | ({"disabled_reason": reason} if reason else {}))


def _freeze(call: Call, tx: Tx, change: Change) -> Reply:
    backends.change(tx, _backend(call, change), frozen=True)
    return Reply(status=202)


def _thaw(call: Call, tx: Tx, change: Change) -> Reply:
    backends.change(tx, _backend(call, change), frozen=False)
    return Reply(status=202)


_ACTIONS = {
    "enable": _enable, "disable": _disable, "disable-log-reason": _disable_log_reason, "freeze": _freeze, "thaw": _thaw,
}  # fmt: skip


def hosts(call: Call) -> Reply:
    with call.services.store.read() as tx:
        states = [backends.state(tx, name) for name in call.services.backends]
    rows = [*(_volume_service(call, state) for state in states), _scheduler(call)]
    shown = [
        {
            "host_name": row["host"], "service": row["binary"], "zone": row["zone"], "service-status": "available",
            "service-state": row["status"], "last-update": row["updated_at"],
        }
        for row in rows
    ]  # fmt: skip
    return Reply(body={"hosts": shown})


def host(call: Call) -> Reply:
    """Volumes and snapshots on one backend: in all, and by project."""
    wanted = call.params["host"]
    name = next((backend for backend in call.services.backends if wanted == _host_of(backend)), None)
    if name is None:
        raise errors.NotFound(f"Host {wanted} could not be found.")
    with call.services.store.read() as tx:
        totals = backends.by_project(tx, name)
    whole = {key: sum(row[key] for row in totals.values()) for key in backends.COUNTS}
    rows = [{"host": wanted, "project": "(total)"} | _texts(whole)]
    rows += [{"host": wanted, "project": project} | _texts(row) for project, row in totals.items()]
    return Reply(body={"host": [{"resource": row} for row in rows]})


def _texts(row: dict[str, int]) -> dict[str, str]:
    return {key: str(value) for key, value in row.items()}


_SERVICE = closed(
    each(TEXT, "binary", "host", "zone", "status", "state", "updated_at") | {"disabled_reason": NULLABLE_TEXT},
    each(TEXT, "backend_state", "replication_status") | each(NULL, "cluster", "active_backend_id")
    | {"frozen": BOOLEAN},
)  # fmt: skip
_HOST = closed(each(TEXT, "host_name", "service", "zone", "service-status", "service-state", "last-update"))
_HELD = closed(each(TEXT, "host", "project", *backends.COUNTS))
ROUTES = [
    Route(method="GET", path="/os-services", handler=index, policy="volume_extension:services:index", default="admin",
          summary="List the services of block storage", answer=several("services", _SERVICE)),
    Route(method="PUT", path="/os-services/{action}", handler=act, policy="volume_extension:services:update",
          default="admin", body=Change, summary="Enable, disable, freeze or thaw a backend"),
    Route(method="GET", path="/os-hosts", handler=hosts, policy="volume_extension:hosts", default="admin",
          summary="List the hosts of block storage", answer=several("hosts", _HOST)),
    Route(method="GET", path="/os-hosts/{host}", handler=host, policy="volume_extension:hosts", default="admin",
          summary="Show what a backend holds", answer=several("host", one("resource", _HELD))),
]  # fmt: skip
