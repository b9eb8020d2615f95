"""``/limits``: what the project may use and uses."""

from __future__ import annotations

from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import EMPTY, INTEGER, closed, each, one
from moorage.volumes.service import quotas

_MAXIMA = {
    "volumes": "maxTotalVolumes", "snapshots": "maxTotalSnapshots", "gigabytes": "maxTotalVolumeGigabytes",
    "backups": "maxTotalBackups", "backup_gigabytes": "maxTotalBackupGigabytes",
}  # fmt: skip
_USED = {
    "volumes": "totalVolumesUsed", "gigabytes": "totalGigabytesUsed", "snapshots": "totalSnapshotsUsed",
    "backups": "totalBackupsUsed", "backup_gigabytes": "totalBackupGigabytesUsed",
}  # fmt: skip


def show(call: Call) -> Reply:
    project_id = call.context.project_id
    if call.context.is_admin and call.at_least(3, 39):
        project_id = call.query.get("project_id") or call.query.get("tenant_id") or project_id
    with call.services.store.read() as tx:
        limits, used = quotas.limits_of(tx, project_id), quotas.usage_of(tx, project_id)
    absolute = {shown: limits[name] for name, shown in _MAXIMA.items()}
    absolute |= {shown: used[name] for name, shown in _USED.items()}
    return Reply(body={"limits": {"rate": [], "absolute": absolute}})


_LIMITS = closed({"rate": EMPTY, "absolute": closed(each(INTEGER, *_MAXIMA.values(), *_USED.values()))})
ROUTES = [
    Route(method="GET", path="/limits", handler=show, policy="limits_extension:used_limits", default="reader",
          summary="Show limits and usage of a project", answer=one("limits", _LIMITS)),
]  # fmt: skip
