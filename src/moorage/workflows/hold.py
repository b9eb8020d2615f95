"""Pause, unpause, suspend and resume: hold a server and let it go on."""

from __future__ import annotations

from moorage import errors
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.store import Tx
from moorage.workflows import boot, intent, power
from moorage.workflows.guests import guest_of
from moorage.workflows.site import Site
from moorage.workflows.world import World

NOT_SUPPORTED = "The requested functionality is not supported."
_TASKS = {"pause": "pausing", "unpause": "unpausing", "suspend": "suspending", "resume": "resuming"}


def request(tx: Tx, context: Context, server: Server, action: str, site: Site) -> None:
    """``action`` is pause, unpause, suspend or resume; 501 where the driver lacks it."""
    states.check_lock(server, context)
    states.check(server, action)
    has = {"pause": site.hypervisor.pause, "suspend": site.hypervisor.suspend}
    if not has.get(action, True):
        raise errors.NotImplementedHere(NOT_SUPPORTED)
    intent.write(tx, context, server, _KINDS[action], action=action, task=_TASKS[action])


def pause(saga: Saga[World], server_id: str) -> None:
    saga.do(hold, server_id)
    saga.do(power.settle, server_id, states.PAUSED, int(states.Power.PAUSED))


def unpause(saga: Saga[World], server_id: str) -> None:
    saga.do(let_go, server_id)
    saga.do(power.settle, server_id, states.ACTIVE, int(states.Power.RUNNING))


def suspend(saga: Saga[World], server_id: str) -> None:
    saga.do(put_to_sleep, server_id)
    saga.do(power.settle, server_id, states.SUSPENDED, int(states.Power.SUSPENDED))


def resume(saga: Saga[World], server_id: str) -> None:
    saga.do(wake, server_id)
    saga.do(power.settle, server_id, states.ACTIVE, int(states.Power.RUNNING))


def hold(world: World, server_id: str) -> None:
    world.hypervisor.pause(_server(world, server_id).guest())


def let_go(world: World, server_id: str) -> None:
    world.hypervisor.unpause(_server(world, server_id).guest())


def put_to_sleep(world: World, server_id: str) -> None:
    world.hypervisor.suspend(_server(world, server_id).guest())


def wake(world: World, server_id: str) -> None:
    with world.store.read() as tx:
        guest, disks = guest_of(tx, world, server_id), boot.guest_disks(tx, server_id)
    world.hypervisor.resume(guest, disks)


def _server(world: World, server_id: str) -> Server:
    with world.store.read() as tx:
        return servers.get(tx, server_id)


PAUSE = Kind(name="pause", run=pause, failed=power.failed, event="compute_pause_instance")
UNPAUSE = Kind(name="unpause", run=unpause, failed=power.failed, event="compute_unpause_instance")
SUSPEND = Kind(name="suspend", run=suspend, failed=power.failed, event="compute_suspend_instance")
RESUME = Kind(name="resume", run=resume, failed=power.failed, event="compute_resume_instance")
_KINDS = {"pause": PAUSE, "unpause": UNPAUSE, "suspend": SUSPEND, "resume": RESUME}
