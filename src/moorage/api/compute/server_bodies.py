"""What clients may send to make or change a server."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from moorage.api.wire.body import between, since

_NEVER = 10_000
Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^(?! )[^\x00-\x1f\x7f]*(?<! )$")]
Text255 = Annotated[str, Meta(max_length=255)]
Text = Annotated[str, Meta(min_length=1, max_length=255)]
DeviceName = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9._/-]*$")]
Tag = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^,/]*$")]
MetaKey = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9-_:. ]{1,255}$")]
Metadata = dict[MetaKey, Annotated[str, Meta(max_length=255)]]
Size = Annotated[int, Meta(ge=1, le=2147483647)]
Count = Annotated[int, Meta(ge=1)]
Hostname = Annotated[str, Meta(min_length=2, max_length=63, pattern=r"^[a-zA-Z0-9]+([a-zA-Z0-9-]*[a-zA-Z0-9])?$")]


class BlockDevice(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One entry of ``block_device_mapping_v2``."""

    source_type: str | None = None
    uuid: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9._-]*$")] | None = None
    volume_id: str | None = None
    snapshot_id: str | None = None
    image_id: str | None = None
    destination_type: str | None = None
    boot_index: int | None = None
    volume_size: Size | None = None
    delete_on_termination: bool = False
    device_name: DeviceName | None = None
    device_type: Text255 | None = None
    disk_bus: Text255 | None = None
    guest_format: Text255 | None = None
    no_device: Any = None
    connection_info: str | None = None
    virtual_name: str | None = None
    tag: Annotated[Tag | None, between(((2, 32), (2, 32)), ((2, 42), (2, _NEVER)))] = None
    volume_type: Annotated[Text255 | None, since(2, 67)] = None


class LegacyBlockDevice(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One entry of the older ``block_device_mapping``."""

    virtual_name: Text255 | None = None
    volume_id: str | None = None
    snapshot_id: str | None = None
    volume_size: Size | None = None
    device_name: DeviceName | None = None
    delete_on_termination: bool = False
    no_device: Any = None
    connection_info: str | None = None


class NewServer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The ``server`` of POST /servers."""

    name: Name
    flavorRef: Annotated[str, Meta(min_length=1)]
    imageRef: str | None = None
    adminPass: str | None = None
    metadata: Metadata = {}
    networks: Any = None
    OS_DCF_diskConfig: str = msgspec.field(default="MANUAL", name="OS-DCF:diskConfig")
    accessIPv4: str = ""
    accessIPv6: str = ""
    personality: Annotated[Any, between(((2, 1), (2, 56)))] = None
    availability_zone: Text | None = None
    block_device_mapping: list[LegacyBlockDevice] = []
    block_device_mapping_v2: list[BlockDevice] = []
    config_drive: bool | None = None
    key_name: Text | None = None
    min_count: Count | None = None
    max_count: Count | None = None
    return_reservation_id: bool = False
    security_groups: list[dict[str, Any]] = []
    user_data: Annotated[str, Meta(max_length=65535)] | None = None
    description: Annotated[Text255 | None, since(2, 19)] = None
    tags: Annotated[list[Tag] | UnsetType, since(2, 52)] = UNSET
    trusted_image_certificates: Annotated[list[str] | None, since(2, 63)] = None
    host: Annotated[Text | None, since(2, 74)] = None
    hypervisor_hostname: Annotated[Text | None, since(2, 74)] = None
    hostname: Annotated[Hostname | None, since(2, 90)] = None


class CreateServer(msgspec.Struct, kw_only=True):
    """The body of POST /servers. Scheduler hints are accepted; with one host they change nothing."""

    server: NewServer
    hints: dict[str, Any] = msgspec.field(default_factory=dict, name="os:scheduler_hints")
    more_hints: dict[str, Any] = msgspec.field(default_factory=dict, name="OS-SCH-HNT:scheduler_hints")


class ServerChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The ``server`` of PUT /servers/{id}."""

    name: Name | UnsetType = UNSET
    OS_DCF_diskConfig: str | UnsetType = msgspec.field(default=UNSET, name="OS-DCF:diskConfig")
    accessIPv4: str | UnsetType = UNSET
    accessIPv6: str | UnsetType = UNSET
    description: Annotated[Text255 | UnsetType | None, since(2, 19)] = UNSET
    hostname: Annotated[Hostname | UnsetType, since(2, 90)] = UNSET


class UpdateServer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of PUT /servers/{id}."""

    server: ServerChange


class ServerMetadata(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Metadata of a server, whole."""

    metadata: Metadata


class ServerMeta(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One item of a server's metadata."""

    meta: Metadata
