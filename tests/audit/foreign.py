"""A second compute and block storage, nothing like ours: kept in dicts, answering in pages, failing on demand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from moorage import errors
from moorage.audit.model import AttachmentRecord, DiskRecord, GuestFact, MappingFact, Presence, ServerFact, VolumeFact

PAGE = 2


class Foreign:
    """All three sides in one object. ``fail`` maps a call's name to how it fails."""

    def __init__(self) -> None:
        self.server_facts: dict[str, ServerFact] = {}
        self.disk_records: dict[str, DiskRecord] = {}
        self.attachment_records: dict[str, AttachmentRecord] = {}
        self.volume_facts: dict[str, VolumeFact] = {}
        self.running: dict[str, list[str]] = {}
        self.fail: dict[str, str] = {}
        self.removed: list[str] = []
        self.is_proof = False
        self.lies_404 = False
        """Healthy, but another cloud's database: it has never heard of any of it."""
        self.compute = self.storage = self.fabric = self

    def before(self, server_id: str | None, volume_id: str | None) -> dict[str, Any]:
        return {}

    def _call(self, name: str, *subjects: str) -> None:
        for key in (name, *(f"{name}/{subject}" for subject in subjects)):
            if key in self.fail:
                raise errors.Unknown(f"{key}: {self.fail[key]}")

    def _pages(self, name: str, found: list[Any]) -> Iterator[list[Any]]:
        for number, start in enumerate(range(0, len(found), PAGE)):
            self._call(name, str(number))
            yield found[start : start + PAGE]

    def server(self, server_id: str, **given: Any) -> None:
        known = {"presence": Presence.LIVE, "vm_state": "active", "is_hosted": True, "connector_host": server_id}
        self.server_facts[server_id] = ServerFact(**{"id": server_id, **known, **given})

    def attached(self, server_id: str, volume_id: str, *, attachment_id: str | None = None) -> str:
        """A server's disk with all that belongs to it."""
        key = attachment_id or f"a-{server_id}-{volume_id}"
        self.disk_records[f"b-{key}"] = DiskRecord(
            id=f"b-{key}", server_id=server_id, volume_id=volume_id, attachment_id=key
        )
        self.attachment_records[key] = AttachmentRecord(
            id=key, server_id=server_id, volume_id=volume_id, status="attached", connector_host=server_id
        )
        self.volume_facts[volume_id] = VolumeFact(id=volume_id, status="in-use")
        self.running.setdefault(server_id, []).append(volume_id)
        return key

    # compute
    def server_pages(self) -> Iterator[list[ServerFact]]:
        return self._pages("servers", list(self.server_facts.values()))

    def servers(self, server_ids: list[str]) -> dict[str, ServerFact]:
        self._call("servers")
        return {s: self.server_facts[s] for s in server_ids if s in self.server_facts}

    def disks(self, server_ids: list[str]) -> list[DiskRecord]:
        return [d for d in self.disk_records.values() if d.server_id in server_ids]

    def disks_of_volumes(self, volume_ids: list[str]) -> list[DiskRecord]:
        return [d for d in self.disk_records.values() if d.volume_id in volume_ids]

    def proves_absence(self, server_id: str) -> bool:
        return self.is_proof

    def delete_disk(self, disk: DiskRecord) -> None:
        self.removed.append(disk.id)
        self.disk_records.pop(disk.id, None)

    def adopt(self, disk: DiskRecord, attachment: AttachmentRecord) -> None:
        self.disk_records[disk.id] = msgspec.structs.replace(disk, attachment_id=attachment.id)

    def rebuild_disk(self, attachment: AttachmentRecord) -> None:
        raise NotImplementedError

    # block storage
    def control(self) -> None:
        self._call("control")

    def attachment_pages(self) -> Iterator[list[AttachmentRecord]]:
        return self._pages("attachment_pages", [] if self.lies_404 else list(self.attachment_records.values()))

    def volume_pages(self) -> Iterator[list[VolumeFact]]:
        return self._pages("volume_pages", [] if self.lies_404 else list(self.volume_facts.values()))

    def attachments(self, attachment_ids: list[str]) -> dict[str, AttachmentRecord]:
        self._call("attachment", *attachment_ids)
        known = {} if self.lies_404 else self.attachment_records
        return {a: known[a] for a in attachment_ids if a in known}

    def attachments_of_servers(self, server_ids: list[str]) -> list[AttachmentRecord]:
        self._call("list", *server_ids)
        return [] if self.lies_404 else [a for a in self.attachment_records.values() if a.server_id in server_ids]

    def attachments_of_volumes(self, volume_ids: list[str]) -> list[AttachmentRecord]:
        return [] if self.lies_404 else [a for a in self.attachment_records.values() if a.volume_id in volume_ids]

    def volumes(self, volume_ids: list[str]) -> dict[str, VolumeFact]:
        self._call("volume", *volume_ids)
        return {} if self.lies_404 else {v: self.volume_facts[v] for v in volume_ids if v in self.volume_facts}

    def delete_attachment(self, attachment: AttachmentRecord) -> None:
        self._call("delete", attachment.id)
        self.removed.append(attachment.id)
        self.attachment_records.pop(attachment.id, None)

    def complete(self, attachment: AttachmentRecord) -> None:
        raise NotImplementedError

    def roll_back_detach(self, attachment: AttachmentRecord) -> None:
        raise NotImplementedError

    def fix_status(self, volume: VolumeFact) -> None:
        raise NotImplementedError

    def delete_volume(self, volume: VolumeFact) -> None:
        raise NotImplementedError

    # fabric
    def guests(self, server_ids: list[str]) -> dict[str, GuestFact]:
        self._call("guests")
        return {
            s: GuestFact(server_id=s, is_running=True, volume_ids=self.running[s])
            for s in server_ids
            if s in self.running
        }

    def guest_pages(self) -> Iterator[list[GuestFact]]:
        return iter(())

    def mapping_pages(self) -> Iterator[list[MappingFact]]:
        return iter(())

    def mappings_of_hosts(self, hosts: list[str]) -> list[MappingFact] | None:
        return None

    def known_holders(self, mappings: list[MappingFact]) -> set[tuple[str, str, str]]:
        return set()

    def identities(self, server_ids: list[str]) -> list[str]:
        del server_ids
        return []

    def identity_pages(self) -> Iterator[list[str]]:
        return iter([])

    def release_identity(self, server_id: str) -> None:
        raise AssertionError(server_id)

    def unplug(self, server: ServerFact, volume_id: str) -> None:
        self.removed.append(f"plug-{server.id}-{volume_id}")
        self.running[server.id].remove(volume_id)

    def reconnect(self, server: ServerFact, attachment: AttachmentRecord) -> None:
        """Nothing was disconnected."""

    def unmask(self, mapping: MappingFact) -> None:
        raise NotImplementedError

    def destroy_guest(self, server_id: str) -> None:
        raise NotImplementedError
