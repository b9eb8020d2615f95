"""A compute API over rows only: what servers are made from exists, no engine runs, and tests settle what was asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from starlette.testclient import TestClient

from moorage import clock, ids
from moorage.api.compute import SERVICE
from moorage.attachments import service as attachments
from moorage.compute.model.guest import HostState
from moorage.compute.model.keypair import Keypair
from moorage.compute.ports import Capabilities
from moorage.compute.service import flavors, keypairs, servers, services
from moorage.drivers.sim.driver import SimDriver
from moorage.operations import claims
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.store.tables.attachments import attachments as attachment_rows
from moorage.store.tables.compute import servers as server_rows
from moorage.store.tables.images import images as image_rows
from moorage.store.tables.operations import operations as operation_rows
from moorage.store.tables.volumes import volumes as volume_rows
from moorage.volumes.service import snapshots, types, volumes
from moorage.workflows.kinds import KINDS
from moorage.workflows.site import Site
from tests.support.app import make_client

HOST = HostState(name="cpc1", hypervisor_type="sim", version=1000, vcpus=16, memory_mib=65536, disk_gib=100)
ADMIN_PROJECT, MEMBER_PROJECT, OTHER_PROJECT = "ad" * 16, "be" * 16, "cf" * 16
WHO = {
    "admin": f"admin:{ADMIN_PROJECT}", "member": f"member:{MEMBER_PROJECT}", "reader": f"reader:{MEMBER_PROJECT}",
    "other": f"member:{OTHER_PROJECT}",
}  # fmt: skip
MISSING = "6f1c1f0e-6d6f-4f72-8167-655f6964732e"
EVENTS = {kind.name: kind.event for kind in KINDS}
PROTOCOLS = {"fake": "fibre_channel", "files": "file"}
DPM = Capabilities(volume_protocols=frozenset({"fibre_channel"}), local_disks=False)


def make_site(capabilities: Capabilities = SimDriver.capabilities, name: str = "sim") -> Site:
    return Site(hypervisor_name=name, hypervisor=capabilities, protocols=PROTOCOLS)


def server_client(tmp_path: Path, site: Site | None = None) -> TestClient:
    return make_client(tmp_path, SERVICE, site=site or make_site())


def headers(who: str = "member", version: str = "2.96") -> dict[str, str]:
    return {"X-Auth-Token": WHO[who], "OpenStack-API-Version": f"compute {version}"}


class Rows:
    """The database behind a client: what a test needs to exist, and what would have happened to it."""

    def __init__(self, client: TestClient) -> None:
        self.store = client.services.store  # type: ignore[attr-defined]
        self.names: dict[str, str] = {
            "missing": MISSING, "member_project": MEMBER_PROJECT, "admin_project": ADMIN_PROJECT,
        }  # fmt: skip

    def prepare(self) -> None:
        """Flavors, images, volumes, a snapshot and a key pair, their ids in ``names``."""
        with self.store.write() as tx:
            services.register_hosts(tx, "sim", [HOST])
            types.ensure_defaults(tx, list(PROTOCOLS))
            self._flavors(tx)
            self._images(tx)
            self._volumes(tx)
            key = Keypair(
                user_id="user-member", name="rk", serial=0, type="ssh", fingerprint="00", public_key="ssh-rsa x",
                created_at=clock.now(),
            )  # fmt: skip
            keypairs.add(tx, MEMBER_PROJECT, key)

    def _flavors(self, tx: Tx) -> None:
        one = {"vcpus": 1, "ram_mib": 64, "disk_gib": 1}
        for name, values in {
            "flavor": {}, "flavor0": {"disk_gib": 0}, "flavor_large": {"vcpus": 64},
            "flavor_local": {"ephemeral_gib": 4, "swap_mib": 512},
        }.items():  # fmt: skip
            flavors.insert(tx, id=f"id-{name}", name=f"name-{name}", **{**one, **values})
            self.names[name] = f"id-{name}"

    def _images(self, tx: Tx) -> None:
        wanted: dict[str, dict[str, Any]] = {
            "image": {}, "image_queued": {"status": "queued", "size": None}, "image_ram": {"min_ram": 4096},
            "image_disk": {"min_disk": 5},
        }  # fmt: skip
        for name, values in wanted.items():
            self.names[name] = self.image(tx, **values)

    def image(self, tx: Tx, **values: Any) -> str:
        image_id = ids.new()
        row = {
            "id": image_id, "owner": ADMIN_PROJECT, "name": "image", "status": "active", "visibility": "public",
            "disk_format": "raw", "container_format": "bare", "size": 1024, "created_at": clock.now(),
            "updated_at": clock.now(), **values,
        }  # fmt: skip
        tx.execute(image_rows.insert().values(row))
        return image_id

    def _volumes(self, tx: Tx) -> None:
        wanted: dict[str, dict[str, Any]] = {
            "volume": {}, "blank": {"bootable": False}, "error_volume": {"status": "error"},
            "admin_volume": {"project_id": ADMIN_PROJECT}, "file_volume": {"volume_type": "files"},
        }  # fmt: skip
        for name, values in wanted.items():
            self.names[name] = self.volume(tx, **values)
        self.names["snapshot"] = self.snapshot(tx, self.names["volume"])
        mapping = {
            "source_type": "snapshot", "snapshot_id": self.names["snapshot"], "destination_type": "volume",
            "boot_index": 0, "delete_on_termination": True, "device_name": "/dev/vda", "volume_size": 1,
        }  # fmt: skip
        properties = {"block_device_mapping": json.dumps([mapping]), "bdm_v2": "true"}
        self.names["image_bdm"] = self.image(tx, size=0, properties=properties)

    def volume(self, tx: Tx, **values: Any) -> str:
        volume_id = ids.new()
        row: dict[str, Any] = {
            "project_id": MEMBER_PROJECT, "user_id": "user-member", "size_gib": 1, "name": "volume",
            "availability_zone": "nova", "status": "available", "bootable": True, **values,
        }  # fmt: skip
        volumes.insert(tx, volume_id=volume_id, **row)
        return volume_id

    def snapshot(self, tx: Tx, volume_id: str) -> str:
        snapshot_id = ids.new()
        volume = volumes.get(tx, volume_id)
        owner = {"project_id": volume.project_id, "user_id": volume.user_id}
        snapshots.insert(tx, volume, snapshot_id=snapshot_id, name="snap", status="available", **owner)
        return snapshot_id

    def settle(self, server_id: str, state: str = "active") -> None:
        """What was asked for is done; ``active`` and ``stopped`` also place the server, ``gone`` deletes it."""
        with self.store.write() as tx:
            for operation in operations.unfinished(tx, f"server/{server_id}"):
                claims.claim(tx, operation, "executor", "1", EVENTS[operation.kind])
                operations.finish(tx, operation.id, None)
            if state == "gone":
                self._forget(tx, server_id)
            elif state in ("active", "stopped"):
                self._place(tx, server_id, state)

    def _place(self, tx: Tx, server_id: str, state: str) -> None:
        power = 4 if state == "stopped" else 1
        place = {"host": HOST.name, "launched_at": clock.now()}
        servers.update(tx, server_id, vm_state=state, power_state=power, task_state=None, **place)
        for disk in attachments.of_server(tx, server_id):
            if disk.destination_type == "volume" and disk.attachment_id is None:
                self._give_volume(tx, server_id, disk.id)
            if disk.destination_type == "volume":
                attachments.complete(tx, disk.id, disk.device_name)

    def _give_volume(self, tx: Tx, server_id: str, row_id: str) -> None:
        volume_id = self.volume(tx, project_id=MEMBER_PROJECT)
        attachments.reserve(tx, volume_id, project_id=MEMBER_PROJECT, server_id=server_id, row_id=row_id)

    def _forget(self, tx: Tx, server_id: str) -> None:
        for disk in attachments.of_server(tx, server_id):
            attachments.remove(tx, disk.id)
        now = clock.now()
        gone = {"vm_state": "deleted", "task_state": None, "power_state": 0, "host": None}
        servers.update(tx, server_id, terminated_at=now, deleted_at=now, **gone)

    def remove_servers(self) -> None:
        """Delete every server that is left, as if a user had."""
        with self.store.read() as tx:
            left = servers.listing(tx, servers.Listing())
        for server in left:
            self.settle(server.id, "gone")

    def counts(self) -> tuple[int, ...]:
        """How many servers, disks and operations there are, and the volumes' statuses: refusals leave them alone."""
        with self.store.read() as tx:
            tables = [server_rows, attachment_rows, operation_rows]
            counted = [tx.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables]
            reserved = sa.select(sa.func.count()).where(volume_rows.c.status == "reserved")
            return (*counted, tx.scalar(reserved) or 0)
