"""A cloud in the test process whose rows, array and hypervisor can be damaged behind its back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from moorage import ids
from moorage.attachments import service as attachments
from moorage.audit import run
from moorage.audit.model import Finding
from moorage.audit.plan import Options
from moorage.compute.model.server import Server
from moorage.compute.ports import Hypervisor
from moorage.compute.service import servers, services
from moorage.context import Context
from moorage.drivers.fcarray import FcArray, snapshot
from moorage.drivers.sim import SimDriver
from moorage.operations import service
from moorage.operations.runtime import Probe
from moorage.store import Store
from moorage.store.tables.attachments import attachments as rows
from moorage.store.tables.audit import audit_records as kept
from moorage.store.tables.volumes import volumes as volume_rows
from moorage.volumes.service import types
from moorage.workflows import boot, cleanup, create_volume, destroy, power
from moorage.workflows.world import World
from tests.support.app import make_store
from tests.support.engine import running
from tests.support.process import eventually

WHO = Context(user_id="u", project_id="p", request_id="req-test", roles=frozenset({"admin"}))
NOW = Options(grace_s=0.0)
"""Nothing is too young to be looked at."""


class Site:
    """Rows, array file and simulated guests; every operation really runs."""

    def __init__(self, directory: Path, hypervisor: Hypervisor | None = None) -> None:
        """On the simulated hypervisor, ``guests``, unless another one is given."""
        self.store: Store = make_store(directory)
        self.array_file = directory / "array.db"
        self.array = FcArray("fcarray", self.array_file)
        self.guests = SimDriver(directory / "guests.db")
        self.hypervisor: Hypervisor = hypervisor or self.guests
        self.world = World(
            store=self.store, hypervisor=self.hypervisor, backends={"fcarray": self.array}, image_dir=directory,
            audit=NOW,
        )  # fmt: skip
        with self.store.write() as tx:
            types.ensure_defaults(tx, ["fcarray"])
            services.register_hosts(tx, self.hypervisor.name, self.hypervisor.hosts())

    def volume(self, **values: Any) -> str:
        volume_id = ids.new()
        with self.store.write() as tx:
            create_volume.request(tx, WHO, volume_id, size_gib=1, name="v", availability_zone="nova", **values)
        self.idle()
        return volume_id

    def server(self, data_disks: int = 1, *, keep: bool = True) -> tuple[str, list[str]]:
        """An active server with a root disk and data disks; its id and its volumes', root first."""
        server_id, made = ids.new(), [self.volume() for _ in range(1 + data_disks)]
        with self.store.write() as tx:
            servers.insert(
                tx, id=server_id, project_id="p", user_id="u", name="s", hostname="s", vm_state="building",
                task_state="scheduling", flavor={"vcpus": 1, "ram": 512}, vcpus=1, ram_mib=512, driver="sim",
            )  # fmt: skip
            for number, volume_id in enumerate(made):
                row_id = attachments.add_disk(
                    tx, project_id="p", server_id=server_id, source_type="volume", destination_type="volume",
                    source_id=volume_id, volume_id=volume_id, device_name=f"/dev/vd{'abcdefgh'[number]}",
                    boot_index=0 if number == 0 else -1, delete_on_termination=not keep,
                )  # fmt: skip
                attachments.reserve(tx, volume_id, project_id="p", server_id=server_id, row_id=row_id)
            args = {"server_id": server_id}
            service.submit(tx, WHO, kind=boot.KIND.name, subject=f"server/{server_id}", args=args)
        self.idle()
        assert self.get(server_id).vm_state == "active"
        return server_id, made

    def get(self, server_id: str) -> Server:
        with self.store.read() as tx:
            found = servers.find(tx, server_id)
        assert found is not None
        return found

    def delete(self, server_id: str) -> None:
        with self.store.write() as tx:
            destroy.request(tx, WHO, servers.get(tx, server_id))
        self.idle()

    def stop(self, server_id: str) -> None:
        with self.store.write() as tx:
            power.request_stop(tx, WHO, servers.get(tx, server_id))
        self.idle()

    def reboot(self, server_id: str, *, hard: bool) -> None:
        with self.store.write() as tx:
            power.request_reboot(tx, WHO, servers.get(tx, server_id), hard)
        self.idle()

    def idle(self) -> None:
        def is_done() -> bool:
            with self.store.read() as tx:
                return not service.unfinished(tx)

        eventually(is_done, what="all operations have ended")

    def sql(self, table: sa.Table, condition: Any, **values: Any) -> None:
        """Damage: change rows without anybody's knowledge."""
        with self.store.write() as tx:
            assert tx.execute(table.update().where(condition).values(**values)).rowcount

    def insert(self, **values: Any) -> str:
        """Damage: one more row of ``attachments``; returns its attachment id."""
        row_id, attachment_id = ids.new(), ids.new()
        known = {"id": row_id, "project_id": "p", "attachment_id": attachment_id, "created_at": sa.func.now()}
        with self.store.write() as tx:
            tx.execute(rows.insert().values({**known, **values}))
        return attachment_id

    def row(self, server_id: str, volume_id: str) -> Any:
        query = sa.select(rows).where(rows.c.server_id == server_id, rows.c.volume_id == volume_id)
        with self.store.read() as tx:
            return tx.execute(query).one_or_none()

    def volume_status(self, volume_id: str) -> str | None:
        with self.store.read() as tx:
            return tx.scalar(sa.select(volume_rows.c.status).where(volume_rows.c.id == volume_id))

    def masks(self) -> set[tuple[str, str]]:
        return {(mask["host"], mask["volume_id"]) for mask in snapshot(self.array_file)["masks"]}

    def damage_array(self, statement: str, *arguments: Any) -> None:
        with sqlite3.connect(self.array_file) as db:
            db.execute(statement, arguments)

    def connector(self, server_id: str) -> dict[str, Any]:
        found = self.get(server_id).connector
        assert found is not None
        return found

    def audit(self, options: Options = NOW, server_ids: list[str] | None = None) -> run.Report:
        return run.audit(cleanup.views_of(self.world), run.rules_now(options), options, server_ids)

    def found(self, options: Options = NOW) -> list[tuple[str, str]]:
        """(row, action) of everything the audit names."""
        return [(finding.row, str(finding.action)) for finding in self.audit(options).findings]

    def clean_up(self, **allowed: Any) -> list[str]:
        """As the command does it; returns what became of each repair."""
        options = msgspec.structs.replace(NOW, **allowed)
        return self.repair(*cleanup.repairable(self.audit(options).findings), options=options)

    def repair(self, *wanted: Finding, options: Options = NOW) -> list[str]:
        """Carry out these repairs; returns what became of each, and of what they uncovered."""
        with self.store.write() as tx:
            asked = cleanup.request(tx, WHO, list(wanted), options)
        self.idle()
        with self.store.read() as tx:
            return list(tx.scalars(sa.select(kept.c.result).where(kept.c.operation_id.in_(asked))))


def made(
    directory: Path, probe: Probe | None = None, hypervisor: Hypervisor | None = None, kind: type[Site] = Site
) -> Iterator[Site]:  # fmt: skip
    site = kind(directory, hypervisor)
    with running(directory, site.world, probe):
        yield site
    site.guests.close()
    site.store.close()
