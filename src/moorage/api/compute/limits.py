"""``/limits``: what the project may use and uses."""

from __future__ import annotations

from moorage.api.compute.input import check_query
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import EMPTY, INTEGER, closed, each, one
from moorage.api.wire.route import Rule
from moorage.compute.service import quotas

_OTHER = "os_compute_api:limits:other_project"
_MAXIMA = {
    "cores": ("maxTotalCores",), "instances": ("maxTotalInstances",), "ram": ("maxTotalRAMSize",),
    "key_pairs": ("maxTotalKeypairs",), "metadata_items": ("maxServerMeta", "maxImageMeta"),
    "server_groups": ("maxServerGroups",), "server_group_members": ("maxServerGroupMembers",),
    "injected_files": ("maxPersonality",), "injected_file_content_bytes": ("maxPersonalitySize",),
    "floating_ips": ("maxTotalFloatingIps",), "security_groups": ("maxSecurityGroups",),
    "security_group_rules": ("maxSecurityGroupRules",),
}  # fmt: skip
_USED = {
    "cores": "totalCoresUsed", "instances": "totalInstancesUsed", "ram": "totalRAMUsed",
    "floating_ips": "totalFloatingIpsUsed", "security_groups": "totalSecurityGroupsUsed",
    "server_groups": "totalServerGroupsUsed",
}  # fmt: skip
_NETWORK = ("floating_ips", "security_groups", "security_group_rules")
_FILES = ("injected_files", "injected_file_content_bytes")


def show(call: Call) -> Reply:
    check_query(call, "tenant_id")
    project_id = call.query.get("tenant_id")
    if project_id is not None:
        call.enforce(_OTHER)
    with call.services.store.read() as tx:
        limits = quotas.limits_of(tx, project_id or call.context.project_id)
        used = quotas.usage_of(tx, project_id or call.context.project_id)
    dropped = (_NETWORK if call.at_least(2, 36) else ()) + (_FILES if call.at_least(2, 57) else ())
    absolute = {
        name: limits[resource]
        for resource, names in _MAXIMA.items()
        for name in names
        if resource not in dropped and not (name == "maxImageMeta" and call.at_least(2, 39))
    }
    absolute |= {name: used[resource] for resource, name in _USED.items() if resource not in dropped}
    return Reply(body={"limits": {"rate": [], "absolute": absolute}})


_NAMES = (*(name for names in _MAXIMA.values() for name in names), *_USED.values())
_LIMITS = closed({"rate": EMPTY, "absolute": closed({}, each(INTEGER, *_NAMES))})
ROUTES = [
    Route(method="GET", path="/limits", handler=show, policy="os_compute_api:limits", default="any",
          summary="Show limits and usage of a project", answer=one("limits", _LIMITS)),
]  # fmt: skip
RULES = [Rule(name=_OTHER, default="admin", summary="Show limits and usage of another project")]
