"""What is a volume, a snapshot, a volume type? Rows as values."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

TARGET_OF = "target:"
"""How the ``migration_status`` of a volume begins that is to take another one's place; that one's id follows."""


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``volumes``."""

    id: str
    project_id: str
    user_id: str
    name: str | None
    description: str | None
    size_gib: int
    extending_to_gib: int | None
    status: str
    previous_status: str | None
    attach_status: str
    migration_status: str | None
    availability_zone: str
    volume_type_id: str | None
    backend: str
    bootable: bool
    multiattach: bool
    readonly: bool | None
    source_volid: str | None
    snapshot_id: str | None
    image_id: str | None
    metadata: dict[str, str]
    image_metadata: dict[str, str]
    created_for_server: str | None
    created_at: dt.datetime
    updated_at: dt.datetime | None
    launched_at: dt.datetime | None
    """When its content was complete; None while it is being made."""

    @property
    def is_target(self) -> bool:
        """Whether it only stands by to take another volume's place in another backend."""
        return (self.migration_status or "").startswith(TARGET_OF)

    @property
    def content_id(self) -> str:
        """The id its backend knows: both ends of a move bear the id that users know, each in its own backend."""
        return (self.migration_status or "").removeprefix(TARGET_OF) if self.is_target else self.id


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``snapshots``."""

    id: str
    project_id: str
    user_id: str
    volume_id: str
    name: str | None
    description: str | None
    status: str
    progress: str
    size_gib: int
    metadata: dict[str, str]
    created_at: dt.datetime
    updated_at: dt.datetime | None


class VolumeType(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``volume_types``."""

    id: str
    name: str
    description: str | None
    is_public: bool
    extra_specs: dict[str, str]
    project_access: list[str]
    qos_specs_id: str | None
    created_at: dt.datetime
    updated_at: dt.datetime | None

    @property
    def is_multiattach(self) -> bool:
        """Whether its volumes may be on several servers at once."""
        return self.extra_specs.get("multiattach") == "<is> True"


class QosSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``qos_specs``."""

    id: str
    name: str
    consumer: str
    specs: dict[str, str]


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``transfers``; the key itself is shown once and never stored."""

    id: str
    volume_id: str
    project_id: str
    name: str | None
    key_hash: str
    salt: str
    no_snapshots: bool
    created_at: dt.datetime


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``messages``: what went wrong after the request was accepted, in words for its user."""

    id: str
    project_id: str
    event_id: str
    level: str
    user_message: str
    resource_type: str | None
    resource_uuid: str | None
    request_id: str | None
    created_at: dt.datetime
    guaranteed_until: dt.datetime


def from_row(row: Any) -> Volume:
    values = dict(row._mapping)
    return Volume(**{**values, "metadata": values["metadata"] or {}, "image_metadata": values["image_metadata"] or {}})


def snapshot_of(row: Any) -> Snapshot:
    values = dict(row._mapping)
    return Snapshot(**{**values, "metadata": values["metadata"] or {}})


def type_of(row: Any) -> VolumeType:
    values = dict(row._mapping)
    specs, access = values["extra_specs"] or {}, values["project_access"] or []
    return VolumeType(**{**values, "extra_specs": specs, "project_access": access})
