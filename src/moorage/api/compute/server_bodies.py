"""What clients may send to make or change a server."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from moorage.api.compute import server_fields as fields
from moorage.api.wire.body import between, since

_NEVER = 10_000


class LegacyBlockDevice(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One entry of the older ``block_device_mapping``."""

    virtual_name: fields.Text255 | UnsetType = UNSET
    volume_id: fields.Uuid | UnsetType = UNSET
    snapshot_id: fields.Uuid | UnsetType = UNSET
    volume_size: fields.Size | UnsetType = UNSET
    device_name: fields.DeviceName | UnsetType = UNSET
    delete_on_termination: fields.Truth = False
    no_device: Any = None
    connection_info: str | UnsetType = UNSET


class BlockDevice(LegacyBlockDevice, forbid_unknown_fields=True, kw_only=True):
    """One entry of ``block_device_mapping_v2``."""

    source_type: Annotated[str, fields.one_of("volume", "image", "snapshot", "blank")] | UnsetType = UNSET
    uuid: fields.SourceId | UnsetType = UNSET
    image_id: fields.Uuid | UnsetType = UNSET
    destination_type: Annotated[str, fields.one_of("local", "volume")] | UnsetType = UNSET
    boot_index: fields.BootIndex = None
    device_type: fields.Text255 | UnsetType = UNSET
    disk_bus: fields.Text255 | UnsetType = UNSET
    guest_format: fields.Text255 | UnsetType = UNSET
    tag: Annotated[fields.Tag | UnsetType, between(((2, 32), (2, 32)), ((2, 42), (2, _NEVER)))] = UNSET
    volume_type: Annotated[fields.Text255 | None, since(2, 67)] = None


class SecurityGroup(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A security group by name."""

    name: fields.Name | UnsetType = UNSET


class NewServer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The ``server`` of POST /servers."""

    name: fields.Name
    flavorRef: fields.FlavorRef
    imageRef: fields.ImageRef = ""
    adminPass: str | UnsetType = UNSET
    metadata: fields.Metadata = {}
    networks: Any = UNSET
    OS_DCF_diskConfig: fields.DiskConfig = msgspec.field(default="MANUAL", name="OS-DCF:diskConfig")
    accessIPv4: fields.IPv4 | UnsetType = UNSET
    accessIPv6: fields.IPv6 | UnsetType = UNSET
    personality: Annotated[list[Any], between(((2, 1), (2, 56)))] = []
    availability_zone: fields.Name | UnsetType = UNSET
    block_device_mapping: list[LegacyBlockDevice] = []
    block_device_mapping_v2: list[BlockDevice] = []
    config_drive: fields.Truth = False
    key_name: fields.Name | UnsetType = UNSET
    min_count: fields.Count = 1
    max_count: fields.Count | UnsetType = UNSET
    return_reservation_id: fields.Truth = False
    security_groups: list[SecurityGroup] = []
    user_data: fields.UserData | UnsetType = UNSET
    description: Annotated[fields.Description, since(2, 19)] = None
    tags: Annotated[fields.Tags, since(2, 52)] = []
    trusted_image_certificates: Annotated[fields.Certificates, since(2, 63)] = None
    host: Annotated[fields.Fqdn | UnsetType, since(2, 74)] = UNSET
    hypervisor_hostname: Annotated[fields.Fqdn | UnsetType, since(2, 74)] = UNSET
    hostname: Annotated[fields.Fqdn | UnsetType, since(2, 90)] = UNSET


class CreateServer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of POST /servers. Scheduler hints are accepted; with one host they change nothing."""

    server: NewServer
    hints: Any = msgspec.field(default_factory=dict, name="os:scheduler_hints")
    more_hints: Any = msgspec.field(default_factory=dict, name="OS-SCH-HNT:scheduler_hints")


class ServerChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The ``server`` of PUT /servers/{id}."""

    name: fields.Name | UnsetType = UNSET
    OS_DCF_diskConfig: fields.DiskConfig | UnsetType = msgspec.field(default=UNSET, name="OS-DCF:diskConfig")
    accessIPv4: fields.IPv4 | UnsetType = UNSET
    accessIPv6: fields.IPv6 | UnsetType = UNSET
    description: Annotated[fields.Description | UnsetType, since(2, 19)] = UNSET
    hostname: Annotated[fields.Fqdn | UnsetType, since(2, 90)] = UNSET


class UpdateServer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of PUT /servers/{id}."""

    server: ServerChange


class ServerMetadata(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Metadata of a server, whole."""

    metadata: fields.Metadata


class ServerMeta(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One item of a server's metadata."""

    meta: fields.OneMeta


class ServerTags(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The tags of a server, all of them."""

    tags: fields.Tags
