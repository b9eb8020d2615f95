"""``/os-hypervisors``: what the hosts have and how much of it is taken."""

from __future__ import annotations

from typing import Any

from moorage import errors, ids
from moorage.api.compute import answers
from moorage.api.compute.input import check_query, truth
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import one, page, several
from moorage.api.wire.paging import MAX_LIMIT, limit_of, next_link
from moorage.compute.model.host import HypervisorState
from moorage.compute.service import hypervisors
from moorage.store import Tx

_POLICY = "os_compute_api:os-hypervisors:"
_UUIDS = (2, 53)
_TOTALS = (
    "vcpus", "memory_mb", "local_gb", "vcpus_used", "memory_mb_used", "local_gb_used", "free_ram_mb", "free_disk_gb",
    "current_workload", "running_vms", "disk_available_least",
)  # fmt: skip


def index(call: Call) -> Reply:
    return _list(call, _brief)


def detail(call: Call) -> Reply:
    return _list(call, _full)


def _list(call: Call, render: Any) -> Reply:
    check_query(call, "limit", "marker", "hypervisor_hostname_pattern", "with_servers", closed_from=_UUIDS, single=True)
    pattern = call.query.get("hypervisor_hostname_pattern") if call.version >= _UUIDS else None
    limit = limit_of(call) if call.at_least(2, 33) else MAX_LIMIT
    with_servers = _with_servers(call)
    with call.services.store.read() as tx:
        page = _page(call, tx, limit) if pattern is None else _matching(call, tx, pattern)
        rendered = [_with(call, tx, render(call, found), found, with_servers) for found in page]
    marker = str(_id(call, page[-1])) if page else None
    is_paged = call.at_least(2, 33) and pattern is None
    more = next_link(call, "hypervisors", page, limit, marker) if is_paged else {}
    return Reply(body={"hypervisors": rendered, **more})


def _matching(call: Call, tx: Tx, pattern: str) -> list[HypervisorState]:
    if call.version >= _UUIDS and ("limit" in call.query or call.query.get("marker")):
        raise errors.BadRequest(
            "Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported."
        )
    found = hypervisors.listing(tx, pattern)
    if not found:
        raise errors.NotFound(f"No hypervisor matching '{pattern}' could be found.")
    return found


def _page(call: Call, tx: Tx, limit: int) -> list[HypervisorState]:
    found = hypervisors.listing(tx)
    marker = call.query.get("marker") if call.at_least(2, 33) else None
    if marker is not None:
        known = [str(_id(call, one)) for one in found]
        if marker not in known:
            raise errors.BadRequest(f"marker [{marker}] not found")
        found = found[known.index(marker) + 1 :]
    return found[:limit]


def show(call: Call) -> Reply:
    check_query(call, "with_servers", closed_from=_UUIDS, single=True)
    with_servers = _with_servers(call)
    with call.services.store.read() as tx:
        found = _find(call, tx)
        return Reply(body={"hypervisor": _with(call, tx, _full(call, found), found, with_servers)})


def _find(call: Call, tx: Tx) -> HypervisorState:
    identifier = call.params["hypervisor_id"]
    if call.version >= _UUIDS and not ids.is_uuid(identifier):
        raise errors.BadRequest(f"Invalid uuid {identifier}")
    if call.version < _UUIDS and not identifier.isdigit():
        raise errors.NotFound(f"Hypervisor with ID '{identifier}' could not be found.")
    return hypervisors.get(tx, identifier)


def statistics(call: Call) -> Reply:
    with call.services.store.read() as tx:
        enabled = [_numbers(one) for one in hypervisors.listing(tx) if not one.service.disabled]
    totals = {name: sum(numbers[name] or 0 for numbers in enabled) for name in _TOTALS}
    return Reply(body={"hypervisor_statistics": {"count": len(enabled), **totals}})


def uptime(call: Call) -> Reply:
    with call.services.store.read() as tx:
        _find(call, tx)
    raise errors.NotImplementedHere("The requested functionality is not supported.")


