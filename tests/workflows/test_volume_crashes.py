"""A process that dies at any step of a volume's operations leaves nothing half-made once the next one has run.

The cells are not written by hand: one undisturbed run of every operation writes down its own steps. Death is an
exception that nothing catches, at each step before its work and after it; every operation of the table dies at its
own cell, and one new engine on the same files has to end them all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from moorage import ids
from moorage.attachments import service as attachments
from moorage.context import Context
from moorage.drivers.fcarray import FcArray, snapshot
from moorage.images.content import facts_of
from moorage.images.model import NewImage
from moorage.images.service import ingest
from moorage.operations import service
from moorage.store import Store, Tx
from moorage.store.tables.attachments import attachments as attachment_rows
from moorage.volumes.service import quotas, snapshots, types, volumes
from moorage.workflows import (
    connect_attachment,
    create_snapshot,
    create_volume,
    delete_snapshot,
    delete_volume,
    disconnect_attachment,
    extend_volume,
    reimage_volume,
    upload_volume,
)
from moorage.workflows.world import World
from tests.support.app import make_store
from tests.support.engine import running
from tests.support.process import eventually

WHO = Context(user_id="u", project_id="p", roles=frozenset({"admin", "member"}))
CONNECTOR = {"host": "h", "wwpns": ["c05076ffe5000001"]}


class Death(BaseException):
    """What the process dies of."""


class Reaper:
    """A probe that notes every step, or kills at one cell and nowhere else."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.cell: tuple[str, str, str] | None = None
        self.struck = threading.Event()

    def aim(self, *cell: str) -> None:
        self.struck.clear()
        self.cell = cell  # type: ignore[assignment]

    def before(self, kind: str, step: str) -> None:
        self.seen.append((kind, step))
        self._strike(kind, step, "before")

    def after(self, kind: str, step: str) -> None:
        self._strike(kind, step, "after")

    def _strike(self, *cell: str) -> None:
        if self.cell == cell:
            self.cell = None
            self.struck.set()
            raise Death


class House(msgspec.Struct, kw_only=True):
    store: Store
    world: World
    array: Path
    image_id: str
    dead: int = 0
    """Operations that died and wait for the next engine."""

    def volume(self, size_gib: int = 1, **source: Any) -> str:
        volume_id = ids.new()
        self.write(
            lambda tx: create_volume.request(
                tx, WHO, volume_id, size_gib=size_gib, name="v", availability_zone="nova", **source
            )
        )
        return volume_id

    def ready(self) -> str:
        """A volume that is there."""
        volume_id = self.volume()
        self.idle()
        return volume_id

    def write(self, change: Callable[[Tx], Any]) -> Any:
        with self.store.write() as tx:
            return change(tx)

    def idle(self) -> None:
        def done() -> bool:
            with self.store.read() as tx:
                return len(service.unfinished(tx)) <= self.dead

        eventually(done, what="all operations have ended")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    store = make_store(tmp_path)
    image_dir = tmp_path / "images"
    image_dir.mkdir()
    backend = FcArray("array", tmp_path / "array.db")
    world = World(store=store, hypervisor=None, backends={"array": backend}, image_dir=image_dir)  # type: ignore[arg-type]
    image_id = ids.new()
    (image_dir / image_id).write_bytes(b"image")
    with store.write() as tx:
        types.ensure_defaults(tx, ["array"])
        ingest.ensure(tx, NewImage(id=image_id, owner="p", name="i", disk_format="raw", container_format="bare"))
        ingest.claim(tx, image_id)
        ingest.activate(tx, image_id, facts_of(image_dir / image_id, "raw"))
    yield House(store=store, world=world, array=tmp_path / "array.db", image_id=image_id)
    store.close()


def create(house: House) -> None:
    house.volume(image_id=house.image_id)


def clone(house: House) -> Callable[[], None]:
    source = house.ready()
    return lambda: house.volume(source_volid=source) and None


def delete(house: House) -> Callable[[], None]:
    volume_id = house.ready()
    kept = ids.new()
    house.write(lambda tx: create_snapshot.request(tx, WHO, volumes.get(tx, volume_id), kept, in_use=False, name="s"))
    house.idle()
    return lambda: house.write(lambda tx: delete_volume.request(tx, WHO, volumes.get(tx, volume_id), cascade=True))


def extend(house: House) -> Callable[[], None]:
    volume_id = house.ready()
    return lambda: house.write(lambda tx: extend_volume.request(tx, WHO, volumes.get(tx, volume_id), 2, in_use=False))


def keep(house: House) -> Callable[[], None]:
    volume_id = house.ready()
    return lambda: (
        house.write(
            lambda tx: create_snapshot.request(tx, WHO, volumes.get(tx, volume_id), ids.new(), in_use=False, name="s")
        )
        and None
    )


def forget(house: House) -> Callable[[], None]:
    volume_id, kept = house.ready(), ids.new()
    house.write(lambda tx: create_snapshot.request(tx, WHO, volumes.get(tx, volume_id), kept, in_use=False, name="s"))
    house.idle()
    return lambda: house.write(lambda tx: delete_snapshot.request(tx, WHO, snapshots.get(tx, kept)))


def reimage(house: House) -> Callable[[], None]:
    volume_id = house.ready()

    def go(tx: Tx) -> None:
        reimage_volume.request(tx, WHO, volumes.get(tx, volume_id), house.image_id, reserved_too=False)

    return lambda: house.write(go)


