"""How are images and memberships shown?"""

from __future__ import annotations

import datetime as dt
from typing import Any

from moorage.api.wire.answers import (
    BOOLEAN,
    INTEGER,
    NULLABLE_INTEGER,
    NULLABLE_TEXT,
    TAGS,
    TEXT,
    closed,
    each,
    extensible,
)
from moorage.images.model import Image, Member

_SHOWN = (
    "id", "name", "status", "visibility", "protected", "os_hidden", "tags", "owner", "min_disk", "min_ram", "size",
    "virtual_size", "checksum", "os_hash_algo", "os_hash_value", "disk_format", "container_format",
)  # fmt: skip


def image(shown: Image) -> dict[str, Any]:
    path = f"/v2/images/{shown.id}"
    return {
        **shown.properties,
        **{name: getattr(shown, name) for name in _SHOWN},
        "created_at": _time(shown.created_at),
        "updated_at": _time(shown.updated_at),
        "self": path,
        "file": f"{path}/file",
        "schema": "/v2/schemas/image",
    }


def member(shown: Member) -> dict[str, str]:
    return {
        "member_id": shown.member_id,
        "image_id": shown.image_id,
        "status": shown.status,
        "created_at": _time(shown.created_at),
        "updated_at": _time(shown.updated_at),
        "schema": "/v2/schemas/member",
    }


def _time(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


_TIMES = each(TEXT, "created_at", "updated_at")
IMAGE = extensible(
    closed(
        each(TEXT, "id", "status", "visibility", "self", "file", "schema")
        | each(BOOLEAN, "protected", "os_hidden") | each(INTEGER, "min_disk", "min_ram")
        | each(NULLABLE_INTEGER, "size", "virtual_size") | {"tags": TAGS} | _TIMES
        | each(
            NULLABLE_TEXT, "name", "owner", "checksum", "os_hash_algo", "os_hash_value", "disk_format",
            "container_format",
        )
    ),
    TEXT,
)  # fmt: skip
"""Beside the fields of its own it has its properties."""
MEMBER = closed(each(TEXT, "member_id", "image_id", "status", "schema") | _TIMES)
