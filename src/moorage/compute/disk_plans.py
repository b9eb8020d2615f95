"""Which disks does a server get in the end: the request's, the image's and the flavor's, and do they fit together?"""

from __future__ import annotations

from moorage import errors
from moorage.compute import block_devices
from moorage.compute.block_devices import MAX_LOCAL_DISKS, ROOT_DEVICE, DiskSpec, invalid
from moorage.compute.model.flavor import Flavor


def assemble(
    requested: list[DiskSpec], from_image: list[DiskSpec], image_ref: str | None, flavor: Flavor, *, is_v2: bool
) -> list[DiskSpec]:
    """All disks of a server, the request's first.

    The request's entries win over the image's of the same device name. With an image and no mapping, or an older one
    that names no root, the image itself is the root; with a newer one the client has to say so.
    """
    has_root = any(spec.is_root for spec in from_image)
    if is_v2 and image_ref:
        _check_root_name(requested)
    if is_v2 and requested:
        own = [spec for spec in requested if not (has_root and spec.is_root and spec.source_type == "image")]
    else:
        own = _legacy(requested, image_ref, has_root)
    names = {spec.device_name for spec in own if spec.device_name}
    kept = [spec for spec in from_image if not (spec.device_name and spec.device_name in names)]
    disks = [spec for spec in [*own, *kept] if spec.source_type]
    return [*disks, *_of_flavor(disks, flavor)]


def _check_root_name(requested: list[DiskSpec]) -> None:
    for spec in requested:
        if spec.destination_type == "volume" and spec.device_name == f"/dev/{ROOT_DEVICE}":
            raise errors.BadRequest(
                f"The volume cannot be assigned the same device name as the root device {ROOT_DEVICE}"
            )


def _legacy(requested: list[DiskSpec], image_ref: str | None, has_root: bool) -> list[DiskSpec]:
    if has_root or block_devices.name_legacy_root(requested):
        return requested
    if image_ref:
        return [block_devices.image_root(image_ref), *requested]
    first = next((spec for spec in requested if spec.source_type not in ("blank", "")), None)
    if first is not None:
        first.boot_index = 0
    return requested


def _of_flavor(disks: list[DiskSpec], flavor: Flavor) -> list[DiskSpec]:
    added = []
    if flavor.ephemeral_gib and not any(spec.is_ephemeral for spec in disks):
        added.append(block_devices.blank(flavor.ephemeral_gib))
    if flavor.swap_mib and not any(spec.is_swap for spec in disks):
        added.append(block_devices.blank(flavor.swap_mib, is_swap=True))
    return added


def check_boot_sequence(specs: list[DiskSpec]) -> None:
    """Boot indexes must be 0, 1, 2, ... with at least one disk to boot from."""
    indexes = sorted(spec.boot_index for spec in specs if spec.boot_index is not None)
    if indexes != list(range(len(indexes))) or not indexes:
        raise invalid("Boot sequence for the instance and image/block device mapping combination is not valid.")


def check_local(specs: list[DiskSpec], flavor: Flavor) -> None:
    """What lives on the host must fit the flavor; sizes that are not given become the flavor's."""
    ephemeral = [spec for spec in specs if spec.is_ephemeral]
    for spec in ephemeral:
        spec.volume_size_gib = spec.volume_size_gib or flavor.ephemeral_gib
    if sum(spec.volume_size_gib or 0 for spec in ephemeral) > flavor.ephemeral_gib:
        raise errors.BadRequest(
            "Ephemeral disks requested are larger than the instance type allows. If no size is given in one block "
            "device mapping, flavor ephemeral size will be used."
        )
    swaps = [spec for spec in specs if spec.is_swap]
    if len(swaps) > 1:
        raise invalid("More than one swap drive requested.")
    for spec in swaps:
        if (spec.volume_size_gib or 0) > flavor.swap_mib:
            raise errors.BadRequest("Swap drive requested is larger than instance type allows.")
        spec.volume_size_gib = spec.volume_size_gib or flavor.swap_mib
    if sum(spec.is_local for spec in specs) > MAX_LOCAL_DISKS:
        raise invalid("You specified more local devices than the limit allows")


def name_devices(specs: list[DiskSpec], root_device: str = f"/dev/{ROOT_DEVICE}") -> None:
    """Give each disk without a device name the next free one; the root disk gets the root device's."""
    stem = root_device[:-1]
    for spec in specs:
        if spec.is_root:
            spec.device_name = root_device
    taken = {spec.device_name for spec in specs if spec.device_name}
    if len(taken) < sum(1 for spec in specs if spec.device_name):
        raise invalid("two disks have the same device_name.")
    for spec in specs:
        if spec.device_name is None:
            spec.device_name = next_device(taken, stem)
            taken.add(spec.device_name)


def next_device(taken: set[str], stem: str = "/dev/vd") -> str:
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