def connect(house: House) -> Callable[[], None]:
    volume_id = house.ready()

    def go(tx: Tx) -> None:
        made = attachments.reserve(tx, volume_id, project_id="p", server_id=ids.new())
        connect_attachment.request(tx, WHO, attachments.get(tx, made), CONNECTOR)

    return lambda: house.write(go)


def disconnect(house: House) -> Callable[[], None]:
    connect(house)()
    house.idle()

    def go(tx: Tx) -> None:
        newest = sa.select(attachment_rows.c.attachment_id).order_by(attachment_rows.c.created_at.desc()).limit(1)
        disconnect_attachment.request(tx, WHO, attachments.get(tx, str(tx.scalar(newest))))

    return lambda: house.write(go)


SCENES: dict[str, Callable[[House], Any]] = {
    create_volume.KIND.name: lambda house: lambda: create(house),
    "clone": clone,
    delete_volume.KIND.name: delete,
    extend_volume.KIND.name: extend,
    reimage_volume.KIND.name: reimage,
    create_snapshot.KIND.name: keep,
    delete_snapshot.KIND.name: forget,
    connect_attachment.KIND.name: connect,
    disconnect_attachment.KIND.name: disconnect,
}


def contradictions(house: House) -> list[str]:
    """Where rows and array do not tell the same, or something is neither done nor failed."""
    found = snapshot(house.array)
    with house.store.read() as tx:
        rows = {row.id: row for row in tx.execute(sa.text("SELECT * FROM volumes"))}
        kept = {row.id: row for row in tx.execute(sa.text("SELECT * FROM snapshots"))}
        attached = list(tx.execute(sa.select(attachment_rows)))
    stored = {row["volume_id"]: row["size_gib"] for row in found["volumes"]}
    masked = sorted(row["volume_id"] for row in found["masks"])
    partial = [path.name for path in house.array.parent.rglob("*.partial")]
    return [
        *(f"volume {i} is {r.status}" for i, r in rows.items() if r.status not in ("available", "attaching")),
        *(f"volume {i}: row and array differ" for i in {*rows, *stored} if i not in rows or i not in stored),
        *(f"volume {i} has {stored[i]} GiB" for i, r in rows.items() if stored.get(i, r.size_gib) != r.size_gib),
        *(f"snapshot {i} is {row.status}" for i, row in kept.items() if row.status != "available"),
        *(f"snapshots differ: {i}" for i in {*kept} ^ {row["snapshot_id"] for row in found["snapshots"]}),
        *(f"masks differ: {masked}" for _ in [1] if masked != sorted(a.volume_id for a in attached)),
        *(f"left over: {name}" for name in partial),
    ]


def test_an_operation_killed_at_any_step_ends_and_leaves_nothing_half_made(house: House, tmp_path: Path) -> None:
    reaper = Reaper()
    house.write(_no_limits)
    with running(tmp_path, house.world, reaper):
        cells = _recorded(house, reaper)
        for scene, kind, step, when in cells:
            act = SCENES[scene](house)
            reaper.aim(kind, step, when)
            act()
            assert reaper.struck.wait(10), (kind, step, when)
            house.dead += 1
    assert len(cells) >= 30
    house.dead = 0
    with running(tmp_path, house.world):
        house.idle()
    assert contradictions(house) == []
    with house.store.read() as tx:
        assert [o.error for o in service.recent(tx, 1000, state="failed")] == []


def _recorded(house: House, reaper: Reaper) -> list[tuple[str, str, str, str]]:
    found = []
    for scene, prepare in SCENES.items():
        act = prepare(house)
        house.idle()
        reaper.seen.clear()
        act()
        house.idle()
        steps = dict.fromkeys(reaper.seen)
        found += [(scene, kind, step, when) for kind, step in steps for when in ("before", "after")]
    return found


def _no_limits(tx: Tx) -> None:
    quotas.set_limits(tx, "p", dict.fromkeys(("volumes", "gigabytes", "snapshots"), -1))


def test_an_upload_killed_at_any_step_ends_with_a_whole_image(house: House, tmp_path: Path) -> None:
    reaper, made = Reaper(), []
    # A GiB is hashed for each cell, so only those where the file and the rows may differ.
    cells = [("copy_content", "before"), ("copy_content", "after"), ("activate_image", "after")]
    with running(tmp_path, house.world, reaper):
        for step, when in cells:
            volume_id, image_id = house.volume(), ids.new()
            eventually(lambda: _status(house, volume_id) == "available")  # noqa: B023 - called at once
            new = NewImage(id=image_id, owner="p", name="i", disk_format="raw", container_format="bare")
            reaper.aim("upload_volume", step, when)
            house.write(lambda tx: upload_volume.request(tx, WHO, volumes.get(tx, volume_id), new, force=False))  # noqa: B023
            assert reaper.struck.wait(60), step
            made.append((volume_id, image_id))
    with running(tmp_path, house.world):
        eventually(lambda: all(_status(house, v) == "available" for v, _ in made), timeout_s=120)
        house.idle()
    with house.store.read() as tx:
        rows = {row.id: row for row in tx.execute(sa.text("SELECT * FROM images"))}
    assert [rows[image_id].status for _, image_id in made] == ["active"] * len(made)


def _status(house: House, volume_id: str) -> str:
    with house.store.read() as tx:
        return volumes.get(tx, volume_id).status
