"""What does an audit look at, and what does it say about it?"""

from __future__ import annotations

import enum
from typing import Any

import msgspec


class Presence(enum.StrEnum):
    """What compute knows of a server."""

    LIVE = "live"
    DELETED = "deleted"
    UNKNOWN_HERE = "unknown"


class ServerFact(msgspec.Struct, frozen=True, kw_only=True):
    """A server as compute has it; ``soft-delete`` counts as live."""

    id: str
    presence: Presence
    vm_state: str = ""
    task_state: str | None = None
    is_hosted: bool = False
    is_offloaded: bool = False
    connector_host: str | None = None
    """The host name in the connector of this server's attachments."""
    was_launched: bool = False
    busy_with: list[str] = []
    """Unfinished operations on the server."""


class DiskRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Compute's view: a block device mapping of kind volume."""

    id: str
    server_id: str
    volume_id: str
    attachment_id: str | None
    is_root: bool = False
    delete_on_termination: bool = False
    changed_at: float = 0.0
    """Seconds since 1970."""


class AttachmentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Block storage's view."""

    id: str
    server_id: str | None
    volume_id: str
    status: str
    connector_host: str | None = None
    """None without a connector."""
    was_attached: bool = False
    """Whether it was ever complete, so that somebody was told of it."""
    changed_at: float = 0.0


class VolumeFact(msgspec.Struct, frozen=True, kw_only=True):
    """A volume as block storage has it."""

    id: str
    status: str
    migration_status: str | None = None
    multiattach: bool = False
    created_for_server: str | None = None
    has_snapshots: bool = False
    is_masked_kind: bool = False
    """Whether its storage lists whom it lets in."""
    changed_at: float = 0.0
    busy_with: list[str] = []


class GuestFact(msgspec.Struct, frozen=True, kw_only=True):
    """What a hypervisor holds for a server."""

    server_id: str
    is_running: bool
    volume_ids: list[str] | None = None
    """None where the hypervisor does not know which disks its guest uses."""


class MappingFact(msgspec.Struct, frozen=True, kw_only=True):
    """What storage maps: a volume to a host, or a host (with its zones) that has no volume left."""

    backend: str
    host: str
    volume_id: str | None
    initiators: list[str] = []


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one decision rests on: server S, volume V, or what is there of them."""

    server: ServerFact | None
    volume_id: str
    volume: VolumeFact | None
    """None is a definite "not found"."""
    disk: DiskRecord | None = None
    own: AttachmentRecord | None = None
    """The attachment the disk names; None if it names none or a definite "not found" came back."""
    others: list[AttachmentRecord] = []
    """Further attachments of the same server and volume."""
    elsewhere: list[AttachmentRecord] = []
    """Attachments of the volume that name other servers."""
    is_mapped: bool | None = None
    """Whether a running guest may be using the volume; None when that cannot be said."""
    is_masked: bool | None = None
    """Whether storage lets the server reach the volume; None where storage has no such notion."""
    guest_holds: bool | None = None
    """Whether the running guest lists the volume; None if it does not run or does not say."""
    inconclusive: str = ""
    in_flight: str = ""
    age_s: float = 0.0
    """Since the youngest record involved was changed."""


class Action(enum.StrEnum):
    """What is done about a finding."""

    NONE = "none"
    REPORT = "report"
    ADOPT = "adopt"
    COMPLETE = "complete"
    RECONNECT = "reconnect"
    ROLL_BACK_DETACH = "roll-back-detach"
    FINISH_DETACH = "finish-detach"
    UNDO_ATTACH = "undo-attach"
    REBUILD_DISK = "rebuild-bdm"
    FIX_STATUS = "fix-status"
    DELETE_DISK = "delete-bdm"
    DELETE_ATTACHMENT = "delete-attachment"
    DELETE_VOLUME = "delete-volume"
    UNMASK = "unmask"
    DESTROY_GUEST = "destroy-guest"
    RELEASE_IDENTITY = "release-wwpns"


REMOVALS = frozenset(
    {
        Action.FINISH_DETACH, Action.UNDO_ATTACH, Action.DELETE_DISK, Action.DELETE_ATTACHMENT, Action.DELETE_VOLUME,
        Action.UNMASK, Action.DESTROY_GUEST, Action.RELEASE_IDENTITY,
    }
)  # fmt: skip
"""What the blast limit counts."""

QUIET = frozenset({Action.NONE, Action.REPORT})
"""Nothing is changed."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the decision table says about a case."""

    row: str
    action: Action
    why: str
    attachment_id: str | None = None
    needs: str = ""
    """The option without which the action stays a report: ``include-root``, ``adopt`` or ``fix-status``."""
    is_consistent: bool = False


class Finding(msgspec.Struct, kw_only=True):
    """One thing that is not as it should be."""

    row: str
    """Of the decision table in ``docs/howto/find-dangling-attachments.md``."""
    server_id: str | None
    volume_id: str | None
    disk_id: str | None = None
    attachment_ids: list[str] = []
    action: Action
    why: str
    needs: str = ""
    age_s: float = 0.0
    evidence: dict[str, Any] = {}
    mapping: MappingFact | None = None
    result: str = ""
    """Empty until something was done or refused."""

    @property
    def key(self) -> tuple[str, ...]:
        """What must still be the same when it comes to acting."""
        mapping = self.mapping
        masked = (mapping.backend, mapping.host, str(mapping.volume_id)) if mapping else ()
        ids = (str(self.server_id), str(self.volume_id), str(self.disk_id), ",".join(self.attachment_ids))
        return (self.action, *ids, *masked)

    @property
    def is_unknown(self) -> bool:
        return self.row == "0"

    @property
    def is_waiting(self) -> bool:
        """Work is under way on it: no finding yet."""
        return self.row == "1"
