"""Give a server another flavor, then keep it or go back. There is one host, so nothing moves."""

from __future__ import annotations

from typing import Any

from moorage import errors
from moorage.compute import states
from moorage.compute.model.flavor import Flavor
from moorage.compute.model.server import Server
from moorage.compute.service import flavors, placement, quotas, servers
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.workflows import boot, hold, intent, power
from moorage.workflows.guests import guest_of
from moorage.workflows.site import Site
from moorage.workflows.world import World

OLD = "resize_old"
"""Key of ``system_metadata``: the former flavor, until the resize is confirmed."""


def request(tx: Tx, context: Context, server: Server, flavor_ref: str, site: Site) -> None:
    """409 by lock and state, 400 for an unknown or the same flavor, 403 over quota, 501 where the driver lacks it."""
    states.check_lock(server, context)
    states.check(server, "resize")
    flavor = _flavor(tx, context, flavor_ref)
    if flavor.id == server.flavor["id"]:
        raise errors.BadRequest("When resizing, instances must change flavor!")
    if not site.hypervisor.resize:
        raise errors.NotImplementedHere(hold.NOT_SUPPORTED)
    if not server.is_volume_backed and flavor.disk_gib < server.flavor["disk"]:
        raise errors.BadRequest("Resize to smaller root disk is not allowed.")
    quotas.check(
        tx, server.project_id, cores=flavor.vcpus - server.vcpus, ram_mib=flavor.ram_mib - server.ram_mib
    )  # fmt: skip
    intent.write(
        tx, context, server, RESIZE, action="resize", task="resize_prep", size=_size(flavor),
        runs=server.vm_state == states.ACTIVE,
    )  # fmt: skip


def _flavor(tx: Tx, context: Context, flavor_ref: str) -> Flavor:
    try:
        return flavors.get(tx, context, flavor_ref)
    except errors.NotFound as error:
        raise errors.BadRequest(error.message) from None


def _size(flavor: Flavor) -> dict[str, Any]:
    return {"flavor": flavor.as_stored(), "vcpus": flavor.vcpus, "ram_mib": flavor.ram_mib}


def request_confirm(tx: Tx, context: Context, server: Server) -> None:
    """Only rows: the former flavor is forgotten, and what it took beyond the new one is free."""
    states.check_lock(server, context)
    states.check(server, "confirmResize")
    is_running = server.power_state == states.Power.RUNNING
    servers.update(
        tx, server.id, vm_state=states.ACTIVE if is_running else states.STOPPED, system_metadata=_without_old(server),
        vcpus=server.flavor["vcpus"], ram_mib=server.flavor["ram"],
    )  # fmt: skip
    operations.record_action(tx, context, server.id, "confirmResize", server.project_id)


def request_revert(tx: Tx, context: Context, server: Server) -> None:
    states.check_lock(server, context)
    states.check(server, "revertResize")
    is_running = server.power_state == states.Power.RUNNING
    intent.write(
        tx, context, server, REVERT, action="revertResize", task="resize_reverting",
        size=server.system_metadata[OLD], runs=is_running,
    )  # fmt: skip


def resize(saga: Saga[World], server_id: str, size: dict[str, Any], runs: bool) -> None:
    saga.do(change_size, server_id, size, undo=change_back)
    saga.do(stop_guest, server_id)
    if runs:
        saga.do(start_guest, server_id)
    saga.do(set_resized, server_id, runs)


def revert(saga: Saga[World], server_id: str, size: dict[str, Any], runs: bool) -> None:
    saga.do(stop_guest, server_id)
    saga.do(change_back, server_id, size)
    if runs:
        saga.do(start_guest, server_id)
    saga.do(set_reverted, server_id, runs)


def stop_guest(world: World, server_id: str) -> None:
    power.power_off(world, server_id)


def change_size(world: World, server_id: str, size: dict[str, Any]) -> None:
    """Room for the larger of both sizes, so that there is a way back; the former flavor is kept.

    All in one transaction: a repeated step finds it done.
    """
    with world.store.write() as tx:
        server = servers.get(tx, server_id)
        if OLD in server.system_metadata:
            return
        old = {"flavor": server.flavor, "vcpus": server.vcpus, "ram_mib": server.ram_mib}
        taken = {name: max(old[name], size[name]) for name in ("vcpus", "ram_mib")}
        placement.check_growth(
            tx, server, **{name: taken[name] - old[name] for name in taken},
            shares_processors=world.hypervisor.capabilities.shares_processors,
        )  # fmt: skip
        servers.set_task(
            tx, server_id, "resize_migrating", flavor=size["flavor"],
            system_metadata={**server.system_metadata, OLD: old}, **taken,
        )  # fmt: skip


def change_back(world: World, server_id: str, size: dict[str, Any]) -> None:
    """To the flavor that was kept; nothing to do if none is."""
    with world.store.write() as tx:
        server = servers.get(tx, server_id)
        if old := server.system_metadata.get(OLD):
            servers.update(tx, server_id, system_metadata=_without_old(server), **old)


def start_guest(world: World, server_id: str) -> None:
    """Booting anew is what gives a guest its new size."""
    with world.store.read() as tx:
        guest, disks = guest_of(tx, world, server_id), boot.guest_disks(tx, server_id)
    world.hypervisor.boot(guest, disks)


def set_resized(world: World, server_id: str, runs: bool) -> None:
    power_state = states.Power.RUNNING if runs else states.Power.SHUTDOWN
    power.settle(world, server_id, states.RESIZED, int(power_state))


def set_reverted(world: World, server_id: str, runs: bool) -> None:
    if runs:
        power.settle(world, server_id, states.ACTIVE, int(states.Power.RUNNING))
    else:
        power.settle(world, server_id, states.STOPPED, int(states.Power.SHUTDOWN))


def _without_old(server: Server) -> dict[str, Any]:
    return {key: value for key, value in server.system_metadata.items() if key != OLD}


RESIZE = Kind(name="resize", run=resize, failed=power.failed, event="compute_resize_instance")
REVERT = Kind(name="revert_resize", run=revert, failed=power.failed, event="compute_revert_resize")
