"""Does everything that an order for a server names exist, may the caller use it, and does it fit?

Nothing is written here, and no hypervisor asked. The order of the checks is Nova's, so a request that is wrong in two
ways is told the same thing.
"""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors
from moorage.compute import block_devices, disk_plans
from moorage.compute.block_devices import DiskSpec, invalid
from moorage.compute.model.flavor import Flavor
from moorage.compute.service import flavors, keypairs, placement, quotas
from moorage.context import Context
from moorage.images.model import Image
from moorage.images.service import lookup as images
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.volumes.service import snapshots, types, volumes
from moorage.workflows import boot_demands, server_networks
from moorage.workflows.server_networks import PlannedNic, WantedNic
from moorage.workflows.site import Site


class Order(msgspec.Struct, kw_only=True):
    """What a client asks for, its form already checked."""

    name: str
    flavor_ref: str
    image_ref: str | None = None
    disks: list[DiskSpec] = []
    is_v2: bool = True
    """Whether ``disks`` came as ``block_device_mapping_v2``."""
    min_count: int = 1
    max_count: int = 1
    nics: list[WantedNic] | None = None
    """None asks for the network there is, if there is but one; empty asks for none."""
    metadata: dict[str, str] = {}
    key_name: str | None = None
    availability_zone: str | None = None
    destination: dict[str, str] = {}
    """The only hypervisor it may be on, as ``host`` and ``node``; empty for any."""
    is_forced: bool = False
    """Whether ``destination`` came in the availability zone: as in Nova neither is looked at before placement."""
    takes_multiattach: bool = True
    """Whether the request's microversion knows volumes that several servers share."""
    columns: dict[str, Any] = {}
    """What goes into the row as it is: description, tags, user_data, access addresses, ..."""


class Plan(msgspec.Struct, kw_only=True):
    """The order with everything it names looked up."""

    flavor: Flavor
    image: Image | None
    disks: list[DiskSpec]
    root: DiskSpec
    owned: dict[str, Volume]
    """Existing volumes of the order by id."""
    nics: list[PlannedNic]


def plan(tx: Tx, context: Context, order: Order, site: Site) -> Plan:
    """The disks of a server with all they need; 400 or 403 in Nova's words if anything is wrong."""
    if not order.image_ref and not order.disks:
        raise errors.BadRequest("Missing imageRef attribute")
    flavor = _flavor(tx, context, order.flavor_ref)
    image = _image(tx, context, order.image_ref)
    boot = boot_demands.of_image(image) if image else boot_demands.of_disks(tx, context, order.disks)
    if not order.is_forced and order.availability_zone not in (None, site.availability_zone):
        raise errors.BadRequest("The requested availability zone is not available")
    if order.key_name is not None:
        _check_key(tx, context, order.key_name)
    nics = server_networks.plan(tx, context, order.nics, site.networks, order.max_count)
    from_image = block_devices.of_image(image.properties) if image else []
    disks = disk_plans.assemble(order.disks, from_image, order.image_ref, flavor, is_v2=order.is_v2)
    if order.max_count > 1 and any(disk.source_type == "volume" for disk in disks):
        raise errors.BadRequest("Cannot attach one or more volumes to multiple instances")
    quotas.check_metadata(tx, context.project_id, order.metadata)
    root = next((disk for disk in disks if disk.is_root), None)
    boot_demands.check(boot, flavor, root)
    if not order.is_forced and not placement.is_known(tx, order.destination):
        raise errors.BadRequest(f"Compute host {next(iter(order.destination.values()))} could not be found.")
    owned = _volumes(tx, context, disks)
    if root is not None and root.source_type == "volume" and image is None:
        boot_demands.check_bootable(owned[str(root.source_id)])
    disk_plans.check_boot_sequence(disks)
    assert root is not None
    found = Plan(flavor=flavor, image=image, disks=disks, root=root, owned=owned, nics=nics)
    _check_disks(tx, context, found, order, site)
    return found


def _flavor(tx: Tx, context: Context, flavor_ref: str) -> Flavor:
    """By id, or by a link that ends in it."""
    try:
        return flavors.get(tx, context, flavor_ref.rstrip("/").rsplit("/", 1)[-1])
    except errors.NotFound as error:
        raise errors.BadRequest(error.message) from None


