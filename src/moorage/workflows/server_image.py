"""Images made of servers: what they remember, and how one of a local root disk is filled."""

from __future__ import annotations

from typing import Any

from moorage import ids
from moorage.compute.model.server import Server
from moorage.compute.service import servers
from moorage.context import Context
from moorage.images import content
from moorage.images.model import Image, NewImage
from moorage.images.service import edit, ingest
from moorage.images.service import lookup as images
from moorage.store import Tx
from moorage.workflows.world import World

_MACHINE = Context(user_id="", roles=frozenset({"admin"}))
"""Images of shelved servers are removed for the server, not for a caller."""


def queue(tx: Tx, server: Server, name: str, properties: dict[str, str], kind: str = "snapshot") -> Image:
    """The image as clients see it while it is being made: in the server's project, private."""
    base = None if server.image_ref is None else images.find(tx, server.image_ref)
    inherited = {} if base is None else base.properties
    described = {"base_image_ref": server.image_ref or "", "image_type": kind, "instance_uuid": server.id}
    return edit.insert(
        tx,
        NewImage(
            id=ids.new(), owner=server.project_id, name=name, visibility="private", disk_format="raw",
            container_format="bare", min_disk=0 if base is None else base.min_disk,
            min_ram=0 if base is None else base.min_ram, properties={**inherited, **described, **properties},
        ),
    )  # fmt: skip


def claim(world: World, server_id: str, image_id: str) -> None:
    """Nobody else may send bytes from here on."""
    with world.store.write() as tx:
        ingest.claim(tx, image_id)


def drop(world: World, server_id: str, image_id: str) -> None:
    """The image goes with its bytes; absent is success."""
    with world.store.write() as tx:
        if images.find(tx, image_id) is not None:
            images.update_row(tx, image_id, protected=False)
            edit.delete(tx, _MACHINE, image_id)
    (world.image_dir / content.location_of(image_id)).unlink(missing_ok=True)


def read_root(world: World, server_id: str, image_id: str) -> None:
    """The local root disk into the image's file."""
    with world.store.read() as tx:
        server = servers.get(tx, server_id)
    world.hypervisor.read_disk(server.guest(), world.image_dir / content.location_of(image_id))


def write_nothing(world: World, server_id: str, image_id: str) -> None:
    """The image of a volume-backed server has no bytes: its properties say what to boot from."""
    (world.image_dir / content.location_of(image_id)).write_bytes(b"")


def activate(world: World, server_id: str, image_id: str) -> None:
    """Checksums are computed from the finished file."""
    with world.store.read() as tx:
        image = images.get(tx, image_id)
    facts = content.facts_of(world.image_dir / content.location_of(image_id), image.disk_format)
    with world.store.write() as tx:
        ingest.activate(tx, image_id, facts)


def shelved_image(server: Server) -> str | None:
    """The image that keeps the root disk of a shelved server; None for a volume-backed one."""
    found: Any = server.system_metadata.get("shelved_image_id")
    return None if found is None else str(found)
