"""How are servers, flavors, hypervisors and services described, over all versions and callers?"""

from __future__ import annotations

from moorage.api.wire.answers import (
    BOOLEAN,
    INTEGER,
    LINKS,
    NOTHING,
    NULL,
    NULLABLE_INTEGER,
    NULLABLE_TEXT,
    NUMBER,
    TAGS,
    TEXT,
    TEXTS,
    array,
    closed,
    each,
    either,
    mapping,
    one,
)

_ID = {"type": ["string", "integer"]}
"""Where integers became UUIDs."""
_LINKED = closed({"id": TEXT, "links": LINKS})
_FLAVOR = closed(
    {"original_name": TEXT, "extra_specs": TEXTS} | each(INTEGER, "ram", "disk", "vcpus", "swap", "ephemeral")
)
_FAULT = closed({"code": INTEGER, "created": TEXT, "message": TEXT}, {"details": TEXT})
_DISK = closed({"id": TEXT}, {"delete_on_termination": BOOLEAN})
ADDRESSES = array(closed({"version": INTEGER, "addr": TEXT}, each(TEXT, "OS-EXT-IPS:type", "OS-EXT-IPS-MAC:mac_addr")))
BRIEF = closed({"id": TEXT, "name": TEXT, "links": LINKS})
_BASE = (
    each(TEXT, "id", "name", "status", "tenant_id", "user_id", "hostId", "created", "updated", "accessIPv4")
    | each(TEXT, "accessIPv6", "OS-DCF:diskConfig") | {"metadata": TEXTS, "addresses": mapping(ADDRESSES)}
    | {"image": either(NOTHING, _LINKED), "flavor": either(_LINKED, _FLAVOR), "links": LINKS}
)  # fmt: skip
_EXTENDED = (
    each(TEXT, "OS-EXT-AZ:availability_zone", "config_drive", "OS-EXT-STS:vm_state")
    | each(NULLABLE_TEXT, "key_name", "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "OS-EXT-STS:task_state")
    | {"OS-EXT-STS:power_state": INTEGER, "os-extended-volumes:volumes_attached": array(_DISK)}
)  # fmt: skip
_SOMETIMES = (
    {"progress": INTEGER, "fault": _FAULT, "locked": BOOLEAN, "tags": TAGS, "server_groups": TAGS}
    | {"trusted_image_certificates": NULL, "OS-EXT-SRV-ATTR:launch_index": INTEGER}
    | each(TEXT, "OS-EXT-SRV-ATTR:instance_name", "OS-EXT-SRV-ATTR:kernel_id", "OS-EXT-SRV-ATTR:ramdisk_id")
    | each(TEXT, "OS-EXT-SRV-ATTR:hostname", "host_status")
    | each(NULLABLE_TEXT, "OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:hypervisor_hostname", "description")
    | each(NULLABLE_TEXT, "OS-EXT-SRV-ATTR:reservation_id", "OS-EXT-SRV-ATTR:root_device_name")
    | each(NULLABLE_TEXT, "OS-EXT-SRV-ATTR:user_data", "locked_reason", "pinned_availability_zone")
)  # fmt: skip
DETAIL = closed(_BASE | _EXTENDED, _SOMETIMES)
UPDATED = closed(_BASE, _EXTENDED | _SOMETIMES)
"""Below 2.75 the short set."""
CREATED = either(
    one("reservation_id", TEXT),
    one(
        "server",
        closed(
            each(TEXT, "id", "OS-DCF:diskConfig", "adminPass")
            | {"links": LINKS, "security_groups": array(one("name", TEXT))}
        ),
    ),
)

_NAMED = {"id": TEXT, "name": TEXT, "links": LINKS}
_DESCRIBED = {"description": NULLABLE_TEXT}
FLAVOR = closed(_NAMED, _DESCRIBED)
FLAVOR_DETAIL = closed(
    _NAMED | each(INTEGER, "ram", "disk", "vcpus", "OS-FLV-EXT-DATA:ephemeral") | {"rxtx_factor": NUMBER}
    | {"swap": either(INTEGER, NOTHING)} | each(BOOLEAN, "OS-FLV-DISABLED:disabled", "os-flavor-access:is_public"),
    _DESCRIBED | {"extra_specs": TEXTS},
)  # fmt: skip

_NUMBERS = (
    "vcpus", "memory_mb", "local_gb", "vcpus_used", "memory_mb_used", "local_gb_used", "free_ram_mb", "free_disk_gb",
    "current_workload", "running_vms", "disk_available_least",
)  # fmt: skip
_HYPERVISOR = {"id": _ID} | each(TEXT, "hypervisor_hostname", "state", "status")
_SERVERS = {"servers": array(closed(each(TEXT, "name", "uuid")))}
HYPERVISOR = closed(_HYPERVISOR, _SERVERS)
HYPERVISOR_DETAIL = closed(
    _HYPERVISOR | {"hypervisor_type": TEXT, "hypervisor_version": INTEGER, "host_ip": NULL}
    | {"service": closed({"id": _ID, "host": TEXT, "disabled_reason": NULLABLE_TEXT})},
    _SERVERS | {"uptime": NULL, "cpu_info": either(closed({}), NOTHING)} | each(NULLABLE_INTEGER, *_NUMBERS),
)  # fmt: skip
HYPERVISOR_STATISTICS = closed(each(INTEGER, "count", *_NUMBERS))

SERVICE = closed(
    each(TEXT, "binary", "host", "zone", "status", "state") | each(NULLABLE_TEXT, "updated_at", "disabled_reason")
    | {"id": _ID},
    {"forced_down": BOOLEAN},
)  # fmt: skip
_BY_HOST = closed(each(TEXT, "host", "binary"), each(TEXT, "status", "disabled_reason") | {"forced_down": BOOLEAN})
SERVICE_CHANGED = either(SERVICE, _BY_HOST)
"""Until 2.52 the answer repeats the request."""
_HOSTS = mapping(mapping(closed(each(BOOLEAN, "available", "active") | {"updated_at": NULLABLE_TEXT})))
ZONE = closed({"zoneName": TEXT, "zoneState": one("available", BOOLEAN), "hosts": either(NULL, _HOSTS)})
