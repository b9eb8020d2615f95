"""What our hypervisor holds and our arrays map, whatever the rows say."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from moorage import errors
from moorage.attachments import service
from moorage.attachments.model import from_row
from moorage.audit.model import AttachmentRecord, GuestFact, MappingFact, ServerFact
from moorage.compute.model.guest import Disk, Guest, HeldGuest
from moorage.compute.ports import GuestInventory, Hypervisor, IdentityInventory
from moorage.compute.service import servers
from moorage.store import Store
from moorage.store.tables.attachments import attachments
from moorage.store.tables.volumes import volumes
from moorage.volumes.ports import Mapping, MappingInventory, VolumeBackend
from moorage.volumes.service import volumes as volume_service

PAGE = 500


class EmbeddedFabric:
    """Implements ``audit.ports.FabricView``."""

    def __init__(self, store: Store, hypervisor: Hypervisor, backends: dict[str, VolumeBackend]) -> None:
        self._store = store
        self._hypervisor = hypervisor
        self._backends = backends

    def guests(self, server_ids: list[str]) -> dict[str, GuestFact]:
        return {guest.server_id: _guest(guest) for guest in self._inventory().guests_of(server_ids)}

    def guest_pages(self) -> Iterator[list[GuestFact]]:
        after = ""
        while page := self._inventory().guests_after(after, PAGE):
            yield [_guest(guest) for guest in page]
            after = page[-1].server_id

    def _inventory(self) -> GuestInventory:
        if not isinstance(self._hypervisor, GuestInventory):
            raise errors.Unknown(f"the {self._hypervisor.name} driver does not list its guests")
        return self._hypervisor

    def mapping_pages(self) -> Iterator[list[MappingFact]]:
        for name, backend in self._masking():
            after = ""
            while page := backend.mappings_after(after, PAGE):
                yield [_mapping(name, mapping) for mapping in page]
                after = page[-1].host

    def mappings_of_hosts(self, hosts: list[str]) -> list[MappingFact] | None:
        found = [[_mapping(name, m) for m in backend.mappings_of(hosts)] for name, backend in self._masking()]
        return [mapping for part in found for mapping in part] if found else None

    def _masking(self) -> list[tuple[str, MappingInventory]]:
        return [(name, backend) for name, backend in self._backends.items() if isinstance(backend, MappingInventory)]

    def known_holders(self, mappings: list[MappingFact]) -> set[tuple[str, str, str]]:
        """Attachments and disks of the server that is the host, and what ``os-initialize_connection`` let in.

        Only in the backend that has the volume; in all of them if the volume is gone and nobody knows where it was.
        """
        ids = sorted({m.volume_id for m in mappings if m.volume_id})
        query = sa.select(
            attachments.c.volume_id, attachments.c.server_id, attachments.c.connector, volumes.c.backend
        ).join(volumes, volumes.c.id == attachments.c.volume_id, isouter=True)
        found = set()
        with self._store.read() as tx:
            for row in tx.execute(query.where(attachments.c.volume_id.in_(ids))):
                hosts = {str(row.server_id), str((row.connector or {}).get("host"))}
                places = self._backends if row.backend is None else [row.backend]
                found |= {(place, host, row.volume_id) for place in places for host in hosts}
        return found

    def unplug(self, server: ServerFact, volume_id: str) -> None:
        query = sa.select(attachments).where(attachments.c.server_id == server.id, attachments.c.volume_id == volume_id)
        with self._store.read() as tx:
            guest = servers.get(tx, server.id).guest()
            rows = [from_row(row) for row in tx.execute(query)]
        row = next((row for row in rows if row.bdm_uuid), None)
        self._hypervisor.unplug(
            guest,
            Disk(
                volume_id=volume_id, device_name=(row and row.device_name) or "",
                boot_index=row.boot_index if row else None, connection_info=(row and row.connection_info) or {},
            ),
        )  # fmt: skip

    def reconnect(self, server: ServerFact, attachment: AttachmentRecord) -> None:
        """Whom it is mapped for is on record before storage is asked."""
        with self._store.write() as tx:
            found, row = servers.get(tx, server.id), service.get(tx, attachment.id)
            if found.connector is None:
                raise errors.Refused(f"server {server.id} has no storage identity")
            service.set_connector(tx, row.id, found.connector)
            volume = volume_service.get(tx, attachment.volume_id)
        name = volume.backend
        if name not in self._backends:
            raise errors.Refused(f"backend {name} is not among the enabled ones")
        info = self._backends[name].connect(attachment.volume_id, found.connector)
        with self._store.write() as tx:
            service.set_connection(tx, row.id, info)
        held = self.guests([server.id]).get(server.id)
        if held is not None and held.is_running:
            disk = Disk(
                volume_id=attachment.volume_id, device_name=row.device_name or "", boot_index=row.boot_index,
                connection_info=info, size_gib=volume.size_gib,
            )  # fmt: skip
            self._hypervisor.plug(found.guest(), disk)
        with self._store.write() as tx:
            service.complete(tx, row.id, row.device_name)

    def unmask(self, mapping: MappingFact) -> None:
        connector = {"host": mapping.host, "wwpns": mapping.initiators}
        self._backends[mapping.backend].disconnect(mapping.volume_id or "", connector)

    def destroy_guest(self, server_id: str) -> None:
        with self._store.read() as tx:
            server = servers.find(tx, server_id)
        if server is None or server.deleted_at is None:
            raise errors.Refused(f"server {server_id} is not deleted")
        guest: Guest = server.guest()
        self._hypervisor.destroy(guest)

    def identities(self, server_ids: list[str]) -> list[str]:
        return self._hypervisor.identities_of(server_ids) if isinstance(self._hypervisor, IdentityInventory) else []

    def identity_pages(self) -> Iterator[list[str]]:
        after = ""
        while isinstance(self._hypervisor, IdentityInventory) and (
            page := self._hypervisor.identities_after(after, PAGE)
        ):
            yield page
            after = page[-1]

    def release_identity(self, server_id: str) -> None:
        """WWPNs that storage still lets in would lead their next owner to somebody else's volumes."""
        if masked := self.mappings_of_hosts([server_id]):
            raise errors.Refused(f"{len(masked)} masks or zones still name host {server_id}")
        with self._store.read() as tx:
            server = servers.find(tx, server_id)
        if server is None or server.identity:
            raise errors.Refused(f"server {server_id} has its WWPNs on record")
        self._hypervisor.release_identity(server.guest())


def _guest(held: HeldGuest) -> GuestFact:
    return GuestFact(server_id=held.server_id, is_running=held.is_running, volume_ids=held.volume_ids)


def _mapping(backend: str, mapping: Mapping) -> MappingFact:
    return MappingFact(
        backend=backend, host=mapping.host, volume_id=mapping.volume_id, initiators=mapping.initiators
    )  # fmt: skip
