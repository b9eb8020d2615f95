"""What an owner may do to a volume itself: grow it, copy it to an image, mark it, change its type."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from moorage import errors, ids
from moorage.api.volumes import views
from moorage.api.volumes.action import Action, Done, parsed
from moorage.api.volumes.fields import Metadata, Name, SizeGib, Truth, texts, truth
from moorage.api.wire import Call
from moorage.api.wire.body import since
from moorage.api.wire.route import Rule
from moorage.images.model import Image, NewImage
from moorage.store import Tx
from moorage.volumes.model import Volume, VolumeType
from moorage.volumes.service import lifecycle, types, volumes
from moorage.workflows import extend_volume, upload_volume

_EXTEND_ATTACHED = "volume:extend_attached_volume"
_UPLOAD_PUBLIC = "volume_extension:volume_actions:upload_public"
_PROTECTED = {"image_id", "checksum", "disk_format", "container_format", "min_disk", "min_ram", "size", "image_name"}
"""What a volume knows of its image besides the properties, which alone go on to the next image."""


class Extend(msgspec.Struct, forbid_unknown_fields=True):
    new_size: SizeGib


class Bootable(msgspec.Struct, forbid_unknown_fields=True):
    bootable: Truth


class ReadOnly(msgspec.Struct, forbid_unknown_fields=True):
    readonly: Truth


class Retype(msgspec.Struct, forbid_unknown_fields=True):
    new_type: str
    migration_policy: Literal["on-demand", "never"] | None = None


class Upload(msgspec.Struct, forbid_unknown_fields=True):
    image_name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    force: Truth = False
    disk_format: Literal["raw", "vmdk", "vdi", "qcow2", "vhd", "vhdx", "ploop"] = "raw"
    container_format: Name = "bare"
    visibility: Annotated[Literal["community", "public", "private", "shared"], since(3, 1)] = "private"
    protected: Annotated[Truth, since(3, 1)] = False


class ImagePairs(msgspec.Struct, forbid_unknown_fields=True):
    metadata: Metadata


class ImageKey(msgspec.Struct, forbid_unknown_fields=True):
    key: Name


def _extend(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = parsed(call, "os-extend", value, Extend)
    is_online = call.at_least(3, 42) and volume.status == "in-use"
    if is_online:
        call.enforce(_EXTEND_ATTACHED, volume.project_id)
    extend_volume.request(tx, call.context, volume, wanted.new_size, in_use=is_online)


def _set_bootable(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = parsed(call, "os-set_bootable", value, Bootable)
    volumes.update(tx, volume.id, bootable=truth("bootable", wanted.bootable))


def _set_readonly(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = truth("readonly", parsed(call, "os-update_readonly_flag", value, ReadOnly).readonly)
    if volume.status != "available":
        raise errors.BadRequest(
            f"Invalid volume: Volume {volume.id} status must be available to update readonly flag, "
            f"but current status is: {volume.status}."
        )
    volumes.update(tx, volume.id, readonly=wanted)


def _retype(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = parsed(call, "os-retype", value, Retype)
    try:
        kind = types.usable(tx, call.context, wanted.new_type)
    except errors.NotFound:
        raise errors.BadRequest(f"Invalid input received: Invalid volume_type passed: {wanted.new_type}.") from None
    lifecycle.retype(tx, volume, kind)


def _upload(call: Call, tx: Tx, volume: Volume, value: Any) -> Done:
    wanted = parsed(call, "os-volume_upload_image", value, Upload)
    if wanted.visibility == "public":
        call.enforce(_UPLOAD_PUBLIC)
    if (wanted.disk_format, wanted.container_format) != ("raw", "bare"):
        raise errors.BadRequest(
            f"A volume can be uploaded as disk_format raw in container_format bare only, not as {wanted.disk_format} "
            f"in {wanted.container_format}."
        )
    new = NewImage(
        id=ids.new(), owner=call.context.project_id, name=wanted.image_name, visibility=wanted.visibility,
        protected=truth("protected", wanted.protected), disk_format="raw", container_format="bare",
        properties={k: v for k, v in volume.image_metadata.items() if k not in _PROTECTED},
    )  # fmt: skip
    image = upload_volume.request(tx, call.context, volume, new, force=truth("force", wanted.force))
    return Done(body={"os-volume_upload_image": _upload_view(call, tx, volume, image)})


def _upload_view(call: Call, tx: Tx, volume: Volume, image: Image) -> dict[str, Any]:
    kind = types.find(tx, volume.volume_type_id or "")
    shown = {
        "id": volume.id, "updated_at": views.time(volume.updated_at), "status": "uploading",
        "display_description": volume.description, "size": volume.size_gib,
        "volume_type": None if kind is None else _type_view(kind), "image_id": image.id,
        "container_format": image.container_format, "disk_format": image.disk_format, "image_name": image.name,
    }  # fmt: skip
    if call.at_least(3, 1):
        shown |= {"visibility": image.visibility, "protected": image.protected}
    return shown


def _type_view(kind: VolumeType) -> dict[str, Any]:
    return {
        "id": kind.id, "name": kind.name, "description": kind.description, "is_public": kind.is_public,
        "qos_specs_id": kind.qos_specs_id, "created_at": views.time(kind.created_at),
        "updated_at": views.time(kind.updated_at), "deleted_at": None, "deleted": False,
        "extra_specs": kind.extra_specs,
    }  # fmt: skip


def _set_image_pairs(call: Call, tx: Tx, volume: Volume, value: Any) -> Done:
    wanted = texts(parsed(call, "os-set_image_metadata", value, ImagePairs).metadata)
    pairs = {**volume.image_metadata, **wanted}
    volumes.update(tx, volume.id, image_metadata=pairs)
    return Done(status=200, body={"metadata": pairs})


def _unset_image_key(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    key = parsed(call, "os-unset_image_metadata", value, ImageKey).key
    if key not in volume.image_metadata:
        raise errors.NotFound("Metadata item was not found")
    pairs = {name: text for name, text in volume.image_metadata.items() if name != key}
    volumes.update(tx, volume.id, image_metadata=pairs)


def _show_image_pairs(_call: Call, _tx: Tx, volume: Volume, _value: Any) -> Done:
    return Done(status=200, body={"metadata": volume.image_metadata})


_IMAGE_PAIRS = "volume_extension:volume_image_metadata:"
ACTIONS: dict[str, Action] = {
    "os-extend": Action(run=_extend, policy="volume:extend", summary="Grow a volume"),
    "os-set_bootable": Action(
        run=_set_bootable, policy="volume:update", status=200, summary="Mark a volume as bootable or not"
    ),
    "os-update_readonly_flag": Action(
        run=_set_readonly, policy="volume:update_readonly_flag", summary="Allow or forbid writing to a volume"
    ),
    "os-retype": Action(run=_retype, policy="volume:retype", summary="Change a volume's type"),
    "os-volume_upload_image": Action(
        run=_upload, policy="volume_extension:volume_actions:upload_image", summary="Copy a volume to an image"
    ),
    "os-set_image_metadata": Action(
        run=_set_image_pairs, policy=_IMAGE_PAIRS + "set", status=200, summary="Set what a volume knows of its image"
    ),
    "os-unset_image_metadata": Action(
        run=_unset_image_key, policy=_IMAGE_PAIRS + "remove", status=200,
        summary="Remove an item of what a volume knows of its image",
    ),
    "os-show_image_metadata": Action(
        run=_show_image_pairs, policy=_IMAGE_PAIRS + "show", status=200, summary="Show what a volume knows of its image"
    ),
}  # fmt: skip
RULES = [
    Rule(name=_EXTEND_ATTACHED, default="member", summary="Grow a volume that is attached"),
    Rule(name=_UPLOAD_PUBLIC, default="admin", summary="Copy a volume to a public image"),
]
