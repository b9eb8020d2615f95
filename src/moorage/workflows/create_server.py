"""Accept a server: every check that needs no hypervisor, then one transaction with its rows and the intent to boot.

What is refused here left nothing behind: the volumes are reserved in the same transaction.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

import msgspec

from moorage import errors, ids
from moorage.attachments import service as attachments
from moorage.compute import block_devices, states
from moorage.compute.block_devices import DiskSpec, invalid
from moorage.compute.model.flavor import Flavor
from moorage.compute.service import flavors, keypairs, quotas, server_groups, servers
from moorage.context import Context
from moorage.images.model import Image
from moorage.images.service import lookup as images
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.volumes.service import snapshots, volumes
from moorage.workflows import boot
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
    metadata: dict[str, str] = {}
    key_name: str | None = None
    columns: dict[str, Any] = {}
    """What goes into the row as it is: description, tags, user_data, access addresses, ..."""


class _Plan(msgspec.Struct, kw_only=True):
    """The order with everything it names looked up."""

    flavor: Flavor
    image: Image | None
    disks: list[DiskSpec]
    root: DiskSpec
    owned: dict[str, Volume]
    """Existing volumes of the order by id."""


def request(tx: Tx, context: Context, order: Order, site: Site) -> tuple[list[str], str]:
    """Write one server or several and the intent to boot them; returns their ids and the reservation id."""
    plan = _plan(tx, context, order, site)
    count = _count(tx, context, order, plan.flavor)
    reservation = f"r-{secrets.token_hex(4)}"
    names = [order.name] if order.max_count == 1 else [f"{order.name}-{n + 1}" for n in range(count)]
    made = [_insert(tx, context, order, plan, site, name, n, reservation) for n, name in enumerate(names)]
    return made, reservation


def _plan(tx: Tx, context: Context, order: Order, site: Site) -> _Plan:
    flavor = _flavor(tx, context, order.flavor_ref)
    image = _image(tx, context, order.image_ref, flavor)
    if order.key_name is not None:
        _check_key(tx, context, order.key_name)
    disks = block_devices.merge(order.disks, block_devices.of_image(image.properties) if image else [])
    if not order.is_v2:
        block_devices.legacy_root(disks, order.image_ref, "vda")
    disks = block_devices.with_image_root(disks, order.image_ref, order.is_v2)
    if not disks:
        raise errors.BadRequest("Missing imageRef attribute")
    block_devices.check_boot_sequence(disks)
    block_devices.check_local(disks, flavor.ephemeral_gib, flavor.swap_mib)
    root = next(disk for disk in disks if disk.is_root)
    plan = _Plan(flavor=flavor, image=image, disks=disks, root=root, owned={})
    for disk in disks:
        _check_disk(tx, context, disk, plan, site)
    if order.max_count > 1 and any(disk.source_type == "volume" for disk in disks):
        raise errors.BadRequest("Cannot attach one or more volumes to multiple instances")
    _check_root(plan, site)
    block_devices.name_devices(disks)
    return plan


def _flavor(tx: Tx, context: Context, flavor_ref: str) -> Flavor:
    try:
        return flavors.get(tx, context, flavor_ref.rstrip("/").rsplit("/", 1)[-1])
    except errors.NotFound as error:
        raise errors.BadRequest(error.message) from None


def _image(tx: Tx, context: Context, image_ref: str | None, flavor: Flavor) -> Image | None:
    if not image_ref:
        return None
    try:
        image = images.get_visible(tx, context, image_ref)
    except errors.NotFound:
        raise errors.BadRequest(f"Can not find requested image {image_ref}") from None
    if image.status != "active":
        raise errors.BadRequest(
            f"Image {image_ref} is unacceptable: Image is not active, its status is {image.status}."
        )
    if image.min_ram > flavor.ram_mib:
        raise errors.BadRequest("Flavor's memory is too small for requested image.")
    return image


def _check_key(tx: Tx, context: Context, key_name: str) -> None:
    try:
        keypairs.get(tx, context.user_id, key_name)
    except errors.NotFound:
        raise errors.BadRequest("Invalid key_name provided.") from None


def _check_disk(tx: Tx, context: Context, disk: DiskSpec, plan: _Plan, site: Site) -> None:
    if disk.destination_type == "local":
        if not site.hypervisor.local_disks:
            raise invalid(
                f"Mapping {disk.source_type} to local is not supported by the {site.hypervisor_name} driver: "
                "its servers live on volumes; boot from a volume instead."
            )
        return
    if disk.source_type == "volume":
        plan.owned[str(disk.source_id)] = _check_volume(tx, context, disk, plan, site)
        return
    if disk.source_type == "snapshot":
        _check_snapshot(tx, context, disk)
    elif disk.source_type == "image":
        _check_source_image(tx, context, disk)
    _check_protocol(site.protocol_of_type(tx, disk.volume_type), f"volume type {disk.volume_type or 'default'}", site)


def _check_volume(tx: Tx, context: Context, disk: DiskSpec, plan: _Plan, site: Site) -> Volume:
    volume_id = str(disk.source_id)
    try:
        volume = volumes.get(tx, volume_id, _project(context))
    except errors.NotFound:
        raise invalid(f"failed to get volume {volume_id}.") from None
    if volume_id in plan.owned:
        raise invalid(f"volume {volume_id} is named twice.")
    if disk.is_root and not volume.bootable:
        raise errors.BadRequest(f"Block Device {volume_id} is not bootable.")
    _check_protocol(site.protocol_of_backend(volume.backend), f"volume {volume_id}", site)
    return volume


def _check_protocol(protocol: str, what: str, site: Site) -> None:
    if protocol not in site.hypervisor.volume_protocols:
        usable = ", ".join(sorted(site.hypervisor.volume_protocols))
        raise invalid(f"{what} is reached by {protocol}; servers of the {site.hypervisor_name} driver need {usable}.")


def _check_snapshot(tx: Tx, context: Context, disk: DiskSpec) -> None:
    try:
        snapshot = snapshots.get(tx, str(disk.source_id), _project(context))
    except errors.NotFound:
        raise invalid(f"failed to get snapshot {disk.source_id}.") from None
    if disk.volume_size_gib is not None and disk.volume_size_gib < snapshot.size_gib:
        raise invalid(
            f"volume_size {disk.volume_size_gib} is smaller than snapshot {snapshot.id} ({snapshot.size_gib} GiB)."
        )
    disk.volume_size_gib = disk.volume_size_gib or snapshot.size_gib


def _check_source_image(tx: Tx, context: Context, disk: DiskSpec) -> None:
    try:
        image = images.get_visible(tx, context, str(disk.source_id))
    except errors.NotFound:
        raise invalid(f"failed to get image {disk.source_id}.") from None
    if image.status != "active":
        raise errors.BadRequest(f"Image {image.id} is unacceptable: Image is not active, its status is {image.status}.")
    needed = max(image.min_disk, -(-(image.virtual_size or image.size or 0) // (1 << 30)))
    if (disk.volume_size_gib or 0) < needed:
        raise errors.BadRequest(
            f"Volume is smaller than the minimum size specified in image metadata. Volume size is "
            f"{(disk.volume_size_gib or 0) << 30} bytes, minimum size is {needed << 30} bytes."
        )


def _check_root(plan: _Plan, site: Site) -> None:
    if plan.root.destination_type != "local":
        return
    if plan.flavor.disk_gib == 0:
        raise errors.Forbidden("Only volume-backed servers are allowed for flavors with zero disk.")
    if plan.image is not None and plan.image.min_disk > plan.flavor.disk_gib:
        raise errors.BadRequest(
            f"Flavor's disk is too small for requested image. Flavor disk is {plan.flavor.disk_gib << 30} bytes, "
            f"image is {plan.image.min_disk << 30} bytes."
        )


def _count(tx: Tx, context: Context, order: Order, flavor: Flavor) -> int:
    """As many as the quota allows between min_count and max_count."""
    for count in range(order.max_count, order.min_count, -1):
        try:
            _check_quota(tx, context, flavor, count)
        except errors.OverQuota:
            continue
        return count
    _check_quota(tx, context, flavor, order.min_count)
    return order.min_count


def _check_quota(tx: Tx, context: Context, flavor: Flavor, count: int) -> None:
    quotas.check(tx, context.project_id, instances=count, cores=count * flavor.vcpus, ram_mib=count * flavor.ram_mib)


def _insert(
    tx: Tx, context: Context, order: Order, plan: _Plan, site: Site, name: str, index: int, reservation: str
) -> str:
    server_id = ids.new()
    columns = {"hostname": _hostname(name), "availability_zone": site.availability_zone, **order.columns}
    servers.insert(
        tx, id=server_id, project_id=context.project_id, user_id=context.user_id, name=name, vm_state=states.BUILDING,
        task_state="scheduling", flavor=_copy(plan.flavor), vcpus=plan.flavor.vcpus, ram_mib=plan.flavor.ram_mib,
        image_ref=order.image_ref if plan.root.destination_type == "local" else None, key_name=order.key_name,
        driver=site.hypervisor_name, metadata=order.metadata, reservation_id=reservation, launch_index=index,
        root_device_name=plan.root.device_name, **columns,
    )  # fmt: skip
    if group := order.columns.get("scheduler_hints", {}).get("group"):
        _join(tx, context, group, server_id)
    for disk in plan.disks:
        _insert_disk(tx, context, server_id, disk, plan)
    action = operations.record_action(tx, context, server_id, "create")
    operations.submit(
        tx, context, kind=boot.KIND.name, subject=f"server/{server_id}", args={"server_id": server_id},
        action_id=action,
    )  # fmt: skip
    return server_id


def _join(tx: Tx, context: Context, group_id: str, server_id: str) -> None:
    try:
        server_groups.join(tx, context, group_id, server_id)
    except errors.NotFound as error:
        raise errors.BadRequest(error.message) from None


def _insert_disk(tx: Tx, context: Context, server_id: str, disk: DiskSpec, plan: _Plan) -> None:
    row_id = attachments.add_disk(
        tx, project_id=context.project_id, server_id=server_id, **msgspec.structs.asdict(disk)
    )
    if disk.source_type == "volume" and disk.destination_type == "volume":
        attachments.reserve(
            tx, str(disk.source_id), project_id=plan.owned[str(disk.source_id)].project_id, server_id=server_id,
            row_id=row_id,
        )  # fmt: skip


def _copy(flavor: Flavor) -> dict[str, Any]:
    return {
        "id": flavor.id, "name": flavor.name, "vcpus": flavor.vcpus, "ram": flavor.ram_mib, "disk": flavor.disk_gib,
        "ephemeral": flavor.ephemeral_gib, "swap": flavor.swap_mib, "extra_specs": flavor.extra_specs,
    }  # fmt: skip


def _hostname(name: str) -> str:
    """A host name made of the server's name: what is not a letter, digit or dash goes."""
    cleaned = re.sub(r"[ _.]", "-", name.lower())
    return re.sub(r"[^a-z0-9-]", "", cleaned).strip("-")[:63] or "server"


def _project(context: Context) -> str | None:
    return None if context.is_admin else context.project_id