def search(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = _matching(call, tx, call.params["hypervisor_id"])
    return Reply(body={"hypervisors": [_brief(call, one) for one in found]})


def list_servers(call: Call) -> Reply:
    with call.services.store.read() as tx:
        found = _matching(call, tx, call.params["hypervisor_id"])
        return Reply(body={"hypervisors": [_with(call, tx, _brief(call, one), one, True) for one in found]})


def _with_servers(call: Call) -> bool:
    if call.version < _UUIDS or "with_servers" not in call.query:
        return False
    return truth("with_servers", call.query["with_servers"])


def _with(call: Call, tx: Tx, body: dict[str, Any], found: HypervisorState, wanted: bool) -> dict[str, Any]:
    """Adds the servers; before 2.75 a hypervisor without servers has no such field."""
    if not wanted:
        return body
    on_host = [{"name": name, "uuid": server_id} for name, server_id in hypervisors.servers_on(tx, found.name)]
    return {**body, "servers": on_host} if on_host or call.at_least(2, 75) else body


def _id(call: Call, found: HypervisorState) -> str | int:
    return found.id if call.version >= _UUIDS else found.serial


def _brief(call: Call, found: HypervisorState) -> dict[str, Any]:
    return {
        "id": _id(call, found),
        "hypervisor_hostname": found.name,
        "state": "up" if found.service.is_up else "down",
        "status": "disabled" if found.service.disabled else "enabled",
    }


def _full(call: Call, found: HypervisorState) -> dict[str, Any]:
    service = found.service
    body = _brief(call, found) | {
        "hypervisor_type": found.hypervisor_type,
        "hypervisor_version": found.version,
        "host_ip": None,
        "service": {
            "id": service.id if call.version >= _UUIDS else service.serial,
            "host": service.host,
            "disabled_reason": service.disabled_reason,
        },
    }
    if call.at_least(2, 88):
        return {**body, "uptime": None}
    return body | _numbers(found) | {"cpu_info": {} if call.at_least(2, 28) else ""}


def _numbers(found: HypervisorState) -> dict[str, int | None]:
    used = found.usage
    return {
        "vcpus": found.vcpus,
        "memory_mb": found.memory_mib,
        "local_gb": found.disk_gib,
        "vcpus_used": used.vcpus,
        "memory_mb_used": used.memory_mib,
        "local_gb_used": used.disk_gib,
        "free_ram_mb": found.memory_mib - used.memory_mib,
        "free_disk_gb": found.disk_gib - used.disk_gib,
        "current_workload": used.busy,
        "running_vms": used.servers,
        "disk_available_least": None,
    }


_ONE = "/os-hypervisors/{hypervisor_id}"
ROUTES = [
    Route(method="GET", path="/os-hypervisors", handler=index, policy=_POLICY + "list", default="admin",
          summary="List hypervisors", answer=page("hypervisors", answers.HYPERVISOR)),
    Route(method="GET", path="/os-hypervisors/detail", handler=detail, policy=_POLICY + "list-detail",
          default="admin", summary="List hypervisors in detail", answer=page("hypervisors", answers.HYPERVISOR_DETAIL)),
    Route(method="GET", path="/os-hypervisors/statistics", handler=statistics, policy=_POLICY + "statistics",
          default="admin", max=(2, 87), summary="Show the sums over all hypervisors",
          answer=one("hypervisor_statistics", answers.HYPERVISOR_STATISTICS)),
    Route(method="GET", path=_ONE, handler=show, policy=_POLICY + "show", default="admin",
          summary="Show a hypervisor", answer=one("hypervisor", answers.HYPERVISOR_DETAIL)),
    Route(method="GET", path=_ONE + "/uptime", handler=uptime, policy=_POLICY + "uptime", default="admin",
          max=(2, 87), summary="Show how long a hypervisor is up"),
    Route(method="GET", path=_ONE + "/search", handler=search, policy=_POLICY + "search", default="admin",
          max=(2, 52), summary="Find hypervisors by a part of their name",
          answer=several("hypervisors", answers.HYPERVISOR)),
    Route(method="GET", path=_ONE + "/servers", handler=list_servers, policy=_POLICY + "servers", default="admin",
          max=(2, 52), summary="List the servers on hypervisors by a part of their name",
          answer=several("hypervisors", answers.HYPERVISOR)),
]  # fmt: skip
