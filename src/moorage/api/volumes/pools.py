"""``/scheduler-stats/get_pools`` and ``/capabilities``: what the backends can hold."""

from __future__ import annotations

from typing import Any

from moorage import clock, errors
from moorage.api.volumes import views
from moorage.api.volumes.query import is_set
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import BOOLEAN, EMPTY, INTEGER, NULL, OBJECT, TEXT, closed, each, several, untyped
from moorage.store import Tx
from moorage.volumes.service import backends

_VENDOR = "Open Source"


def index(call: Call) -> Reply:
    wanted = call.query.get("name")
    names = {views.pool_name(name): name for name in call.services.backends}
    chosen = {pool: name for pool, name in names.items() if wanted in (None, pool)}
    if not is_set(call, "detail"):
        return Reply(body={"pools": [{"name": pool} for pool in chosen]})
    with call.services.store.read() as tx:
        shown = [{"name": pool, "capabilities": _capabilities(call, tx, name)} for pool, name in chosen.items()]
    return Reply(body={"pools": shown})


def _capabilities(call: Call, tx: Tx, name: str) -> dict[str, Any]:
    state, provisioned = backends.state(tx, name), backends.provisioned_gib(tx, name)
    return {
        "pool_name": name,
        "total_capacity_gb": "unknown" if state.total_gib is None else state.total_gib,
        "free_capacity_gb": "unknown" if state.free_gib is None else state.free_gib,
        "provisioned_capacity_gb": provisioned,
        "allocated_capacity_gb": provisioned,
        "reserved_percentage": 0,
        "QoS_support": False,
        "consistencygroup_support": False,
        "replication_enabled": False,
        "group_replication_enabled": False,
        "filter_function": None,
        "goodness_function": None,
        "multiattach": True,
        "volume_backend_name": name,
        "storage_protocol": call.services.backends[name].protocol,
        "vendor_name": _VENDOR,
        "driver_version": "1.0",
        "timestamp": (state.updated_at or clock.now()).isoformat(),
    }


def capabilities(call: Call) -> Reply:
    host = call.params["host"]
    name = next(
        (n for n in call.services.backends if host in (views.pool_name(n), views.pool_name(n).split("#")[0])), None
    )
    if name is None:
        raise errors.NotFound(f"Can't find service: {host}")
    return Reply(
        body={
            "namespace": f"OS::Storage::Capabilities::{host}", "vendor_name": _VENDOR, "volume_backend_name": name,
            "pool_name": name, "driver_version": "1.0",
            "storage_protocol": call.services.backends[name].protocol, "display_name": name,
            "description": None, "visibility": None, "replication_targets": [], "properties": {},
        }
    )  # fmt: skip


_POOL = closed(
    {"name": TEXT},
    {
        "capabilities": closed(
            each(TEXT, "pool_name", "volume_backend_name", "storage_protocol", "vendor_name", "driver_version")
            | {"timestamp": TEXT, "reserved_percentage": INTEGER} | each(NULL, "filter_function", "goodness_function")
            | each(BOOLEAN, "QoS_support", "consistencygroup_support", "replication_enabled", "multiattach")
            | {"group_replication_enabled": BOOLEAN} | untyped("total_capacity_gb", "free_capacity_gb")
            | each(INTEGER, "provisioned_capacity_gb", "allocated_capacity_gb")
        )
    },
)  # fmt: skip
_CAPABILITIES = closed(
    each(TEXT, "namespace", "vendor_name", "volume_backend_name", "pool_name", "driver_version", "storage_protocol")
    | {"display_name": TEXT, "replication_targets": EMPTY, "properties": OBJECT}
    | each(NULL, "description", "visibility")
)  # fmt: skip
ROUTES = [
    Route(method="GET", path="/scheduler-stats/get_pools", handler=index,
          policy="scheduler_extension:scheduler_stats:get_pools", default="admin", summary="List storage pools",
          answer=several("pools", _POOL)),
    Route(method="GET", path="/capabilities/{host}", handler=capabilities, policy="volume_extension:capabilities",
          default="admin", summary="Show what a backend can do", answer=_CAPABILITIES),
]  # fmt: skip
