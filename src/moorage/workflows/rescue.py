"""Rescue a server: run it from another system beside its own root disk, and go back.

Only servers with a local root disk can be rescued: no driver can put another root before a root volume.
"""

from __future__ import annotations

from moorage import errors
from moorage.attachments import service as attachments
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.store import Tx
from moorage.volumes.service import volumes
from moorage.workflows import boot, hold, intent, power
from moorage.workflows.guests import guest_of
from moorage.workflows.site import Site
from moorage.workflows.world import World


def request(tx: Tx, context: Context, server: Server, site: Site) -> None:
    """409 by lock, state and volumes in motion, 400 for a root volume, 501 where the driver lacks it."""
    states.check_lock(server, context)
    states.check(server, "rescue")
    for disk in attachments.of_server(tx, server.id):
        if disk.volume_id is not None and (status := volumes.get(tx, disk.volume_id).status) != "in-use":
            raise errors.Conflict(
                f"Invalid volume: volume '{disk.volume_id}' status must be 'in-use'. Currently in '{status}' status"
            )
    if server.is_volume_backed:
        raise errors.BadRequest(
            f"Instance {server.id} cannot be rescued: Cannot rescue a volume-backed instance"
        )  # fmt: skip
    if not site.hypervisor.rescue:
        raise errors.NotImplementedHere(hold.NOT_SUPPORTED)
    states.check_host(server)
    intent.write(tx, context, server, RESCUE, action="rescue", task="rescuing")


def request_end(tx: Tx, context: Context, server: Server) -> None:
    states.check_lock(server, context)
    states.check(server, "unrescue")
    intent.write(tx, context, server, UNRESCUE, action="unrescue", task="unrescuing")


def rescue(saga: Saga[World], server_id: str) -> None:
    saga.do(stop_guest, server_id)
    saga.do(start_rescue, server_id)
    saga.do(power.settle, server_id, states.RESCUED, int(states.Power.RUNNING))


def unrescue(saga: Saga[World], server_id: str) -> None:
    saga.do(start_own, server_id)
    saga.do(power.settle, server_id, states.ACTIVE, int(states.Power.RUNNING))


def stop_guest(world: World, server_id: str) -> None:
    power.power_off(world, server_id)


def start_rescue(world: World, server_id: str) -> None:
    with world.store.read() as tx:
        guest, disks = guest_of(tx, world, server_id), boot.guest_disks(tx, server_id)
    world.hypervisor.rescue(guest, disks)


def start_own(world: World, server_id: str) -> None:
    power.restart(world, server_id, hard=True)


def failed(world: World, message: str, server_id: str) -> None:
    """ERROR, as in Nova: which system runs is not certain."""
    with world.store.write() as tx:
        server = servers.find(tx, server_id)
        if server is not None and server.deleted_at is None:
            servers.set_fault(tx, server_id, message)


RESCUE = Kind(name="rescue", run=rescue, failed=failed, event="compute_rescue_instance")
UNRESCUE = Kind(name="unrescue", run=unrescue, failed=failed, event="compute_unrescue_instance")
