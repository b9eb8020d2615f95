"""Between volumes and images: copy one to the other, and what a volume knows of its image."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from moorage import errors, ids
from moorage.api.volumes import views
from moorage.api.volumes.action import Action, Done, parsed
from moorage.api.volumes.fields import Metadata, Name, Truth, Uuid, texts, truth
from moorage.api.wire import Call
from moorage.api.wire.body import since
from moorage.api.wire.route import Rule
from moorage.attachments import service as attachments
from moorage.images.model import Image, NewImage
from moorage.store import Tx
from moorage.volumes.model import Volume, VolumeType
from moorage.volumes.service import types, volumes
from moorage.workflows import reimage_volume, upload_volume, volume_images

_UPLOAD_PUBLIC = "volume_extension:volume_actions:upload_public"
_REIMAGE_RESERVED = "volume:reimage_reserved"
_IMAGE_PAIRS = "volume_extension:volume_image_metadata:"
_KNOWN = {"image_id", "checksum", "disk_format", "container_format", "min_disk", "min_ram", "size", "image_name"}
"""What a volume knows of its image besides the properties, which alone go on to the next image."""


class Reimage(msgspec.Struct, forbid_unknown_fields=True):
    image_id: Uuid
    reimage_reserved: Truth = False


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
        properties={k: v for k, v in volume.image_metadata.items() if k not in _KNOWN},
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


def _reimage(call: Call, tx: Tx, volume: Volume, value: Any) -> None:
    wanted = parsed(call, "os-reimage", value, Reimage)
    if volume.status == "reserved":
        call.enforce(_REIMAGE_RESERVED, volume.project_id)
    if len(attachments.of_volume(tx, volume.id)) > 1:
        raise errors.Conflict("Cannot re-image a volume which is attached to more than one server.")
    image = volume_images.named(tx, call.context, wanted.image_id)
    volume_images.check(image, volume.size_gib)
    reserved_too = truth("reimage_reserved", wanted.reimage_reserved)
    reimage_volume.request(tx, call.context, volume, image.id, reserved_too=reserved_too)


ACTIONS: dict[str, Action] = {
    "os-volume_upload_image": Action(
        run=_upload, takes=Upload, policy="volume_extension:volume_actions:upload_image",
        summary="Copy a volume to an image"
    ),
    "os-set_image_metadata": Action(
        run=_set_image_pairs, takes=ImagePairs, policy=_IMAGE_PAIRS + "set", status=200,
        summary="Set what a volume knows of its image"
    ),
    "os-unset_image_metadata": Action(
        run=_unset_image_key, takes=ImageKey, policy=_IMAGE_PAIRS + "remove", status=200,
        summary="Remove an item of what a volume knows of its image",
    ),
    "os-show_image_metadata": Action(
        run=_show_image_pairs, policy=_IMAGE_PAIRS + "show", status=200, summary="Show what a volume knows of its image"
    ),
    "os-reimage": Action(
        run=_reimage, takes=Reimage, policy="volume:reimage", min=(3, 68), summary="Fill a volume anew from an image"
    ),
}  # fmt: skip
RULES = [
    Rule(name=_UPLOAD_PUBLIC, default="admin", summary="Copy a volume to a public image"),
    Rule(name=_REIMAGE_RESERVED, default="member", summary="Fill a volume that is reserved for a server anew"),
]
