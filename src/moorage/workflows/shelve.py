"""Shelve a server and offload it: its guest goes, its volumes stay reserved for it.

A volume-backed server is offloaded at once, as nothing of it lives on the host. One with a local root disk keeps it as
an image first.
"""

from __future__ import annotations

from moorage import clock
from moorage.attachments import service as attachments
from moorage.compute import states
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.operations import Kind, Saga
from moorage.store import Tx
from moorage.workflows import boot, intent, power, server_image
from moorage.workflows.site import Site
from moorage.workflows.world import World

SHELVED_KEYS = ("shelved_at", "shelved_image_id", "shelved_host")


def request(tx: Tx, context: Context, server: Server, site: Site) -> None:
    """Offload a volume-backed server whatever ``shelved_offload_time`` says; keep an image of any other first."""
    states.check_lock(server, context)
    states.check(server, "shelve")
    if server.is_volume_backed:
        intent.write(tx, context, server, OFFLOAD, action="shelve", task="shelving")
        return
    image = server_image.queue(tx, server, f"{server.name}-shelved", {})
    goes_now = site.shelved_offload_time_s == 0
    intent.write(
        tx, context, server, SHELVE, action="shelve", task="shelving_image_pending_upload", image_id=image.id,
        goes_now=goes_now,
    )  # fmt: skip


def request_offload(tx: Tx, context: Context, server: Server) -> None:
    """``shelveOffload``: free the host of a shelved server now."""
    states.check_lock(server, context)
    states.check(server, "shelveOffload")
    intent.write(tx, context, server, OFFLOAD, action="shelveOffload", task="shelving_offloading")


def shelve(saga: Saga[World], server_id: str, image_id: str, goes_now: bool) -> None:
    """Stop, keep the root disk as an image, and go if nothing says to wait."""
    saga.do(claim_image, server_id, image_id, undo=drop_image)
    saga.do(stop_guest, server_id)
    saga.do(read_root, server_id, image_id)
    saga.do(activate_image, server_id, image_id)
    saga.do(set_shelved, server_id, image_id)
    if goes_now:
        _leave(saga, server_id)


def offload(saga: Saga[World], server_id: str) -> None:
    """A guest that does not stop fails the operation; once it is stopped there is no way back."""
    saga.do(stop_guest, server_id)
    _leave(saga, server_id)


def _leave(saga: Saga[World], server_id: str) -> None:
    rows = saga.insist(begin_offload, server_id)
    saga.insist(destroy_guest, server_id)
    for row_id in rows:
        saga.insist(disconnect_disk, server_id, row_id)
    is_kept = saga.insist(rest_identity, server_id)
    saga.insist(set_offloaded, server_id, is_kept)


def stop_guest(world: World, server_id: str) -> None:
    power.power_off(world, server_id)


def claim_image(world: World, server_id: str, image_id: str) -> None:
    server_image.claim(world, server_id, image_id)


def drop_image(world: World, server_id: str, image_id: str) -> None:
    server_image.drop(world, server_id, image_id)


def read_root(world: World, server_id: str, image_id: str) -> None:
    with world.store.write() as tx:
        servers.set_task(tx, server_id, "shelving_image_uploading")
    server_image.read_root(world, server_id, image_id)


def activate_image(world: World, server_id: str, image_id: str) -> None:
    server_image.activate(world, server_id, image_id)


def set_shelved(world: World, server_id: str, image_id: str) -> None:
    """The image is whole: from here on the server can be brought back from it."""
    with world.store.write() as tx:
        server = servers.get(tx, server_id)
        shelved = {"shelved_at": clock.now().isoformat(), "shelved_image_id": image_id, "shelved_host": server.host}
        servers.set_task(
            tx, server_id, None, vm_state=states.SHELVED, power_state=int(states.Power.SHUTDOWN),
            system_metadata={**server.system_metadata, **shelved},
        )  # fmt: skip


def begin_offload(world: World, server_id: str) -> list[str]:
    """The rows whose volumes are to be let go, read once the server's turn has come."""
    with world.store.write() as tx:
        servers.set_task(tx, server_id, "shelving_offloading")
        return [disk.id for disk in attachments.of_server(tx, server_id) if disk.attachment_id is not None]


def destroy_guest(world: World, server_id: str) -> None:
    """Until the guest is gone nothing is unmapped under it."""
    boot.destroy_guest(world, server_id)


def disconnect_disk(world: World, server_id: str, row_id: str) -> None:
    """Unmap with the connector on record; the attachment stays the same one, reserved."""
    boot.disconnect_disk(world, server_id, row_id)


def rest_identity(world: World, server_id: str) -> bool:
    """All unmaps are confirmed: on DPM the storage group may go now, or is kept for the unshelve."""
    with world.store.read() as tx:
        server = servers.get(tx, server_id)
    return world.hypervisor.rest_identity(server.guest())


def set_offloaded(world: World, server_id: str, keeps_identity: bool) -> None:
    """State, host and WWPNs in one transaction, now that nothing is mapped for them any more."""
    with world.store.write() as tx:
        kept = servers.get(tx, server_id).identity if keeps_identity else None
        servers.set_task(
            tx, server_id, None, vm_state=states.SHELVED_OFFLOADED, power_state=int(states.Power.SHUTDOWN),
            identity=kept, host=None, fault=None,
        )  # fmt: skip


_failed = power.failed_unless(states.SHELVED)

SHELVE = Kind(name="shelve", run=shelve, failed=_failed, event="compute_shelve_instance")
OFFLOAD = Kind(name="shelve_offload", run=offload, failed=_failed, event="compute_shelve_offload_instance")
