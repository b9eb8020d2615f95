"""What resource types are there, and what properties and attributes has each? Names and limits are Heat's.

``elsewhere`` are properties that Heat has and that are not supported here: they are refused by name.
"""

from __future__ import annotations

from typing import Any

import msgspec

from moorage.stacks.hot.values import Limits

GROUP = "OS::Heat::ResourceGroup"
SERVER = "OS::Nova::Server"
SERVER_GROUP = "OS::Nova::ServerGroup"
VOLUME = "OS::Cinder::Volume"
VOLUME_ATTACHMENT = "OS::Cinder::VolumeAttachment"
PORT = "OS::Neutron::Port"
WAIT_CONDITION = "OS::Heat::WaitCondition"
WAIT_HANDLE = "OS::Heat::WaitConditionHandle"
NESTED_ENDINGS = (".yaml", ".yml", ".template")


class Property(msgspec.Struct, frozen=True, kw_only=True):
    """What one property takes."""

    kind: str = "string"
    is_required: bool = False
    default: Any = None
    limits: Limits = Limits()
    fields: dict[str, Property] = {}
    """Of a map; empty: any."""
    items: Property | None = None
    """Of a list; None: any."""


class ResourceType(msgspec.Struct, frozen=True, kw_only=True):
    """One resource type."""

    properties: dict[str, Property]
    attributes: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    changeable: frozenset[str] = frozenset()
    """Properties that an update changes in place; another one replaces the resource."""
    fixed: frozenset[str] = frozenset()
    """Properties whose change Heat carries out in place and we cannot: an update of them is refused."""
    policies: dict[str, str] = {}
    """Property → the property that says what a change of it does: REPLACE, IGNORE, or what cannot be done here."""


def _one_of(*allowed: str) -> Limits:
    return Limits(allowed=list(allowed))


_TEXT = Property()
_REQUIRED = Property(is_required=True)
_MAP = Property(kind="map", default={})
_DEVICE = Property(kind="map", fields={
    "device_name": _TEXT, "volume_id": _TEXT, "image": _TEXT, "snapshot_id": _TEXT,
    "swap_size": Property(kind="integer"), "ephemeral_size": Property(kind="integer", limits=Limits(minimum=1)),
    "ephemeral_format": Property(limits=_one_of("ext2", "ext3", "ext4", "xfs", "ntfs")),
    "device_type": Property(limits=_one_of("cdrom", "disk")),
    "disk_bus": Property(limits=_one_of("ide", "lame_bus", "scsi", "usb", "virtio")),
    "boot_index": Property(kind="integer"), "volume_size": Property(kind="integer"),
    "delete_on_termination": Property(kind="boolean"), "volume_type": _TEXT,
})  # fmt: skip
_NETWORK = Property(kind="map", fields={
    "network": _TEXT, "port": _TEXT, "fixed_ip": _TEXT,
    "allocate_network": Property(limits=_one_of("none", "auto")),
})  # fmt: skip

