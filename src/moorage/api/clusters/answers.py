"""How are the objects of ``views`` described, in the names of either version?"""

from __future__ import annotations

from moorage.api.wire.answers import (
    BOOLEAN,
    INTEGER,
    NULL,
    NULLABLE_INTEGER,
    NULLABLE_TEXT,
    OBJECT,
    TAGS,
    TEXT,
    Schema,
    array,
    closed,
    each,
    untyped,
)

Fields = dict[str, Schema]
_TIMES = {"created_at": TEXT, "updated_at": NULLABLE_TEXT}
_OWN = {"id": TEXT, "is_default": BOOLEAN} | _TIMES
"""What belongs to this cloud, beside the project."""
_SIZE = {"boot_volume_size": NULLABLE_INTEGER}
_NODE = (
    each(TEXT, "name", "flavor_id") | each(INTEGER, "volumes_per_node", "volumes_size")
    | each(BOOLEAN, "auto_security_group", "is_proxy_gateway", "use_autoconfig", "volume_local_to_instance")
    | each(BOOLEAN, "boot_from_volume", "boot_volume_local_to_instance")
    | each(NULLABLE_TEXT, "image_id", "availability_zone", "floating_ip_pool", "volume_type")
    | each(NULLABLE_TEXT, "volumes_availability_zone", "volume_mount_prefix", "boot_volume_type")
    | {"node_processes": TAGS, "node_configs": OBJECT, "boot_volume_availability_zone": NULLABLE_TEXT}
    | untyped("security_groups", "shares")
)  # fmt: skip
_FOR_ALL = each(TEXT, "plugin_name") | each(BOOLEAN, "is_public", "is_protected") | {"description": NULLABLE_TEXT}
_CLUSTER = (
    _FOR_ALL | {"name": TEXT, "cluster_configs": OBJECT, "anti_affinity": TAGS, "use_autoconfig": BOOLEAN}
    | each(NULLABLE_TEXT, "default_image_id", "neutron_management_network", "domain_name") | untyped("shares")
)  # fmt: skip
_GROUP = {"node_group_template_id": NULLABLE_TEXT, "count": INTEGER}
_INSTANCE = closed(
    each(TEXT, "id", "instance_id", "instance_name") | {"storage_devices_number": INTEGER}
    | each(NULLABLE_TEXT, "internal_ip", "management_ip", "dns_hostname") | _TIMES
)  # fmt: skip
_EVENT = closed(
    each(TEXT, "id", "step_id") | {"successful": BOOLEAN}
    | each(NULLABLE_TEXT, "node_group_id", "instance_id", "instance_name", "event_info") | _TIMES
)  # fmt: skip
_VERIFICATION = closed(each(TEXT, "id", "cluster_id", "status") | {"checks": array(OBJECT)} | _TIMES)


def _plugin(*, v2: bool) -> Fields:
    return {"plugin_version" if v2 else "hadoop_version": TEXT}


def _project(*, v2: bool) -> Fields:
    return {"project_id" if v2 else "tenant_id": TEXT}


def node_group_template(*, v2: bool) -> Schema:
    return closed(_NODE | _FOR_ALL | _plugin(v2=v2) | _project(v2=v2) | _OWN, _SIZE)


def cluster_template(*, v2: bool) -> Schema:
    group = closed(_NODE | _GROUP | {"id": TEXT} | _TIMES, _SIZE)
    return closed(_CLUSTER | _plugin(v2=v2) | _project(v2=v2) | _OWN | {"node_groups": array(group)})


def exported_node_group_template(*, v2: bool) -> Schema:
    return closed(_NODE | _FOR_ALL | _plugin(v2=v2), _SIZE)


def exported_cluster_template(*, v2: bool) -> Schema:
    return closed(_CLUSTER | _plugin(v2=v2) | {"node_groups": array(closed(_NODE | _GROUP, _SIZE))})


def cluster(*, v2: bool) -> Schema:
    group = closed(_NODE | _GROUP | {"id": TEXT, "instances": array(_INSTANCE)} | _TIMES, _SIZE)
    return closed(
        _CLUSTER | _plugin(v2=v2) | _project(v2=v2) | _TIMES | each(TEXT, "id", "status")
        | each(NULLABLE_TEXT, "status_description", "cluster_template_id", "user_keypair_id", "management_public_key")
        | {"info": OBJECT, "is_transient": BOOLEAN, "trust_id": NULL, "node_groups": array(group)}
        | {"provision_progress": array(_step(v2=v2))},
        {"verification": _VERIFICATION},
    )  # fmt: skip


def _step(*, v2: bool) -> Schema:
    return closed(
        each(TEXT, "id", "cluster_id", "step_name", "step_type") | _project(v2=v2) | _TIMES
        | {"total": INTEGER, "successful": {"type": ["boolean", "null"]}},
        {"events": array(_EVENT)},
    )  # fmt: skip


def listed(name: str, entry: Schema) -> Schema:
    """How ``call.listed`` answers."""
    return closed({name: array(entry)}, {"markers": closed(each(NULLABLE_TEXT, "prev", "next"))})
