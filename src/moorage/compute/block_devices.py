"""What disks does a server get? The rules of block device mapping, as Nova has them.

Pure: nothing is looked up. Whether the volumes and images exist is asked afterwards, by whoever joins the domains.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from moorage import errors

_INVALID = "Block Device Mapping is Invalid: "
MAX_LOCAL_DISKS = 3
_BUSES = frozenset({"fdc", "ide", "sata", "scsi", "usb", "virtio", "xen", "lxc", "uml"})


class DiskSpec(msgspec.Struct, kw_only=True):
    """One disk that is asked for."""

    source_type: str
    """volume, image, snapshot or blank."""
    destination_type: str
    """volume, or local: a disk on the host."""
    source_id: str | None = None
    boot_index: int | None = None
    volume_size_gib: int | None = None
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


def invalid(details: str) -> errors.BadRequest:
    return errors.BadRequest(_INVALID + details)


def disk(
    *,
    source_type: str | None,
    uuid: str | None,
    destination_type: str | None,
    boot_index: int | None,
    volume_size: int | None,
    **rest: Any,
) -> DiskSpec:
    """One entry of ``block_device_mapping_v2`` checked for itself.

    Without ``destination_type`` Nova records a disk the guest never gets; here volumes and snapshots go to a volume and
    blank disks to the host, which is what the client means.
    """
    if source_type is None:
        raise invalid("'source_type' is a required property of each mapping.")
    if source_type == "blank" and uuid:
        raise invalid("Invalid device UUID.")
    if source_type != "blank" and not uuid:
        raise invalid("Missing device UUID.")
    destination = destination_type or ("local" if source_type in ("blank", "image") else "volume")
    spec = DiskSpec(
        source_type=source_type, destination_type=destination, source_id=uuid or None,
        boot_index=None if boot_index is not None and boot_index < 0 else boot_index, volume_size_gib=volume_size, **rest,
    )  # fmt: skip
    _check_disk(spec)
    return spec


def _check_disk(spec: DiskSpec) -> None:
    is_local = spec.destination_type == "local"
    if is_local and spec.source_type in ("volume", "snapshot"):
        raise invalid(f"Mapping {spec.source_type} to local is not supported.")
    if is_local and spec.source_type == "image" and not spec.is_root:
        raise invalid("Mapping image to local is not supported.")
    if spec.volume_type is not None and is_local:
        raise invalid("Specifying a volume_type with destination_type=local is not supported.")
    if spec.volume_type is not None and spec.source_type == "volume":
        raise invalid("Specifying volume type to existing volume is not supported.")
    if spec.disk_bus is not None and spec.disk_bus not in _BUSES:
        raise invalid(f"disk_bus {spec.disk_bus} is not one of {', '.join(sorted(_BUSES))}.")
    if spec.device_name is not None and " " in spec.device_name:
        raise invalid("Device name contains spaces.")
    if not is_local and not spec.volume_size_gib:
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
) -> DiskSpec:
    """One entry of the older ``block_device_mapping``."""
    common: dict[str, Any] = {
        "device_name": device_name, "volume_size_gib": volume_size, "delete_on_termination": delete_on_termination,
    }  # fmt: skip
    if snapshot_id:
        return DiskSpec(source_type="snapshot", destination_type="volume", source_id=snapshot_id, **common)
    if volume_id:
        return DiskSpec(source_type="volume", destination_type="volume", source_id=volume_id, **common)
    if virtual_name and (virtual_name == "swap" or virtual_name.startswith("ephemeral")):
        common["delete_on_termination"] = True
        swap = "swap" if virtual_name == "swap" else None
        return DiskSpec(source_type="blank", destination_type="local", guest_format=swap, **common)
    raise invalid("Unrecognized legacy format.")


def legacy_root(specs: list[DiskSpec], image_ref: str | None, root_device: str) -> None:
    """Choose the root of an older mapping: the entry named like the root device, else the image, else the first."""
    for spec in specs:
        if image_ref and spec.device_name and spec.device_name.removeprefix("/dev/") == root_device:
            spec.boot_index = 0
            return
    if not image_ref:
        first = next((spec for spec in specs if spec.source_type != "blank"), None)
        if first is not None:
            first.boot_index = 0


def of_image(properties: dict[str, Any]) -> list[DiskSpec]:
    """The mappings an image carries: the image of a volume-backed server is little else."""
    text = properties.get("block_device_mapping")
    if not text:
        return []
    entries = json.loads(text) if isinstance(text, str) else text
    return [_image_entry(entry) for entry in entries if not entry.get("no_device")]


def _image_entry(entry: dict[str, Any]) -> DiskSpec:
    source = entry.get("source_type") or ("snapshot" if entry.get("snapshot_id") else "volume")
    return disk(
        source_type=source,
        uuid=entry.get(f"{source}_id"),
        destination_type=entry.get("destination_type"),
        boot_index=entry.get("boot_index"),
        volume_size=entry.get("volume_size"),
        delete_on_termination=bool(entry.get("delete_on_termination")),
        device_name=entry.get("device_name"),
        disk_bus=entry.get("disk_bus"),
        device_type=entry.get("device_type"),
        guest_format=entry.get("guest_format"),
        volume_type=entry.get("volume_type"),
    )


def merge(requested: list[DiskSpec], from_image: list[DiskSpec]) -> list[DiskSpec]:
    """The request's entries win over the image's of the same device name."""
    names = {spec.device_name for spec in requested if spec.device_name}
    kept = [spec for spec in from_image if not (spec.device_name and spec.device_name in names)]
    if any(spec.is_root for spec in requested):
        kept = [spec for spec in kept if not spec.is_root]
    return [*requested, *kept]


def with_image_root(specs: list[DiskSpec], image_ref: str | None, is_v2: bool) -> list[DiskSpec]:
    """Add the root disk an image stands for: without a mapping, or with an older one that names no root."""
    if not image_ref or (is_v2 and specs) or any(spec.is_root for spec in specs):
        return specs
    root = DiskSpec(
        source_type="image", destination_type="local", source_id=image_ref, boot_index=0, delete_on_termination=True
    )
    return [root, *specs]


def check_boot_sequence(specs: list[DiskSpec]) -> None:
    """Boot indexes must be 0, 1, 2, ... with at least one disk to boot from."""
    indexes = sorted(spec.boot_index for spec in specs if spec.boot_index is not None)
    if indexes != list(range(len(indexes))) or not indexes:
        raise invalid("Boot sequence for the instance and image/block device mapping combination is not valid.")


def check_local(specs: list[DiskSpec], ephemeral_gib: int, swap_mib: int) -> None:
    """What lives on the host must fit the flavor."""
    local = [spec for spec in specs if spec.destination_type == "local"]
    if len(local) > MAX_LOCAL_DISKS:
        raise invalid("You specified more local devices than the limit allows")
    swaps = [spec for spec in local if spec.guest_format == "swap"]
    if len(swaps) > 1:
        raise invalid("More than one swap drive requested.")
    if sum(spec.volume_size_gib or 0 for spec in swaps) * 1024 > swap_mib:
        raise errors.BadRequest("Swap drive requested is larger than instance type allows.")
    blank = [spec for spec in local if spec.source_type == "blank" and spec.guest_format != "swap"]
    if sum(spec.volume_size_gib or 0 for spec in blank) > ephemeral_gib:
        raise errors.BadRequest(
            "Ephemeral disks requested are larger than the instance type allows. If no size is given in one block "
            "device mapping, flavor ephemeral size will be used."
        )


def name_devices(specs: list[DiskSpec], root_device: str = "/dev/vda") -> None:
    """Give each disk without a device name the next free one; the root disk gets the root device's."""
    stem = root_device[:-1]
    for spec in specs:
        if spec.is_root:
            spec.device_name = root_device
        elif spec.device_name and not spec.device_name.startswith("/dev/"):
            spec.device_name = f"/dev/{spec.device_name}"
    taken = {spec.device_name for spec in specs if spec.device_name}
    for spec in specs:
        if spec.device_name is None:
            spec.device_name = next_device(taken, stem)
            taken.add(spec.device_name)


def next_device(taken: set[str | None], stem: str = "/dev/vd") -> str:
    """The first free name behind the root's: vdb ... vdz, vdaa ..."""
    for number in range(1, 26 * 27):
        letters = chr(ord("a") + number % 26)
        if number >= 26:
            letters = chr(ord("a") + number // 26 - 1) + letters
        if (name := stem + letters) not in taken:
            return name
    raise errors.Forbidden(
        "The maximum allowed number of disk devices (702) to attach to a single instance has been exceeded."
    )
