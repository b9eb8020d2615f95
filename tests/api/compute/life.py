"""Servers in any state as rows, and a client of the compute API that sees them. No operation is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from moorage import clock, ids
from moorage.api.compute import SERVICE
from moorage.attachments import service as attachments
from moorage.compute import states
from moorage.compute.model.guest import Guest, HostState
from moorage.compute.service import flavors, quotas, servers, services
from moorage.context import Context
from moorage.drivers.sim import SimDriver
from moorage.images.model import NewImage
from moorage.images.service import edit, lookup
from moorage.store import Tx
from moorage.volumes.service import quotas as volume_quotas
from moorage.volumes.service import types, volumes
from moorage.workflows.site import Site
from tests.support.app import make_client

PROJECT = "p" * 32
HOST = HostState(name="sim-1", hypervisor_type="sim", version=1, vcpus=64, memory_mib=65536, disk_gib=100)
WITHOUT_HOST = (states.BUILDING, states.SHELVED_OFFLOADED)
NAMES = {"image": ids.new(), "other image": ids.new(), "big image": ids.new(), "queued image": ids.new()}
NAMES |= {"own flavor": "1", "flavor": "2"}


class Life:
    """A client, the rows behind it, and what a recorded request calls things."""

    def __init__(self, tmp_path: Path, *, reclaim_interval_s: int = 0) -> None:
        self.sim = SimDriver(tmp_path / "guests.db")
        site = Site(
            hypervisor_name="sim", hypervisor=self.sim.capabilities, protocols={"files": "file"},
            reclaim_interval_s=reclaim_interval_s,
        )  # fmt: skip
        self.client: TestClient = make_client(tmp_path, SERVICE, site=site, hypervisor=self.sim)
        self.store = self.client.services.store  # type: ignore[attr-defined]
        with self.store.write() as tx:
            services.register_hosts(tx, "sim", [HOST])
            flavors.ensure_defaults(tx)
            types.ensure_defaults(tx, ["files"])
            volume_quotas.set_limits(tx, PROJECT, {"volumes": -1, "gigabytes": -1, "snapshots": -1})
            quotas.set_limits(tx, PROJECT, {"instances": -1, "cores": -1, "ram": -1})
            for name in ("image", "other image", "big image", "queued image"):
                _image(tx, NAMES[name], min_ram=1 << 20 if name == "big image" else 0, is_active=name[:6] != "queued")

    def server(self, vm_state: str, *, backed: str = "volume", **columns: Any) -> str:
        """A server with its root disk, in that state with nothing under way."""
        server_id = ids.new()
        has_host, was_launched = vm_state not in WITHOUT_HOST, vm_state != states.BUILDING
        values: dict[str, Any] = {
            "host": HOST.name if has_host else None, "launched_at": clock.now() if was_launched else None,
            "image_ref": NAMES["image"] if backed == "image" else None, **columns,
        }  # fmt: skip
        with self.store.write() as tx:
            flavor = flavors.get(tx, Context(user_id="", roles=frozenset({"admin"})), NAMES["own flavor"])
            if vm_state == states.RESIZED:
                old = {"flavor": flavor.as_stored(), "vcpus": flavor.vcpus, "ram_mib": flavor.ram_mib}
                values["system_metadata"] = {"resize_old": old}
            servers.insert(
                tx, id=server_id, project_id=PROJECT, user_id="user-member", name="s", hostname="s", vm_state=vm_state,
                flavor=flavor.as_stored(), vcpus=flavor.vcpus, ram_mib=flavor.ram_mib, driver="sim",
                root_device_name="/dev/vda", **values,
            )  # fmt: skip
            _disk(tx, server_id, backed)
        if has_host:
            self.sim.boot(Guest(id=server_id, name="s", vcpus=1, memory_mib=1), [])
        return server_id

    def act(self, server_id: str, body: Any, *, who: str = "member", version: str = "2.96") -> tuple[int, str]:
        """Status and message of one action; the names of NAMES in braces stand for ids."""
        headers = {"X-Auth-Token": f"{who}:{PROJECT if who == 'member' else 'a' * 32}"}
        headers["OpenStack-API-Version"] = f"compute {version}"
        answer = self.client.post(f"/compute/v2.1/servers/{server_id}/action", json=_filled(body), headers=headers)
        found = answer.json() if answer.content else {}
        message = next(iter(found.values()), "") if answer.status_code >= 400 else {"message": ""}
        return answer.status_code, message["message"].replace(server_id, "{server}")

    def column(self, server_id: str, name: str) -> Any:
        with self.store.read() as tx:
            server = servers.find(tx, server_id)
        return getattr(server, name)


def _filled(value: Any) -> Any:
    if isinstance(value, str):
        return NAMES.get(value.strip("{}"), value)
    return {key: _filled(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def named(message: str) -> str:
    """A message with the names of NAMES in place of ids."""
    for name, identifier in NAMES.items():
        if len(identifier) > 30:
            message = message.replace(identifier, f"{{{name}}}")
    return message


def _image(tx: Tx, image_id: str, *, min_ram: int, is_active: bool) -> None:
    new = NewImage(id=image_id, owner=PROJECT, disk_format="raw", container_format="bare", min_ram=min_ram)
    edit.insert(tx, new)
    if is_active:
        lookup.update_row(tx, image_id, status="active", location=image_id, size=0)


def _disk(tx: Tx, server_id: str, backed: str) -> None:
    if backed == "image":
        attachments.add_disk(
            tx, project_id=PROJECT, server_id=server_id, source_type="image", destination_type="local", boot_index=0
        )
        return
    volume_id = ids.new()
    volumes.insert(
        tx, volume_id=volume_id, project_id=PROJECT, user_id="u", size_gib=1, name="", availability_zone="nova",
        status="available", bootable=True, image_metadata={"image_id": NAMES["image"]},
    )  # fmt: skip
    row = attachments.add_disk(
        tx, project_id=PROJECT, server_id=server_id, source_type="volume", destination_type="volume", boot_index=0,
        device_name="/dev/vda",
    )  # fmt: skip
    attachments.reserve(tx, volume_id, project_id=PROJECT, server_id=server_id, row_id=row)
    attachments.complete(tx, row)
