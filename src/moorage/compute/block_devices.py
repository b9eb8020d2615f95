"""What disks does a server get? The rules of block device mapping, as Nova has them.

Pure: nothing is looked up. Whether the volumes and images exist is asked afterwards, by whoever joins the domains.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from moorage import errors

ROOT_DEVICE = "vda"
MAX_LOCAL_DISKS = 3
_INVALID = "Block Device Mapping is Invalid: "
_BUSES = frozenset({"fdc", "ide", "sata", "scsi", "usb", "virtio", "xen", "lxc", "uml"})


class DiskSpec(msgspec.Struct, kw_only=True):
    """One disk that is asked for."""

    source_type: str
    """volume, image, snapshot or blank; empty for an entry that only keeps a disk of the image away."""
    destination_type: str
    """volume, or local: a disk on the host."""
    source_id: str | None = None
    boot_index: int | None = None
    volume_size_gib: int | None = None
    """GiB; for swap MiB, as Nova has it."""
    volume_type: str | None = None
    delete_on_termination: bool = False
    device_name: str | None = None
    disk_bus: str | None = None
    device_type: str | None = None
    guest_format: str | None = None
    tag: str | None = None

    @property
    def is_root(self) -> bool:
        return self.boot_index == 0

    @property
    def is_local(self) -> bool:
        return self.destination_type == "local"

    @property
    def is_swap(self) -> bool:
        return self.source_type == "blank" and self.is_local and self.guest_format == "swap"

    @property
    def is_ephemeral(self) -> bool:
        return self.source_type == "blank" and self.is_local and self.guest_format != "swap"


def invalid(details: str) -> errors.BadRequest:
    return errors.BadRequest(_INVALID + details)


def no_disk(device_name: str | None) -> DiskSpec:
    """An entry with ``no_device``: the image's disk of that name is not wanted."""
    return DiskSpec(source_type="", destination_type="", device_name=_device(device_name))


def disk(
    *,
    source_type: str | None,
    uuid: str | None,
    destination_type: str | None,
    boot_index: int | None,
    volume_size: int | None,
    has_image: bool,
    device_name: str | None,
    **rest: Any,
) -> DiskSpec:
    """One entry of ``block_device_mapping_v2`` checked for itself; ``has_image``: the request names an image to boot.

    Without ``destination_type`` Nova records a disk the guest never gets; here volumes and snapshots go to a volume and
    blank disks to the host, which is what the client means.
    """
    if source_type == "blank" and uuid:
        raise invalid("Invalid device UUID.")
    if source_type != "blank" and not uuid:
        raise invalid("Missing device UUID.")
    if source_type is None:
        raise invalid("source_type is required with uuid: one of volume, image, snapshot, blank.")
    destination = destination_type or ("local" if source_type in ("blank", "image") else "volume")
    spec = DiskSpec(
        source_type=source_type, destination_type=destination, source_id=uuid or None, volume_size_gib=volume_size,
        boot_index=None if boot_index is not None and boot_index < 0 else boot_index, device_name=_device(device_name),
        **rest,
    )  # fmt: skip
    _check_disk(spec, has_image)
    return spec


def _device(name: str | None) -> str | None:
    return f"/dev/{name}" if name and not name.startswith("/dev/") else name


def _check_disk(spec: DiskSpec, has_image: bool) -> None:
    if spec.is_local and spec.source_type in ("volume", "snapshot"):
        raise invalid(f"Mapping {spec.source_type} to local is not supported.")
    if spec.is_local and spec.source_type == "image" and not (spec.is_root and has_image):
        raise invalid("Mapping image to local is not supported.")
    if spec.volume_type is not None and spec.is_local:
        raise invalid("Specifying a volume_type with destination_type=local is not supported.")
    if spec.volume_type is not None and spec.source_type == "volume":
        raise invalid("Specifying volume type to existing volume is not supported.")


