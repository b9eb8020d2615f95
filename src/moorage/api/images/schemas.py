"""The schemas that clients may ask for, as Glance words them (``glance/api/v2/images.py``, ``image_members.py``)."""

from __future__ import annotations

import functools
from typing import Any, get_args

from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import OBJECT, TEXT, array, closed
from moorage.images import fields
from moorage.images.service.members import STATUSES

_UUID = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
_IMAGE_STATUSES = [
    "queued", "saving", "active", "killed", "deleted", "uploading", "importing", "pending_delete", "deactivated",
]  # fmt: skip


def _field(description: str, kind: Any = "string", **more: Any) -> dict[str, Any]:
    return {"type": kind, "description": description, **more}


def _shown(description: str, kind: Any = "string", **more: Any) -> dict[str, Any]:
    return _field(description, kind, readOnly=True, **more)


_NULL = ["null", "string"]
_NUMBER = ["null", "integer"]
_PROPERTIES = {
    "id": _field("An identifier for the image", pattern=_UUID),
    "name": _field("Descriptive name for the image", _NULL, maxLength=255),
    "status": _shown("Status of the image", enum=_IMAGE_STATUSES),
    "visibility": _field("Scope of image accessibility", enum=list(get_args(fields.Visibility))),
    "protected": _field("If true, image will not be deletable.", "boolean"),
    "os_hidden": _field("If true, image will not appear in default image list response.", "boolean"),
    "checksum": _shown("md5 hash of image contents.", _NULL, maxLength=32),
    "os_hash_algo": _shown("Algorithm to calculate the os_hash_value", _NULL, maxLength=64),
    "os_hash_value": _shown(
        "Hexdigest of the image contents using the algorithm specified by the os_hash_algo", _NULL, maxLength=128
    ),
    "owner": _field("Owner of the image", _NULL, maxLength=255),
    "size": _shown("Size of image file in bytes", _NUMBER),
    "virtual_size": _shown("Virtual size of image in bytes", _NUMBER),
    "container_format": _field("Format of the container", _NULL, enum=[None, *get_args(fields.ContainerFormat)]),
    "disk_format": _field("Format of the disk", _NULL, enum=[None, *get_args(fields.DiskFormat)]),
    "created_at": _shown("Date and time of image registration"),
    "updated_at": _shown("Date and time of the last image modification"),
    "tags": _field("List of strings related to the image", "array", items={"type": "string", "maxLength": 255}),
    "min_ram": _field("Amount of ram (in MB) required to boot image.", "integer"),
    "min_disk": _field("Amount of disk space (in GB) required to boot image.", "integer"),
    "self": _shown("An image self url"),
    "file": _shown("An image file url"),
    "schema": _shown("An image schema url"),
}
_LINKS = {
    "self": {"rel": "self", "href": "{self}"},
    "file": {"rel": "enclosure", "href": "{file}"},
    "schema": {"rel": "describedby", "href": "{schema}"},
    "first": {"rel": "first", "href": "{first}"},
    "next": {"rel": "next", "href": "{next}"},
}
_IMAGE = {
    "name": "image",
    "properties": _PROPERTIES,
    "additionalProperties": {"type": "string"},
    "links": [_LINKS["self"], _LINKS["file"], _LINKS["schema"]],
}
_MEMBER = {
    "name": "member",
    "properties": {
        "member_id": _field("An identifier for the image member (tenantId)"),
        "image_id": _field("An identifier for the image", pattern=_UUID),
        "created_at": _field("Date and time of image member creation"),
        "updated_at": _field("Date and time of last modification of image member"),
        "status": _field("The status of this image member", enum=list(STATUSES)),
        "schema": {"readOnly": True, "type": "string"},
    },
}


def _collection(name: str, item: dict[str, Any], *links: str) -> dict[str, Any]:
    properties: dict[str, Any] = {name: {"type": "array", "items": item}}
    properties.update({link: {"type": "string"} for link in links})
    return {"name": name, "properties": properties, "links": [_LINKS[link] for link in links]}


_ALL = {
    "image": _IMAGE,
    "images": _collection("images", _IMAGE, "first", "next", "schema"),
    "member": _MEMBER,
    "members": _collection("members", _MEMBER, "schema"),
}


def _answer(schema: dict[str, Any], _call: Call) -> Reply:
    return Reply(body=schema)


_DESCRIBED = closed(
    {"name": TEXT, "properties": OBJECT},
    {"additionalProperties": OBJECT, "links": array(closed({"rel": TEXT, "href": TEXT}))},
)
"""JSON Schema, as Glance uses it."""
ROUTES = [
    Route(
        method="GET", path=f"/schemas/{name}", handler=functools.partial(_answer, schema), policy="image_schemas",
        default="any", summary="Show a schema", answer=_DESCRIBED,
    )
    for name, schema in _ALL.items()
]  # fmt: skip
