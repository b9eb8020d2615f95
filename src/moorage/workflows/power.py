"""Start, stop and reboot a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from moorage import errors
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.ports import GuestInventory
from moorage.compute.service import servers
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.store import Tx
from moorage.workflows import boot, cleanup, intent
from moorage.workflows.guests import guest_of
from moorage.workflows.world import World

_BY_POWER = {
    int(states.Power.RUNNING): states.ACTIVE, int(states.Power.PAUSED): states.PAUSED,
    int(states.Power.SUSPENDED): states.SUSPENDED,
}  # fmt: skip


def request_start(tx: Tx, context: Context, server: Server) -> None:
    states.check_lock(server, context)
    states.check_host(server)
    states.check(server, "start")
    intent.write(tx, context, server, START, action="start", task="powering-on")


def request_stop(tx: Tx, context: Context, server: Server) -> None:
    states.check_lock(server, context)
    states.check_host(server)
    states.check(server, "stop")
    intent.write(tx, context, server, STOP, action="stop", task="powering-off")


def request_reboot(tx: Tx, context: Context, server: Server, hard: bool) -> None:
    states.check_lock(server, context)
    states.check(server, "reboot_hard" if hard else "reboot", "reboot")
    task = "rebooting_hard" if hard else "rebooting"
    intent.write(tx, context, server, REBOOT, action="reboot", task=task, hard=hard)


def start(saga: Saga[World], server_id: str) -> None:
    saga.do(power_on, server_id)
    saga.do(settle, server_id, states.ACTIVE, int(states.Power.RUNNING))


def stop(saga: Saga[World], server_id: str) -> None:
    saga.do(power_off, server_id)
    saga.do(settle, server_id, states.STOPPED, int(states.Power.SHUTDOWN))


def reboot(saga: Saga[World], server_id: str, hard: bool) -> None:
    """A hard reboot stops, repairs what dangles, and starts with what is left; a soft one only reports it."""
    saga.do(begin_reboot, server_id, hard)
    if hard:
        saga.do(halt, server_id)
    repairs = saga.do(cleanup.find_at_reboot, saga.operation_id, server_id, hard)
    for number, finding in enumerate(repairs):
        saga.do(repair_at_reboot, saga.operation_id, number, finding)
    more = saga.do(cleanup.find_uncovered, saga.operation_id, server_id, repairs) if repairs else []
    for number, finding in enumerate(more, len(repairs)):
        saga.do(repair_at_reboot, saga.operation_id, number, finding)
    if hard:
        saga.do(power_on, server_id)
    else:
        saga.do(restart, server_id, False)
    saga.do(settle, server_id, states.ACTIVE, int(states.Power.RUNNING))


def power_on(world: World, server_id: str) -> None:
    with world.store.read() as tx:
        guest, disks = guest_of(tx, world, server_id), boot.guest_disks(tx, server_id)
    world.hypervisor.power_on(guest, disks)


def power_off(world: World, server_id: str) -> None:
    with world.store.read() as tx:
        server = servers.get(tx, server_id)
    world.hypervisor.power_off(server.guest())


def begin_reboot(world: World, server_id: str, hard: bool) -> None:
    with world.store.write() as tx:
        servers.set_task(tx, server_id, "reboot_started_hard" if hard else "reboot_started")


def halt(world: World, server_id: str) -> None:
    """At once and from any state; a guest that is not there cannot run."""
    with world.store.read() as tx:
        server = servers.get(tx, server_id)
    hypervisor = world.hypervisor
    if isinstance(hypervisor, GuestInventory) and not hypervisor.guests_of([server_id]):
        return
    hypervisor.power_off(server.guest(), is_graceful=False)


def repair_at_reboot(world: World, operation_id: str, number: int, finding: dict[str, Any]) -> str:
    options = msgspec.to_builtins(world.audit)
    return cleanup.repair(world, operation_id, f"reboot/{number}", finding, options, holds_server=True)


def restart(world: World, server_id: str, hard: bool) -> None:
    with world.store.read() as tx:
        guest, disks = guest_of(tx, world, server_id), boot.guest_disks(tx, server_id)
    world.hypervisor.reboot(guest, disks, hard)


def settle(world: World, server_id: str, vm_state: str, power_state: int) -> None:
    """The guest is where it was asked to be; a fault of an earlier failure is over."""
    with world.store.write() as tx:
        servers.set_task(tx, server_id, None, vm_state=vm_state, power_state=power_state, fault=None)


def failed(world: World, message: str, server_id: str, **_: Any) -> None:
    """The server shows the state the hypervisor reports; the instance action says what went wrong.

    As in Nova a failed reboot of a guest that still runs is no ERROR.
    """
    with world.store.read() as tx:
        server = servers.find(tx, server_id)
    if server is None or server.deleted_at is not None:
        return
    power = observed_power(world, server)
    with world.store.write() as tx:
        if power is None or power == states.Power.NOSTATE:
            servers.set_fault(tx, server_id, message)
        else:
            servers.set_task(tx, server_id, None, power_state=power, vm_state=_BY_POWER.get(power, states.STOPPED))


def failed_unless(vm_state: str) -> Callable[..., None]:
    """The same for servers that may be in a state that no hypervisor reports, which they stay in."""

    def failed_in_state(world: World, message: str, server_id: str, **_: Any) -> None:
        with world.store.write() as tx:
            server = servers.find(tx, server_id)
            if server is not None and server.vm_state == vm_state:
                servers.set_task(tx, server_id, None)
                return
        failed(world, message, server_id)

    return failed_in_state


def observed_power(world: World, server: Server) -> int | None:
    """Nova's power state; None if the hypervisor cannot be asked."""
    try:
        return world.hypervisor.power_state(server.guest())
    except errors.OutsideError:
        return None


START = Kind(name="start", run=start, failed=failed, event="compute_start_instance")
STOP = Kind(name="stop", run=stop, failed=failed, event="compute_stop_instance")
REBOOT = Kind(name="reboot", run=reboot, failed=failed, event="compute_reboot_instance")