def _image(tx: Tx, context: Context, image_ref: str | None) -> Image | None:
    if not image_ref:
        return None
    try:
        return images.get_visible(tx, context, image_ref)
    except errors.NotFound:
        raise errors.BadRequest("Can not find requested image") from None


def _check_key(tx: Tx, context: Context, key_name: str) -> None:
    try:
        keypairs.get(tx, context.user_id, key_name)
    except errors.NotFound:
        raise errors.BadRequest("Invalid key_name provided.") from None


def _volumes(tx: Tx, context: Context, disks: list[DiskSpec]) -> dict[str, Volume]:
    """The existing volumes, each once."""
    found: dict[str, Volume] = {}
    for disk in disks:
        if disk.source_type != "volume":
            continue
        try:
            volume = volumes.get(tx, str(disk.source_id), context.reach)
        except errors.NotFound as error:
            raise errors.BadRequest(error.message) from None
        if volume.id in found:
            disk_plans.check_boot_sequence(disks)
            raise invalid(f"volume {volume.id} is named twice.")
        found[volume.id] = volume
    return found


def _check_disks(tx: Tx, context: Context, found: Plan, order: Order, site: Site) -> None:
    for disk in found.disks:
        if disk.volume_type is not None:
            disk.volume_type = _type_name(tx, context, disk.volume_type)
        if disk.source_type == "snapshot":
            _check_snapshot(tx, context, disk)
        elif disk.source_type == "image" and disk.source_id != order.image_ref:
            boot_demands.check_source(boot_demands.source_image(tx, context, str(disk.source_id)), disk)
        elif disk.source_type == "image" and found.image is not None:
            boot_demands.check_source(found.image, disk)
        elif disk.source_type == "volume":
            _check_volume(found.owned[str(disk.source_id)], disk, order)
        block_devices.check_content(disk)
        _check_site(tx, disk, found, site)
    disk_plans.check_local(found.disks, found.flavor)
    disk_plans.name_devices(found.disks)


def _type_name(tx: Tx, context: Context, volume_type: str) -> str:
    try:
        return types.usable(tx, context, volume_type).name
    except errors.NotFound:
        raise errors.BadRequest(f"Volume type {volume_type} could not be found.") from None


def _check_volume(volume: Volume, disk: DiskSpec, order: Order) -> None:
    if volume.multiattach and not order.takes_multiattach:
        raise errors.BadRequest("Multiattach volumes are only supported starting with compute API version 2.60.")
    disk.volume_size_gib = volume.size_gib


def _check_snapshot(tx: Tx, context: Context, disk: DiskSpec) -> None:
    try:
        snapshot = snapshots.get(tx, str(disk.source_id), context.reach)
    except errors.NotFound:
        raise boot_demands.lost(disk) from None
    if disk.volume_size_gib is not None and disk.volume_size_gib < snapshot.size_gib:
        raise invalid(
            f"volume_size {disk.volume_size_gib} is smaller than snapshot {snapshot.id} ({snapshot.size_gib} GiB)."
        )
    disk.volume_size_gib = disk.volume_size_gib or snapshot.size_gib


def _check_site(tx: Tx, disk: DiskSpec, found: Plan, site: Site) -> None:
    """Can this hypervisor give its servers such a disk at all?"""
    if disk.is_local:
        if not site.hypervisor.local_disks:
            raise invalid(
                f"Mapping {disk.source_type} to local is not supported by the {site.hypervisor_name} driver: "
                "its servers live on volumes; boot from a volume instead."
            )
    elif disk.source_type == "volume":
        volume = found.owned[str(disk.source_id)]
        _check_protocol(site.protocol_of_backend(volume.backend), f"volume {volume.id}", site)
    else:
        kind = _kind(tx, disk)
        _check_protocol(site.protocol_of_type(tx, kind), f"volume type {kind or types.DEFAULT}", site)


def _kind(tx: Tx, disk: DiskSpec) -> str | None:
    """The type a new volume gets: what is asked for, else the type of the snapshot's volume."""
    if disk.volume_type is None and disk.source_type == "snapshot":
        return volumes.get(tx, snapshots.get(tx, str(disk.source_id)).volume_id).volume_type_id
    return disk.volume_type


def _check_protocol(protocol: str, what: str, site: Site) -> None:
    if protocol not in site.hypervisor.volume_protocols:
        usable = ", ".join(sorted(site.hypervisor.volume_protocols))
        raise invalid(f"{what} is reached by {protocol}; servers of the {site.hypervisor_name} driver need {usable}.")
