"""What must compute, block storage and the fabric answer so that they can be audited, whoever they are?

Every look-up distinguishes "not there" (absent from a dict, None) from "no answer": time-outs, 401, 403, 5xx and
partial pages raise ``errors.Unknown``. Every act may be repeated; absent is success.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from moorage.audit.model import (
    AttachmentRecord,
    DiskRecord,
    GuestFact,
    MappingFact,
    ServerFact,
    VolumeFact,
)


class ComputeView(Protocol):
    """Servers and their block device mappings."""

    def server_pages(self) -> Iterator[list[ServerFact]]:
        """All servers of all projects, deleted ones too as far as they are remembered."""

    def servers(self, server_ids: list[str]) -> dict[str, ServerFact]:
        """Those that compute knows; the others are definitely unknown here."""

    def disks(self, server_ids: list[str]) -> list[DiskRecord]:
        """Mappings of these servers that are volumes."""

    def disks_of_volumes(self, volume_ids: list[str]) -> list[DiskRecord]: ...

    def proves_absence(self, server_id: str) -> bool:
        """Whether this compute service is the one that would know the server, so that unknown means gone."""

    def delete_disk(self, disk: DiskRecord) -> None:
        """Forget the mapping; block storage is not asked."""

    def adopt(self, disk: DiskRecord, attachment: AttachmentRecord) -> None:
        """The disk's attachment is this one from now on."""

    def rebuild_disk(self, attachment: AttachmentRecord) -> None:
        """Make a mapping for an attachment whose volume the guest uses."""


class StorageView(Protocol):
    """Volumes and attachments, of all projects."""

    def control(self) -> None:
        """A query that must work if block storage does; raises ``errors.Unknown`` if it does not."""

    def attachment_pages(self) -> Iterator[list[AttachmentRecord]]: ...

    def volume_pages(self) -> Iterator[list[VolumeFact]]: ...

    def attachments(self, attachment_ids: list[str]) -> dict[str, AttachmentRecord]:
        """Those that exist; for the others a definite "not found" came back."""

    def attachments_of_servers(self, server_ids: list[str]) -> list[AttachmentRecord]: ...

    def attachments_of_volumes(self, volume_ids: list[str]) -> list[AttachmentRecord]: ...

    def volumes(self, volume_ids: list[str]) -> dict[str, VolumeFact]: ...

    def delete_attachment(self, attachment: AttachmentRecord) -> None:
        """Unmap, then end it."""

    def complete(self, attachment: AttachmentRecord) -> None: ...

    def roll_back_detach(self, attachment: AttachmentRecord) -> None: ...

    def fix_status(self, volume: VolumeFact) -> None:
        """Set the volume's status to what follows from its attachments."""

    def delete_volume(self, volume: VolumeFact) -> None: ...


class FabricView(Protocol):
    """What hypervisors hold and storage maps, whatever the records say."""

    def guests(self, server_ids: list[str]) -> dict[str, GuestFact]:
        """What is held for these servers; absent means that nothing is."""

    def guest_pages(self) -> Iterator[list[GuestFact]]: ...

    def mapping_pages(self) -> Iterator[list[MappingFact]]: ...

    def mappings_of_hosts(self, hosts: list[str]) -> list[MappingFact] | None:
        """None where storage has nothing like a mask."""

    def known_holders(self, mappings: list[MappingFact]) -> set[tuple[str, str, str]]:
        """(backend, host, volume) of those that some record accounts for, attachments or not."""

    def unplug(self, server: ServerFact, volume_id: str) -> None:
        """Take the disk from a guest; ``errors.Refused`` if it does not let go."""

    def reconnect(self, server: ServerFact, attachment: AttachmentRecord) -> None:
        """Let the server reach the volume again, give it to a running guest, and say that it is in use."""

    def unmask(self, mapping: MappingFact) -> None: ...

    def destroy_guest(self, server_id: str) -> None: ...

    def identities(self, server_ids: list[str]) -> list[str]:
        """For which of these servers something apart from a guest holds WWPNs."""

    def identity_pages(self) -> Iterator[list[str]]: ...

    def release_identity(self, server_id: str) -> None:
        """``errors.Refused`` while storage still maps something for the server."""


class Views(Protocol):
    """The three sides."""

    compute: ComputeView
    storage: StorageView
    fabric: FabricView

    def before(self, server_id: str | None, volume_id: str | None) -> dict[str, Any]:
        """Whatever is on record now, whole: what an undo by hand needs."""
