"""A compute API over rows only, with a server in any state and volumes in all states an attach may meet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from moorage import clock, ids
from moorage.api.compute import SERVICE
from moorage.attachments import service as attachments
from moorage.attachments import states as attachment_states
from moorage.compute.model.guest import HostState
from moorage.compute.service import servers, services
from moorage.drivers.sim.driver import SimDriver
from moorage.operations import service as operations
from moorage.store import Tx
from moorage.store.tables.volumes import quotas
from moorage.volumes.service import types, volumes
from moorage.workflows.site import Site
from tests.support.app import make_client

HOST = HostState(name="cpc1", hypervisor_type="sim", version=1, vcpus=16, memory_mib=65536, disk_gib=100)
ADMIN, MEMBER = "a" * 32, "b" * 32
WHO = {"admin": f"admin:{ADMIN}", "member": f"member:{MEMBER}", "reader": f"reader:{MEMBER}"}
MISSING = "6f1c1f0e-6d6f-4f72-8167-655f6964732e"
OFFLOADED = "shelved_offloaded"
_FLAVOR = {"name": "f", "vcpus": 1, "ram": 64, "disk": 0, "ephemeral": 0, "swap": 0, "extra_specs": {}}


class VolumeSite:
    """One client, and its rows under names."""

    def __init__(self, directory: Path, **site: Any) -> None:
        made = Site(
            hypervisor_name="sim", hypervisor=SimDriver.capabilities, protocols={"fake": "fibre_channel"}, **site
        )
        self.client: TestClient = make_client(directory, SERVICE, site=made)
        self.store = self.client.services.store  # type: ignore[attr-defined]
        self.names: dict[str, str] = {"missing": MISSING}
        with self.store.write() as tx:
            services.register_hosts(tx, "sim", [HOST])
            types.ensure_defaults(tx, ["fake"])
            limit = {"service": "volume", "project_id": MEMBER, "resource": "volumes", "hard_limit": -1}
            tx.execute(quotas.insert().values(limit))
            for name, values in {
                "free": {}, "foreign": {"project_id": ADMIN}, "error_volume": {"status": "error"}, "reserved": {},
                "multi": {"multiattach": True}, "elsewhere": {"bootable": True},
            }.items():  # fmt: skip
                self.names[name] = self.volume(tx, **values)
            attachments.reserve(tx, self.names["reserved"], project_id=MEMBER, server_id=MISSING)
            self.names["other"] = self.server(tx, "active", {"elsewhere": 0})

    def volume(self, tx: Tx, **values: Any) -> str:
        volume_id = ids.new()
        row: dict[str, Any] = {
            "project_id": MEMBER, "user_id": "user-member", "size_gib": 1, "name": "v", "availability_zone": "nova",
            "status": "available", **values,
        }  # fmt: skip
        volumes.insert(tx, volume_id=volume_id, **row)
        return volume_id

    def prepare(self, state: str) -> None:
        """A server in this vm_state (``locked``: active and locked), with a root and a data volume, and a free one."""
        with self.store.write() as tx:
            self.names["free"] = self.volume(tx)
            self.names["root"] = self.volume(tx, bootable=True)
            self.names["data"] = self.volume(tx)
            vm_state = "active" if state == "locked" else state
            server = self.server(tx, vm_state, {"root": 0, "data": None})
            if state == "locked":
                servers.update(tx, server, locked=True, locked_by="owner")
        self.names |= {"server": server, "device": "/dev/vdb"}

    def server(self, tx: Tx, vm_state: str, disks: dict[str, int | None]) -> str:
        server_id = ids.new()
        connector = {"host": server_id, "wwpns": ["c05076" + "0" * 10]}
        host = None if vm_state == OFFLOADED else HOST.name
        servers.insert(
            tx, id=server_id, project_id=MEMBER, user_id="user-member", name="s", hostname="s", vm_state=vm_state,
            flavor=_FLAVOR, driver="sim", root_device_name="/dev/vda", host=host, launched_at=clock.now(),
            identity=None if host is None else {"connector": connector, "host": host, "driver": {}},
        )  # fmt: skip
        for number, (name, boot_index) in enumerate(disks.items()):
            row_id = attachments.add_disk(
                tx, project_id=MEMBER, server_id=server_id, source_type="volume", destination_type="volume",
                boot_index=boot_index, device_name=f"/dev/vd{'ab'[number]}",
            )  # fmt: skip
            attachments.reserve(tx, self.names[name], project_id=MEMBER, server_id=server_id, row_id=row_id)
            if host is not None:
                attachments.set_connector(tx, row_id, connector)
                attachments.set_connection(tx, row_id, {"driver_volume_type": "fibre_channel", "data": {}})
                attachments.complete(tx, row_id, f"/dev/vd{'ab'[number]}")
        return server_id

    def ask(self, who: str, version: str, method: str, path: str, body: Any = None) -> Any:
        headers = {"X-Auth-Token": WHO[who], "OpenStack-API-Version": f"compute {version}"}
        extra = {} if body is None else {"json": body}
        return self.client.request(method, f"/compute/v2.1{path}", headers=headers, **extra)

    def settle(self) -> None:
        """What was asked for is where its operations would have brought it."""
        with self.store.write() as tx:
            for operation in operations.unfinished(tx):
                operations.finish(tx, operation.id, None)
            for row in attachments.of_server(tx, self.names["server"]):
                if row.attach_status == attachment_states.DETACHING:
                    attachments.remove(tx, row.id)
                elif self.names["server"] and row.attach_status == attachment_states.RESERVED and row.bdm_uuid:
                    attachments.complete(tx, row.id, row.device_name)

    def note(self, told: str) -> None:
        """``<name> is <status>``, or ``<name> migrates``: what somebody else did to a volume."""
        name, _, status = told.partition(" ")
        with self.store.write() as tx:
            if status == "migrates":
                volumes.update(tx, self.names[name], migration_status="migrating")
            elif status == "stays":
                volumes.update(tx, self.names[name], migration_status=None)
            else:
                volumes.update(tx, self.names[name], status=status.removeprefix("is "))
