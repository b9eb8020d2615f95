"""Lists for operators that are short here: migrations, aggregates, the usage audit log.

Servers do not migrate, hosts are not grouped, and nothing writes usage audits. The lists are therefore empty, and what
would fill them is refused.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from moorage import clock, errors
from moorage.api.compute.input import check_query, integer, moment
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import EMPTY, INTEGER, TAGS, TEXT, closed, each, one
from moorage.api.wire.paging import limit_of
from moorage.compute.model.host import COMPUTE
from moorage.compute.service import services

_AGGREGATES = "os_compute_api:os-aggregates:"
_AUDIT = "os_compute_api:os-instance-usage-audit-log:"
_FILTERS = ("hidden", "host", "instance_uuid", "source_compute", "status", "migration_type")


def migrations(call: Call) -> Reply:
    if call.at_least(2, 59):
        _check_migrations_query(call)
    return Reply(body={"migrations": []})


def _check_migrations_query(call: Call) -> None:
    before = ("changes-before",) if call.at_least(2, 66) else ()
    owners = ("user_id", "project_id") if call.at_least(2, 80) else ()
    known = (*_FILTERS, "limit", "marker", "changes-since", *before, *owners)
    check_query(call, *known, closed_from=(2, 59))
    limit_of(call)
    since, until = moment(call, "changes-since"), moment(call, "changes-before")
    if since and until and until < since:
        raise errors.BadRequest("The value of changes-since must be less than or equal to changes-before.")
    if marker := call.query.get("marker"):
        raise errors.BadRequest(f"Marker {marker} could not be found.")


def aggregates(_call: Call) -> Reply:
    return Reply(body={"aggregates": []})


def no_aggregate(call: Call) -> Reply:
    number = integer(call.params["aggregate_id"], "id")
    raise errors.NotFound(f"Aggregate {number} could not be found.")


def refuse_aggregate(_call: Call) -> Reply:
    raise errors.NotImplementedHere("Host aggregates are not supported.")


def audit_log(call: Call) -> Reply:
    return Reply(body={"instance_usage_audit_logs": _audit(call, clock.now())})


def audit_log_before(call: Call) -> Reply:
    text = call.params["before"]
    try:
        before = dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f" if "." in text else "%Y-%m-%d %H:%M:%S")
        return Reply(body={"instance_usage_audit_log": _audit(call, before)})
    except (ValueError, OverflowError):
        raise errors.BadRequest(f"Invalid timestamp for date {text}") from None


def _audit(call: Call, before: dt.datetime) -> dict[str, Any]:
    """The last full month before that moment, in which no host was audited."""
    end = before.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begin = (end - dt.timedelta(days=1)).replace(day=1)
    with call.services.store.read() as tx:
        hosts = [service.host for service in services.listing(tx, binary=COMPUTE)]
    done = "ALL" if not hosts else f"0 of {len(hosts)}"
    return {
        "period_beginning": str(begin), "period_ending": str(end), "num_hosts": len(hosts), "num_hosts_done": 0,
        "num_hosts_running": 0, "num_hosts_not_run": len(hosts), "hosts_not_run": hosts, "total_instances": 0,
        "total_errors": 0, "overall_status": f"{done} hosts done. 0 errors.", "log": {},
    }  # fmt: skip


_LOG = closed(
    each(TEXT, "period_beginning", "period_ending", "overall_status") | {"hosts_not_run": TAGS, "log": closed({})}
    | each(INTEGER, "num_hosts", "num_hosts_done", "num_hosts_running", "num_hosts_not_run", "total_instances")
    | {"total_errors": INTEGER}
)  # fmt: skip
_ONE = "/os-aggregates/{aggregate_id}"
ROUTES = [
    Route(method="GET", path="/os-migrations", handler=migrations, policy="os_compute_api:os-migrations:index",
          default="admin", summary="List migrations", answer=one("migrations", EMPTY)),
    Route(method="GET", path="/os-aggregates", handler=aggregates, policy=_AGGREGATES + "index", default="admin",
          summary="List host aggregates", answer=one("aggregates", EMPTY)),
    Route(method="POST", path="/os-aggregates", handler=refuse_aggregate, policy=_AGGREGATES + "create",
          default="admin", summary="Create a host aggregate (refused)"),
    Route(method="GET", path=_ONE, handler=no_aggregate, policy=_AGGREGATES + "show", default="admin",
          summary="Show a host aggregate (there are none)"),
    Route(method="PUT", path=_ONE, handler=no_aggregate, policy=_AGGREGATES + "update", default="admin",
          summary="Change a host aggregate (there are none)"),
    Route(method="DELETE", path=_ONE, handler=no_aggregate, policy=_AGGREGATES + "delete", default="admin",
          summary="Delete a host aggregate (there are none)"),
    Route(method="POST", path=_ONE + "/action", handler=no_aggregate, policy=_AGGREGATES + "update", default="admin",
          summary="Change the hosts of an aggregate (there are none)"),
    Route(method="GET", path="/os-instance_usage_audit_log", handler=audit_log, policy=_AUDIT + "list",
          default="admin", summary="Show the usage audits of the last month",
          answer=one("instance_usage_audit_logs", _LOG)),
    Route(method="GET", path="/os-instance_usage_audit_log/{before}", handler=audit_log_before, policy=_AUDIT + "show",
          default="admin", summary="Show the usage audits before a moment",
          answer=one("instance_usage_audit_log", _LOG)),
]  # fmt: skip
