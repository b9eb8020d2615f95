"""``/extensions``: which parts of the API are there, as clients asked before microversions."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import EMPTY, TEXT, closed, each, one, several

_POLICY = "os_compute_api:extensions"
_EXTENSIONS = [  # alias, name, description
    ("OS-DCF", "DiskConfig", "Disk configuration of servers."),
    ("OS-EXT-AZ", "ExtendedAvailabilityZone", "Availability zone of servers."),
    ("OS-EXT-SRV-ATTR", "ExtendedServerAttributes", "Host and other attributes of servers for administrators."),
    ("OS-EXT-STS", "ExtendedStatus", "Task, virtual machine and power state of servers."),
    ("OS-FLV-DISABLED", "FlavorDisabled", "Whether a flavor is disabled."),
    ("OS-FLV-EXT-DATA", "FlavorExtraData", "Ephemeral disk of flavors."),
    ("OS-SRV-USG", "ServerUsage", "Launch and termination time of servers."),
    ("os-admin-actions", "AdminActions", "Actions for administrators."),
    ("os-availability-zone", "AvailabilityZone", "Availability zones."),
    ("os-block-device-mapping-v2-boot", "BlockDeviceMappingV2Boot", "Boot from volumes with block device mapping v2."),
    ("os-config-drive", "ConfigDrive", "Config drive of servers."),
    ("os-extended-volumes", "ExtendedVolumes", "Volumes attached to servers."),
    ("os-flavor-access", "FlavorAccess", "Projects that may use private flavors."),
    ("os-flavor-extra-specs", "FlavorExtraSpecs", "Extra specs of flavors."),
    ("os-flavor-manage", "FlavorManage", "Create and delete flavors."),
    ("os-flavor-rxtx", "FlavorRxtx", "Transmission factor of flavors."),
    ("os-hypervisors", "Hypervisors", "Hypervisors for administrators."),
    ("os-instance-actions", "InstanceActions", "What was done to servers."),
    ("os-instance_usage_audit_log", "OSInstanceUsageAuditLog", "Usage audits."),
    ("os-keypairs", "Keypairs", "Key pairs of users."),
    ("os-migrations", "Migrations", "Migrations of servers."),
    ("os-quota-class-sets", "QuotaClasses", "Default limits."),
    ("os-quota-sets", "Quotas", "Limits of projects."),
    ("os-server-external-events", "ServerExternalEvents", "Events from other services."),
    ("os-server-groups", "ServerGroups", "Groups of servers."),
    ("os-services", "Services", "Compute services."),
    ("os-shelve", "Shelve", "Shelve servers."),
    ("os-simple-tenant-usage", "SimpleTenantUsage", "Usage of projects."),
    ("os-used-limits", "UsedLimits", "Usage beside limits."),
    ("os-user-data", "UserData", "User data of servers."),
    ("os-volumes", "Volumes", "Volume attachments of servers."),
]


def _view(alias: str, name: str, description: str) -> dict[str, Any]:
    return {
        "alias": alias,
        "name": name,
        "description": description,
        "links": [],
        "namespace": "http://docs.openstack.org/compute/ext/fake_xml",
        "updated": "2014-12-03T00:00:00Z",
    }


def index(_call: Call) -> Reply:
    return Reply(body={"extensions": [_view(*extension) for extension in _EXTENSIONS]})


def show(call: Call) -> Reply:
    for extension in _EXTENSIONS:
        if extension[0] == call.params["alias"]:
            return Reply(body={"extension": _view(*extension)})
    raise errors.NotFound("The resource could not be found.")


_EXTENSION = closed(each(TEXT, "alias", "name", "description", "namespace", "updated") | {"links": EMPTY})
ROUTES = [
    Route(method="GET", path="/extensions", handler=index, policy=_POLICY, default="any",
          summary="List the parts of the API", answer=several("extensions", _EXTENSION)),
    Route(method="GET", path="/extensions/{alias}", handler=show, policy=_POLICY, default="any",
          summary="Show an extension.", answer=one("extension", _EXTENSION)),
]  # fmt: skip
