"""What does the image to boot demand, wherever it comes from, and do flavor and volume meet it?"""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors
from moorage.compute.block_devices import DiskSpec, invalid
from moorage.compute.model.flavor import Flavor
from moorage.context import Context
from moorage.images.model import Image
from moorage.images.service import lookup as images
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.volumes.service import snapshots, volumes

_GIB = 1 << 30


class Demands(msgspec.Struct, frozen=True, kw_only=True):
    """What the image to boot demands, wherever it comes from. Sizes in bytes; memory in MiB."""

    name: str | None = None
    status: str = "active"
    min_ram: int = 0
    min_disk: int = 0
    size: int = 0


def of_image(image: Image) -> Demands:
    size = (image.virtual_size or image.size or 0) if image.status == "active" else 0
    return Demands(name=image.id, status=image.status, min_ram=image.min_ram, min_disk=image.min_disk * _GIB, size=size)


def of_disks(tx: Tx, context: Context, disks: list[DiskSpec]) -> Demands:
    """What the disk marked as root holds, before anything else about the disks is asked."""
    root = next((disk for disk in disks if disk.is_root), None)
    if root is None or root.source_type not in ("image", "snapshot", "volume"):
        return Demands()
    if root.source_type == "image":
        return of_image(source_image(tx, context, str(root.source_id)))
    try:
        volume_id = str(root.source_id)
        if root.source_type == "snapshot":
            volume_id = snapshots.get(tx, volume_id, context.reach).volume_id
        volume = volumes.get(tx, volume_id, context.reach)
    except errors.NotFound as error:
        raise errors.BadRequest(error.message) if root.source_type == "snapshot" else lost(root) from None
    check_bootable(volume)
    about = volume.image_metadata or {}
    return Demands(min_ram=_number(about.get("min_ram")), min_disk=_number(about.get("min_disk")) * _GIB)


def check_bootable(volume: Volume) -> None:
    if not volume.bootable:
        raise errors.BadRequest(f"Block Device {volume.id} is not bootable.")


def _number(text: Any) -> int:
    return int(text) if str(text or "").isdigit() else 0


def check(demands: Demands, flavor: Flavor, root: DiskSpec | None) -> None:
    """Does what is booted fit the flavor, or the volume it is to live on?"""
    if demands.status != "active":
        raise errors.BadRequest(f"Image {demands.name} is not active.")
    if demands.min_ram > flavor.ram_mib:
        raise errors.BadRequest("Flavor's memory is too small for requested image.")
    if root is not None and not root.is_local:
        _check_volume_size(demands, root.volume_size_gib)
        return
    disk = flavor.disk_gib * _GIB
    if disk == 0 and root is not None:
        raise errors.Forbidden("Only volume-backed servers are allowed for flavors with zero disk.")
    if demands.size > disk:
        raise errors.BadRequest(
            f"Flavor's disk is too small for requested image. Flavor disk is {disk} bytes, image is {demands.size} "
            "bytes."
        )
    if demands.min_disk > disk:
        raise errors.BadRequest(
            "Flavor's disk is smaller than the minimum size specified in image metadata. "
            f"Flavor disk is {disk} bytes, minimum size is {demands.min_disk} bytes."
        )


def _check_volume_size(demands: Demands, size_gib: int | None) -> None:
    """A volume without a size gets its source's; too small ones are told now, as the array would only tell later."""
    needed = max(demands.min_disk, demands.size)
    if size_gib and size_gib * _GIB < needed:
        raise errors.BadRequest(
            "Volume is smaller than the minimum size specified in image metadata. "
            f"Volume size is {size_gib * _GIB} bytes, minimum size is {needed} bytes."
        )


def source_image(tx: Tx, context: Context, image_id: str) -> Image:
    """The image a disk is made of."""
    try:
        return images.get_visible(tx, context, image_id)
    except errors.NotFound:
        raise invalid(f"failed to get image {image_id}.") from None


def lost(disk: DiskSpec) -> errors.BadRequest:
    """400: what the disk is made of is not there."""
    return invalid(f"failed to get {disk.source_type} {disk.source_id}.")


def check_source(image: Image, disk: DiskSpec) -> None:
    """Is the image there, and small enough for the disk it is to be written to?"""
    demands = of_image(image)
    if demands.status != "active":
        raise errors.BadRequest(f"Image {demands.name} is not active.")
    if not disk.is_local:
        _check_volume_size(demands, disk.volume_size_gib)
