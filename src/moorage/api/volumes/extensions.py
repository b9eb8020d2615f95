"""``/extensions``: which optional parts of the API are served. Clients look for names here before they use them."""

from __future__ import annotations

from moorage import errors
from moorage.api.volumes.answers import EXTENSION
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import one, several

_SERVED = [  # name, alias, description, updated
    ("AdminActions", "os-admin-actions", "Enable admin actions.", "2012-08-25"),
    ("AvailabilityZones", "os-availability-zone", "Describe Availability Zones.", "2013-06-27"),
    ("Capabilities", "capabilities", "Capabilities support.", "2015-08-31"),
    ("ExtendedSnapshotAttributes", "os-extended-snapshot-attributes", "Extended SnapshotAttributes support.",
     "2012-06-19"),
    ("Hosts", "os-hosts", "Admin-only host administration.", "2011-06-29"),
    ("Qos_specs_manage", "qos-specs", "QoS specs support.", "2013-08-02"),
    ("QuotaClasses", "os-quota-class-sets", "Quota classes management support.", "2012-03-12"),
    ("Quotas", "os-quota-sets", "Quota management support.", "2011-08-08"),
    ("Scheduler_stats", "scheduler-stats", "Scheduler stats support.", "2014-09-07"),
    ("SchedulerHints", "OS-SCH-HNT", "Pass arbitrary key/value pairs to the scheduler.", "2013-04-18"),
    ("Services", "os-services", "Services support.", "2012-10-28"),
    ("SnapshotActions", "os-snapshot-actions", "Enable snapshot manager actions.", "2013-07-16"),
    ("TypesExtraSpecs", "os-types-extra-specs", "Type extra specs support.", "2011-08-24"),
    ("TypesManage", "os-types-manage", "Types manage support.", "2011-08-24"),
    ("UsedLimits", "os-used-limits", "Provide data on limited resources that are being used.", "2013-10-03"),
    ("VolumeActions", "os-volume-actions", "Enable volume actions.", "2012-05-31"),
    ("VolumeEncryptionMetadata", "os-volume-encryption-metadata", "Volume encryption metadata retrieval support.",
     "2013-07-10"),
    ("VolumeHostAttribute", "os-vol-host-attr", "Expose host as an attribute of a volume.", "2011-11-03"),
    ("VolumeImageMetadata", "os-vol-image-meta", "Show image metadata associated with the volume.", "2012-12-07"),
    ("VolumeMigStatusAttribute", "os-vol-mig-status-attr",
     "Expose migration_status as an attribute of a volume.", "2013-08-08"),
    ("VolumeTenantAttribute", "os-vol-tenant-attr", "Expose the internal project_id as an attribute of a volume.",
     "2011-11-03"),
    ("VolumeTransfer", "os-volume-transfer", "Volume transfer management support.", "2013-05-29"),
    ("VolumeTypeAccess", "os-volume-type-access", "Volume type access support.", "2014-06-26"),
]  # fmt: skip
_SHOWN = {
    alias: {"name": name, "alias": alias, "description": text, "updated": f"{day}T00:00:00+00:00", "links": []}
    for name, alias, text, day in _SERVED
}


def index(_call: Call) -> Reply:
    return Reply(body={"extensions": list(_SHOWN.values())})


def show(call: Call) -> Reply:
    alias = call.params["alias"]
    if alias not in _SHOWN:
        raise errors.NotFound("The resource could not be found.")
    return Reply(body={"extension": _SHOWN[alias]})


ROUTES = [
    Route(method="GET", path="/extensions", handler=index, policy="volume:extensions", default="any",
          summary="List optional parts of the API", answer=several("extensions", EXTENSION)),
    Route(method="GET", path="/extensions/{alias}", handler=show, policy="volume:extensions", default="any",
          summary="Show an optional part of the API", answer=one("extension", EXTENSION)),
]  # fmt: skip
