"""``POST /volumes``: a blank volume, or one made from an image, a snapshot or another volume."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from moorage import errors, ids
from moorage.api.volumes import answers
from moorage.api.volumes.fields import (
    Description,
    Metadata,
    Name,
    SizeGib,
    Truth,
    Uuid,
    first_given,
    stripped,
    texts,
    truth,
)
from moorage.api.volumes.volumes import find, rendered
from moorage.api.wire import Call, Reply, Route
from moorage.api.wire.answers import one
from moorage.api.wire.route import Rule
from moorage.images.model import Image
from moorage.store import Tx
from moorage.volumes.model import Snapshot
from moorage.volumes.service import snapshots, types
from moorage.workflows import create_volume, volume_images

_FROM_IMAGE = "volume:create_from_image"
_STRICT = (3, 53)
"""From here on unknown fields of a volume are refused."""


class New(msgspec.Struct):
    """A volume as asked for; ``display_`` names and ``image_id`` are older spellings."""

    size: SizeGib | None = None
    name: Name | msgspec.UnsetType | None = msgspec.UNSET
    description: Description | msgspec.UnsetType | None = msgspec.UNSET
    display_name: Name | msgspec.UnsetType | None = msgspec.UNSET
    display_description: Description | msgspec.UnsetType | None = msgspec.UNSET
    volume_type: Name | None = None
    metadata: Metadata | None = None
    snapshot_id: Uuid | None = None
    source_volid: Uuid | None = None
    availability_zone: Name | None = None
    multiattach: Truth | None = None
    imageRef: Name | None = None  # noqa: N815 - the field's name
    image_id: Name | None = None
    consistencygroup_id: Uuid | None = None
    group_id: Name | None = None
    backup_id: Uuid | None = None


class StrictNew(New, forbid_unknown_fields=True):
    """The same, and nothing else."""


class NewBody(msgspec.Struct, forbid_unknown_fields=True, rename={"hints": "OS-SCH-HNT:scheduler_hints"}):
    volume: New
    hints: dict[str, Any] | None = None


class StrictNewBody(msgspec.Struct, forbid_unknown_fields=True, rename={"hints": "OS-SCH-HNT:scheduler_hints"}):
    volume: StrictNew
    hints: dict[str, Any] | None = None


class _Source(msgspec.Struct, kw_only=True):
    """What the volume is filled from, found and checked."""

    size_gib: int | None = None
    zone: str | None = None
    columns: dict[str, str] = {}


def create(call: Call) -> Reply:
    new: New = call.body(StrictNewBody).volume if call.version >= _STRICT else call.body(NewBody).volume
    _refuse_unsupported(new)
    with call.services.store.write() as tx:
        source = _source(call, tx, new)
        zone = _zone(call, new.availability_zone or source.zone)
        kind = types.usable(tx, call.context, new.volume_type).id if new.volume_type else None
        volume = create_volume.request(
            tx, call.context, ids.new(), size_gib=_size(new, source), volume_type=kind, availability_zone=zone,
            name=_text(new.name, new.display_name), description=_text(new.description, new.display_description),
            metadata=texts(new.metadata), **source.columns,
        )  # fmt: skip
        return Reply(status=202, body=rendered(call, tx, volume))


def _text(*spellings: Any) -> str | None:
    found = first_given(*spellings)
    return None if found is msgspec.UNSET else stripped(found)


def _refuse_unsupported(new: New) -> None:
    if new.multiattach is not None and truth("multiattach", new.multiattach):
        raise errors.BadRequest(
            "multiattach parameter has been removed. The default behavior is to use multiattach enabled volume types. "
            "Contact your administrator to create a multiattach enabled volume type and use it to create multiattach "
            "volumes."
        )
    for noun, given in (("Group", new.group_id or new.consistencygroup_id), ("Backup", new.backup_id)):
        if given:
            raise errors.NotFound(f"{noun} {given} could not be found.")


def _size(new: New, source: _Source) -> int:
    size = new.size or source.size_gib
    if size is None:
        raise errors.BadRequest("Invalid input received: Volume size 'None' must be an integer and greater than 0")
    return size


def _zone(call: Call, wanted: str | None) -> str:
    known = call.services.availability_zone
    if wanted not in (None, known):
        raise errors.BadRequest(f"Availability zone '{wanted}' is invalid.")
    return known


def _source(call: Call, tx: Tx, new: New) -> _Source:
    reference = new.imageRef or new.image_id
    given = [name for name in (new.snapshot_id, new.source_volid, reference) if name]
    if len(given) > 1:
        raise errors.BadRequest("Invalid input received: May specify only one of snapshot, source volume or image!")
    if new.source_volid:
        return _from_volume(call, tx, new, new.source_volid)
    if new.snapshot_id:
        return _from_snapshot(new, snapshots.get(tx, new.snapshot_id, call.context.reach))
    return _from_image(call, tx, new, reference) if reference else _Source()


def _from_volume(call: Call, tx: Tx, new: New, volume_id: str) -> _Source:
    source = find(call, tx, volume_id)
    if source.status not in ("available", "in-use"):
        raise errors.BadRequest(
            "Invalid volume: Originating source volume status must be one of 'available, in-use' values"
        )
    if new.size is not None and new.size < source.size_gib:
        raise errors.BadRequest(
            f"Invalid input received: Volume size '{new.size}'GB cannot be smaller than original volume size "
            f"{source.size_gib}GB. They must be >= original volume size."
        )
    return _Source(size_gib=source.size_gib, zone=source.availability_zone, columns={"source_volid": source.id})


def _from_snapshot(new: New, source: Snapshot) -> _Source:
    if source.status != "available":
        raise errors.BadRequest("Invalid snapshot: Originating snapshot status must be one of 'available' values")
    if new.size is not None and new.size < source.size_gib:
        raise errors.BadRequest(
            f"Invalid input received: Volume size '{new.size}'GB cannot be smaller than the snapshot size "
            f"{source.size_gib}GB. They must be >= original snapshot size."
        )
    return _Source(size_gib=source.size_gib, columns={"snapshot_id": source.id})


def _from_image(call: Call, tx: Tx, new: New, reference: str) -> _Source:
    call.enforce(_FROM_IMAGE)
    image = volume_images.named(tx, call.context, reference)
    snapshot_id = _boot_snapshot(image)
    if snapshot_id is not None:
        try:
            return _from_snapshot(new, snapshots.get(tx, snapshot_id, call.context.reach))
        except errors.NotFound:
            raise errors.NotFound(
                f"Nova specific image is found, but boot volume snapshot id:{snapshot_id} not found."
            ) from None
    volume_images.check(image, _size(new, _Source()))
    return _Source(columns={"image_id": image.id})


def _boot_snapshot(image: Image) -> str | None:
    """The snapshot behind an image that compute made of a server with volumes."""
    try:
        mappings = json.loads(image.properties.get("block_device_mapping", "[]"))
    except ValueError:
        return None
    for mapping in mappings if isinstance(mappings, list) else []:
        if isinstance(mapping, dict) and mapping.get("source_type") == "snapshot" and mapping.get("boot_index") == 0:
            return str(mapping.get("snapshot_id"))
    return None


ROUTES = [
    Route(method="POST", path="/volumes", handler=create, policy="volume:create", body=StrictNewBody,
          summary="Create a volume", answer=one("volume", answers.VOLUME)),
]  # fmt: skip
RULES = [Rule(name=_FROM_IMAGE, default="member", summary="Create a volume from an image")]
