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
from moorage.compute import states
from moorage.compute.block_devices import DiskSpec
from moorage.compute.model.flavor import Flavor
from moorage.compute.service import placement, quotas, server_groups, servers
from moorage.context import Context
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.volumes.model import Volume
from moorage.workflows import boot, server_networks, server_plan
from moorage.workflows.server_plan import Order, Plan
from moorage.workflows.site import Site

__all__ = ["Order", "request"]


def request(tx: Tx, context: Context, order: Order, site: Site) -> tuple[list[str], str]:
    """Write one server or several and the intent to boot them; returns their ids and the reservation id."""
    plan = server_plan.plan(tx, context, order, site)
    count = quotas.affordable(
        tx, context.project_id, order.min_count, order.max_count, cores=plan.flavor.vcpus, ram_mib=plan.flavor.ram_mib
    )
    server_networks.check_quota(tx, context.project_id, plan.nics, count)
    reservation = f"r-{secrets.token_hex(4)}"
    made = []
    for index in range(count):
        suffix = f"-{index + 1}" if count > 1 else ""
        made.append(_insert(tx, context, order, plan, site, suffix, index, reservation))
    return made, reservation


def _insert(
    tx: Tx, context: Context, order: Order, plan: Plan, site: Site, suffix: str, index: int, reservation: str
) -> str:
    server_id, flavor = ids.new(), plan.flavor
    hostname = _hostname(order.name) or f"Server-{server_id}"
    columns = {"hostname": f"{hostname}{suffix}", **order.columns}
    servers.insert(
        tx, id=server_id, project_id=context.project_id, user_id=context.user_id, name=f"{order.name}{suffix}",
        vm_state=states.BUILDING, task_state="scheduling", flavor=_copy(flavor), vcpus=flavor.vcpus,
        ram_mib=flavor.ram_mib, image_ref=order.image_ref if plan.root.is_local else None, key_name=order.key_name,
        driver=site.hypervisor_name, metadata=order.metadata, reservation_id=reservation, launch_index=index,
        root_device_name=plan.root.device_name, availability_zone=site.availability_zone,
        pinned_availability_zone=order.availability_zone,
        system_metadata={placement.DESTINATION: order.destination} if order.destination else {}, **columns,
    )  # fmt: skip
    for group in _groups(order.columns.get("scheduler_hints", {})):
        _join(tx, context, group, server_id)
    for disk in plan.disks:
        _insert_disk(tx, context, server_id, disk, plan)
    server_networks.connect(tx, context, server_id, plan.nics)
    action = operations.record_action(tx, context, server_id, "create")
    operations.submit(
        tx, context, kind=boot.KIND.name, subject=f"server/{server_id}", args={"server_id": server_id},
        action_id=action,
    )  # fmt: skip
    return server_id


def _groups(hints: dict[str, Any]) -> list[str]:
    """The server group of the scheduler hints; of a list the first counts, as in Nova."""
    group = hints.get("group") or []
    return [group] if isinstance(group, str) else group[:1]


def _join(tx: Tx, context: Context, group_id: str, server_id: str) -> None:
    try:
        server_groups.join(tx, context, group_id, server_id)
    except errors.NotFound as error:
        raise errors.BadRequest(error.message) from None


def _insert_disk(tx: Tx, context: Context, server_id: str, disk: DiskSpec, plan: Plan) -> None:
    row_id = attachments.add_disk(
        tx, project_id=context.project_id, server_id=server_id, **msgspec.structs.asdict(disk)
    )
    if disk.source_type == "volume":
        _reserve(tx, context, plan.owned[str(disk.source_id)], server_id, row_id)


def _reserve(tx: Tx, context: Context, volume: Volume, server_id: str, row_id: str) -> None:
    try:
        if volume.status.startswith("error"):
            raise errors.BadRequest(
                "Invalid volume: Volume attachments can not be created if the volume is in an error state. "
                f"The Volume {volume.id} currently has a status of: {volume.status} "
            )
        attachments.reserve(tx, volume.id, project_id=volume.project_id, server_id=server_id, row_id=row_id)
    except errors.BadRequest as error:
        # block storage's refusal as Nova passes it on
        raise errors.BadRequest(
            f"Invalid volume: Invalid input received: {error.message} (HTTP 400) (Request-ID: {context.request_id})"
        ) from None


def _copy(flavor: Flavor) -> dict[str, Any]:
    return {
        "id": flavor.id, "name": flavor.name, "vcpus": flavor.vcpus, "ram": flavor.ram_mib, "disk": flavor.disk_gib,
        "ephemeral": flavor.ephemeral_gib, "swap": flavor.swap_mib, "extra_specs": flavor.extra_specs,
    }  # fmt: skip


def _hostname(name: str) -> str:
    """A host name made of the server's name as Nova makes it; empty if nothing of it can stand in one."""
    latin = name.encode("latin-1", "ignore").decode("latin-1")[:63]
    return re.sub(r"[^\w.-]+", "", re.sub(r"[ _.]", "-", latin)).lower().strip(".-")
