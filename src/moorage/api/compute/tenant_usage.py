"""``/os-simple-tenant-usage``: how long servers of which size ran."""

from __future__ import annotations

import datetime as dt
from typing import Any

from moorage import clock, errors
from moorage.api.compute.input import check_query, stamp
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import INTEGER, LINKS, NULLABLE_TEXT, NUMBER, TEXT, array, closed, each, either, page
from moorage.api.wire.paging import MAX_LIMIT, limit_of, next_link
from moorage.compute.service import tenant_usage
from moorage.compute.service.tenant_usage import ServerUsage

_POLICY = "os_compute_api:os-simple-tenant-usage:"
_FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")


def index(call: Call) -> Reply:
    check_query(call, "start", "end", "detailed", "limit", "marker")
    is_detailed = call.query.get("detailed") == "1"
    summaries, links = _summaries(call, None, "tenant_usages", is_detailed)
    return Reply(body={"tenant_usages": summaries, **links})


def show(call: Call) -> Reply:
    project_id = call.params["project_id"]
    if project_id != call.context.project_id and not call.context.is_admin:
        raise errors.Forbidden(f"Policy doesn't allow {_POLICY}show to be performed.")
    check_query(call, "start", "end", "limit", "marker")
    summaries, links = _summaries(call, project_id, "tenant_usage", True)
    return Reply(body={"tenant_usage": summaries[0] if summaries else {}, **links})


def _summaries(
    call: Call, project_id: str | None, name: str, is_detailed: bool
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    start, end = _period(call)
    is_paged = call.at_least(2, 40)
    limit = limit_of(call) if is_paged else MAX_LIMIT
    marker = call.query.get("marker") if is_paged else None
    with call.services.store.read() as tx:
        found = tenant_usage.between(tx, start, end, project_id, marker, limit)
    projects = dict.fromkeys(usage.project_id for usage in found)
    summaries = [
        _summary(project, [u for u in found if u.project_id == project], start, end, is_detailed)
        for project in projects
    ]
    last = found[-1].id if found else None
    return summaries, next_link(call, name, found, limit, last) if is_paged else {}


def _period(call: Call) -> tuple[dt.datetime, dt.datetime]:
    now = clock.now()
    start, end = _moment(call, "start", now), _moment(call, "end", clock.now())
    if not start < end:
        raise errors.BadRequest("Invalid start time. The start time cannot occur after the end time.")
    return start, min(end, now)


def _moment(call: Call, name: str, default: dt.datetime) -> dt.datetime:
    text = call.query.get(name)
    if not text:
        return default
    for form in _FORMS:
        try:
            return dt.datetime.strptime(text, form)
        except ValueError:
            continue
    raise errors.BadRequest("Invalid datetime string: Datetime is in invalid format")


def _summary(
    project_id: str, found: list[ServerUsage], start: dt.datetime, end: dt.datetime, is_detailed: bool
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "tenant_id": project_id,
        "start": stamp(start),
        "stop": stamp(end),
        "total_hours": sum(usage.hours for usage in found),
        "total_vcpus_usage": sum(usage.vcpus * usage.hours for usage in found),
        "total_memory_mb_usage": sum(usage.memory_mib * usage.hours for usage in found),
        "total_local_gb_usage": sum(usage.local_gib * usage.hours for usage in found),
    }
    if is_detailed:
        body["server_usages"] = [_view(usage) for usage in found]
    return body


def _view(usage: ServerUsage) -> dict[str, Any]:
    return {
        "instance_id": usage.id,
        "name": usage.name,
        "tenant_id": usage.project_id,
        "flavor": usage.flavor,
        "vcpus": usage.vcpus,
        "memory_mb": usage.memory_mib,
        "local_gb": usage.local_gib,
        "state": usage.state,
        "hours": usage.hours,
        "uptime": usage.uptime_s,
        "started_at": stamp(usage.started_at),
        "ended_at": stamp(usage.ended_at),
    }


_SERVER = closed(
    each(TEXT, "instance_id", "name", "tenant_id", "flavor", "state", "started_at") | {"ended_at": NULLABLE_TEXT}
    | each(INTEGER, "vcpus", "memory_mb", "local_gb", "uptime") | {"hours": NUMBER}
)  # fmt: skip
_USAGE = closed(
    each(TEXT, "tenant_id", "start", "stop")
    | each(NUMBER, "total_hours", "total_vcpus_usage", "total_memory_mb_usage", "total_local_gb_usage"),
    {"server_usages": array(_SERVER)},
)
_OF_ONE = closed({"tenant_usage": either(_USAGE, closed({}))}, {"tenant_usage_links": LINKS})
ROUTES = [
    Route(method="GET", path="/os-simple-tenant-usage", handler=index, policy=_POLICY + "list", default="admin",
          summary="Show the usage of all projects", answer=page("tenant_usages", _USAGE)),
    Route(method="GET", path="/os-simple-tenant-usage/{project_id}", handler=show, policy=_POLICY + "show",
          default="reader", summary="Show the usage of a project", answer=_OF_ONE),
]  # fmt: skip
