"""Which fields does an image have, who may set them, and to what?

Names, limits and messages: Glance (``glance/api/v2/images.py``).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from moorage import errors
from moorage.conversion import convert

DiskFormat = Literal["ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"]
ContainerFormat = Literal["ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"]
Visibility = Literal["community", "public", "private", "shared"]

_Short = Annotated[str, msgspec.Meta(max_length=255)]
_Uuid = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")]
_Amount = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]

SETTABLE: dict[str, Any] = {
    "id": _Uuid,
    "name": _Short | None,
    "owner": _Short | None,
    "visibility": Visibility,
    "protected": bool,
    "os_hidden": bool,
    "disk_format": DiskFormat | None,
    "container_format": ContainerFormat | None,
    "min_disk": _Amount,
    "min_ram": _Amount,
    "tags": list[_Short],
}
"""Fields a client may send, with their types. Any other name is a property of the client's own."""

READ_ONLY = frozenset(
    {"status", "checksum", "os_hash_algo", "os_hash_value", "size", "virtual_size", "created_at", "updated_at"}
    | {"direct_url", "self", "file", "schema", "stores"}
)
_RESERVED = frozenset({"location", "locations", "deleted", "deleted_at"})
_RESERVED_PREFIX = "os_glance"

MAX_PROPERTIES = MAX_TAGS = MAX_MEMBERS = 128
"""Glance's ``image_property_quota``, ``image_tag_quota`` and ``image_member_quota``."""
_SHOWN = 200
"""Values longer than this many characters are cut in messages."""


def check_writable(name: str) -> None:
    """403 for names that only the service sets."""
    if name in READ_ONLY:
        raise errors.Forbidden(f"Attribute '{name}' is read-only.")
    if name in _RESERVED or name.startswith(_RESERVED_PREFIX):
        raise errors.Forbidden(f"Attribute '{name}' is reserved.")


def checked(name: str, value: Any) -> Any:
    """The value if the field or property may have it; 400 names field, value and reason."""
    if not name or len(name) > 255:
        raise errors.BadRequest("Custom property should not be greater than 255 characters, nor empty.")
    try:
        value = convert(value, SETTABLE.get(name, str))
    except msgspec.ValidationError as problem:
        raise errors.BadRequest(_sentence(name, value, str(problem))) from None
    if any("\0" in text for text in (name, *(value if isinstance(value, list) else [value])) if isinstance(text, str)):
        raise errors.BadRequest(_sentence(name, value, "Expected a text without NUL characters"))
    return list(dict.fromkeys(value)) if name == "tags" else value


def _sentence(name: str, value: Any, why: str) -> str:
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
    return f"Provided object does not match schema 'image': Invalid input for field {name}. Value: {shown}. {why}"


def check_amounts(properties: dict[str, str], tags: list[str]) -> None:
    """413 if an image would have more properties or tags than Glance allows."""
    check_amount("properties", len(properties), MAX_PROPERTIES)
    check_amount("tags", len(tags), MAX_TAGS)


def check_amount(what: str, attempted: int, maximum: int) -> None:
    if attempted > maximum:
        raise errors.TooLarge(
            f"The limit has been exceeded on the number of allowed image {what}. "
            f"Attempted: {attempted}, Maximum: {maximum}"
        )