TYPES: dict[str, ResourceType] = {
    GROUP: ResourceType(
        properties={
            "count": Property(kind="integer", default=1, limits=Limits(minimum=0)),
            "index_var": Property(default="%index%", limits=Limits(min_length=3)),
            "resource_def": Property(kind="map", is_required=True, fields={
                "type": _REQUIRED, "properties": Property(kind="map"), "metadata": Property(kind="map"),
            }),
            "removal_policies": Property(kind="list", default=[], items=Property(
                kind="map", fields={"resource_list": Property(kind="list", default=[])},
            )),
            "removal_policies_mode": Property(default="append", limits=_one_of("append", "update")),
        },
        attributes=frozenset({"refs", "refs_map", "attributes", "removed_rsrc_list"}),
    ),
    SERVER: ResourceType(
        properties={
            "name": _TEXT, "flavor": _REQUIRED, "image": _TEXT, "key_name": _TEXT, "availability_zone": _TEXT,
            "block_device_mapping_v2": Property(kind="list", items=_DEVICE),
            "networks": Property(kind="list", items=_NETWORK), "scheduler_hints": Property(kind="map"),
            "metadata": _MAP, "tags": Property(kind="list", items=_TEXT), "config_drive": Property(kind="boolean"),
            "user_data": Property(default=""),
            "user_data_format": Property(
                default="HEAT_CFNTOOLS", limits=_one_of("HEAT_CFNTOOLS", "RAW", "SOFTWARE_CONFIG"),
            ),
            "flavor_update_policy": Property(default="RESIZE", limits=_one_of("RESIZE", "REPLACE")),
            "image_update_policy": Property(default="REBUILD", limits=_one_of("REBUILD", "REPLACE")),
            "user_data_update_policy": Property(default="REPLACE", limits=_one_of("REPLACE", "IGNORE")),
        },
        attributes=frozenset({"name", "addresses", "networks", "first_address"}),
        elsewhere=frozenset({
            "block_device_mapping", "admin_pass", "admin_user", "deployment_swift_data", "diskConfig", "personality",
            "reservation_id", "security_groups", "software_config_transport",
        }),
        changeable=frozenset({
            "name", "metadata", "tags", "flavor_update_policy", "image_update_policy", "user_data_update_policy",
        }),
        fixed=frozenset({"networks"}),
        policies={
            "flavor": "flavor_update_policy", "image": "image_update_policy", "user_data": "user_data_update_policy",
        },
    ),
    SERVER_GROUP: ResourceType(
        properties={
            "name": _TEXT,
            "policies": Property(kind="list", default=["anti-affinity"], items=_TEXT, limits=_one_of(
                "anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity",
            )),
        },
        elsewhere=frozenset({"rules"}),
    ),
    VOLUME: ResourceType(
        properties={
            "name": _TEXT, "description": _TEXT, "availability_zone": _TEXT, "volume_type": _TEXT, "image": _TEXT,
            "size": Property(kind="integer", is_required=True, limits=Limits(minimum=1)),
            "metadata": _MAP,
        },
        attributes=frozenset({
            "availability_zone", "size", "display_name", "display_description", "volume_type", "metadata", "status",
            "bootable",
        }),
        elsewhere=frozenset({
            "backup_id", "scheduler_hints", "read_only", "imageRef", "multiattach", "snapshot_id", "source_volid",
        }),
        changeable=frozenset({"name", "description", "metadata"}),
        fixed=frozenset({"size", "volume_type"}),
    ),
    VOLUME_ATTACHMENT: ResourceType(
        properties={"instance_uuid": _REQUIRED, "volume_id": _REQUIRED, "mountpoint": _TEXT},
    ),
    PORT: ResourceType(
        properties={
            "name": _TEXT, "network": _REQUIRED, "mac_address": _TEXT,
            "fixed_ips": Property(kind="list", items=Property(kind="map", fields={"ip_address": _TEXT})),
        },
        attributes=frozenset({"fixed_ips", "mac_address", "name", "network_id", "status"}),
        elsewhere=frozenset({
            "security_groups", "admin_state_up", "allowed_address_pairs", "binding:vnic_type", "device_id", "tags",
            "device_owner", "dns_name", "no_fixed_ips", "port_security_enabled", "propagate_uplink_status",
            "qos_policy", "replacement_policy", "value_specs", "network_id",
        }),
        changeable=frozenset({"name"}),
    ),
    WAIT_CONDITION: ResourceType(
        properties={
            "handle": _REQUIRED,
            "timeout": Property(kind="number", is_required=True, limits=Limits(minimum=1, maximum=43200)),
            "count": Property(kind="integer", default=1, limits=Limits(minimum=1)),
        },
        attributes=frozenset({"data"}),
        changeable=frozenset({"count", "timeout"}),
    ),
    WAIT_HANDLE: ResourceType(
        properties={"signal_transport": Property(default="TOKEN_SIGNAL", limits=_one_of("TOKEN_SIGNAL"))},
        attributes=frozenset({"curl_cli"}),
    ),
}  # fmt: skip

NOT_SERVED = {
    "OS::Neutron::FloatingIP": "the network service here has no floating IPs",
    "OS::Neutron::SecurityGroup": "the network service here has no security groups",
}
"""Types that a template may name and that nothing here could make, with the reason."""


def is_nested(type_name: str) -> bool:
    """Whether it names a template among the files."""
    return type_name.endswith(NESTED_ENDINGS)