def check_content(spec: DiskSpec) -> None:
    """What Nova finds only after it looked at the boot order: sizes and buses."""
    if spec.disk_bus is not None and spec.disk_bus not in _BUSES:
        raise invalid(f"disk_bus {spec.disk_bus} is not one of {', '.join(sorted(_BUSES))}.")
    if not spec.is_local and not spec.volume_size_gib:
        if spec.source_type == "image":
            raise errors.BadRequest("Images with destination_type 'volume' need to have a non-zero size specified")
        if spec.source_type == "blank":
            raise errors.BadRequest("Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size")


def legacy_disk(
    *,
    volume_id: str | None,
    snapshot_id: str | None,
    virtual_name: str | None,
    device_name: str | None,
    volume_size: int | None,
    delete_on_termination: bool,
    has_no_device: bool = False,
) -> DiskSpec:
    """One entry of the older ``block_device_mapping``."""
    common: dict[str, Any] = {
        "device_name": _device(device_name), "volume_size_gib": volume_size,
        "delete_on_termination": delete_on_termination,
    }  # fmt: skip
    if virtual_name and re.fullmatch(r"swap|ephemeral(\d|[1-9]\d+)", virtual_name, re.ASCII):
        common["delete_on_termination"] = True
        swap = "swap" if virtual_name == "swap" else None
        return DiskSpec(source_type="blank", destination_type="local", guest_format=swap, **common)
    if snapshot_id:
        return DiskSpec(source_type="snapshot", destination_type="volume", source_id=snapshot_id, **common)
    if volume_id:
        return DiskSpec(source_type="volume", destination_type="volume", source_id=volume_id, **common)
    if has_no_device:
        return no_disk(device_name)
    raise invalid("Unrecognized legacy format.")


def blank(size: int, *, is_swap: bool = False) -> DiskSpec:
    """A disk a flavor brings along."""
    return DiskSpec(
        source_type="blank", destination_type="local", volume_size_gib=size, delete_on_termination=True,
        guest_format="swap" if is_swap else None, device_type="disk",
    )  # fmt: skip


def image_root(image_ref: str) -> DiskSpec:
    """The disk that booting an image stands for."""
    return DiskSpec(
        source_type="image", destination_type="local", source_id=image_ref, boot_index=0, delete_on_termination=True,
        device_type="disk",
    )  # fmt: skip


def of_image(properties: dict[str, Any]) -> list[DiskSpec]:
    """The mappings an image carries: the image of a volume-backed server is little else."""
    text = properties.get("block_device_mapping")
    if not text:
        return []
    try:
        entries = json.loads(text) if isinstance(text, str) else text
        specs = [_image_entry(entry) for entry in entries if not entry.get("no_device")]
    except (ValueError, TypeError, AttributeError):
        raise invalid("the image's property block_device_mapping is no list of mappings.") from None
    if str(properties.get("bdm_v2", "")).lower() not in ("true", "1"):
        name_legacy_root(specs)
    return specs


def _image_entry(entry: dict[str, Any]) -> DiskSpec:
    source = entry.get("source_type") or ("snapshot" if entry.get("snapshot_id") else "volume")
    index, size = entry.get("boot_index"), entry.get("volume_size")
    return disk(
        source_type=source,
        uuid=entry.get(f"{source}_id"),
        destination_type=entry.get("destination_type"),
        boot_index=None if index is None else int(index),
        volume_size=None if size is None else int(size),
        has_image=True,
        delete_on_termination=bool(entry.get("delete_on_termination")),
        device_name=entry.get("device_name"),
        disk_bus=entry.get("disk_bus"),
        device_type=entry.get("device_type"),
        guest_format=entry.get("guest_format"),
        volume_type=entry.get("volume_type"),
    )


def name_legacy_root(specs: list[DiskSpec]) -> bool:
    """Make the volume that is named like the root device the root; says whether there is one."""
    for spec in specs:
        if spec.source_type in ("volume", "snapshot") and spec.device_name == f"/dev/{ROOT_DEVICE}":
            spec.boot_index = 0
            return True
    return False
