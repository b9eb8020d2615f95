"""What is an image, a membership, and what do its bytes say about themselves?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """One image. The bytes are a file named ``location`` below the image directory."""

    id: str
    owner: str | None
    """Project id; an image without owner is seen by everyone and changed by admins only."""
    name: str | None
    status: str
    visibility: str
    protected: bool
    os_hidden: bool
    disk_format: str | None
    container_format: str | None
    min_disk: int
    """GiB"""
    min_ram: int
    """MiB"""
    size: int | None
    """Bytes in the file"""
    virtual_size: int | None
    """Bytes of the disk once unpacked"""
    checksum: str | None
    os_hash_algo: str | None
    os_hash_value: str | None
    location: str | None
    properties: dict[str, str]
    tags: list[str]
    created_at: dt.datetime
    updated_at: dt.datetime


class NewImage(msgspec.Struct, frozen=True, kw_only=True):
    """What the maker of an image decides; the defaults are Glance's."""

    id: str
    owner: str | None
    name: str | None = None
    visibility: str = "shared"
    protected: bool = False
    os_hidden: bool = False
    disk_format: str | None = None
    container_format: str | None = None
    min_disk: int = 0
    min_ram: int = 0
    properties: dict[str, str] = {}
    tags: list[str] = []


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A project an image is shared with, and whether it wants to see the image in lists."""

    image_id: str
    member_id: str
    status: str
    created_at: dt.datetime
    updated_at: dt.datetime


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about an image's bytes; sizes in bytes, hashes in hexadecimal."""

    size: int
    virtual_size: int | None
    md5: str
    sha512: str


def image_of(row: Any) -> Image:
    values = dict(row._mapping)
    values.pop("deleted_at")
    return Image(**{**values, "properties": values["properties"] or {}, "tags": values["tags"] or []})


def member_of(row: Any) -> Member:
    return Member(**row._mapping)
