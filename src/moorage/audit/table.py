"""What is to be done about a server's volume? The decision table, in order; the first row that fits decides.

Pure: a row looks at a ``Case`` and at nothing else. The numbers are those of
``docs/howto/find-dangling-attachments.md``.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from moorage.audit.model import Action, AttachmentRecord, Case, DiskRecord, Presence, ServerFact, Verdict

Row = Callable[[Case], list[Verdict]]
"""Empty: the row does not fit."""

BUSY = frozenset(
    {
        "creating", "deleting", "downloading", "extending", "retyping", "backing-up", "restoring-backup", "uploading",
        "maintenance", "awaiting-transfer",
    }
)  # fmt: skip
_SETTLED = (None, "", "none", "success", "error")
_HELD = ("in-use", "reserved", "attaching", "detaching")
_FOLLOWS = {"attached": "in-use", "attaching": "attaching", "detaching": "detaching", "reserved": "reserved"}


def classify(case: Case) -> list[Verdict]:
    """Usually one verdict; several where surplus attachments are judged one by one."""
    for row in ROWS:
        if found := row(case):
            return found
    return [_say("-", Action.REPORT, "no row of the table fits; look at it by hand")]


def _say(row: str, action: Action, why: str, attachment: AttachmentRecord | None = None, needs: str = "") -> Verdict:
    attachment_id = None if attachment is None else attachment.id
    return Verdict(row=row, action=action, why=why, attachment_id=attachment_id, needs=needs)


def _fine(row: str) -> list[Verdict]:
    return [Verdict(row=row, action=Action.NONE, why="consistent", is_consistent=True)]


def _is_live(case: Case) -> bool:
    return case.server is not None and case.server.presence is Presence.LIVE


def _live(case: Case) -> ServerFact | None:
    return case.server if _is_live(case) else None


def _own_matches(case: Case) -> AttachmentRecord | None:
    """The disk's attachment, if it is of this server and volume and the only one."""
    own = case.own
    if case.disk is None or own is None or case.others:
        return None
    is_same = own.server_id == case.disk.server_id and own.volume_id == case.volume_id
    return own if is_same else None


def inconclusive(case: Case) -> list[Verdict]:
    return [_say("0", Action.REPORT, f"unknown: {case.inconclusive}")] if case.inconclusive else []


def in_flight(case: Case) -> list[Verdict]:
    return [_say("1", Action.NONE, f"in flight: {case.in_flight}")] if case.in_flight else []


def in_use(case: Case) -> list[Verdict]:
    own = _own_matches(case)
    if not _is_live(case) or own is None or case.volume is None or own.status != "attached":
        return []
    if case.volume.status != "in-use" or own.connector_host is None:
        return []
    if case.is_masked is False:
        return [_say("M0", Action.RECONNECT, "attached, but storage does not let the server reach it", own)]
    if case.guest_holds is False:
        return [_say("G0", Action.RECONNECT, "attached, but the running guest does not have it", own)]
    return _fine("2")


def offloaded_reserved(case: Case) -> list[Verdict]:
    own, server = _own_matches(case), _live(case)
    fits = own and server and server.is_offloaded and case.volume and case.volume.status == "reserved"
    return _fine("3") if fits else []


def offloaded_attached(case: Case) -> list[Verdict]:
    own, server = _own_matches(case), _live(case)
    if own is None or server is None or not server.is_offloaded or own.connector_host is not None:
        return []
    return _fine("4") if case.volume is not None and case.volume.status == "in-use" else []


def migrating(case: Case) -> list[Verdict]:
    status = case.volume.migration_status if case.volume else None
    return [] if status in _SETTLED else [_say("1", Action.NONE, f"in flight: the volume is migrating ({status})")]


def busy(case: Case) -> list[Verdict]:
    if case.volume is None or case.volume.status not in BUSY:
        return []
    return [_say("busy", Action.REPORT, f"the volume is {case.volume.status}; nothing is done before that has ended")]


def _is(case: Case, own: AttachmentRecord, *statuses: str) -> bool:
    if own.status in statuses:
        return True
    return case.volume is not None and not case.volume.multiattach and case.volume.status in statuses


def half_attached(case: Case) -> list[Verdict]:
    own, server = _own_matches(case), _live(case)
    if own is None or server is None or not server.is_hosted or case.disk is None or case.volume is None:
        return []
    if not _is(case, own, "attaching", "reserved"):
        return []
    if case.is_mapped is None:
        return _mapping_unknown()
    if case.is_mapped:
        return [_say("5", Action.COMPLETE, "the guest has the disk, the attachment was never completed", own)]
    if own.was_attached or case.disk.is_root:
        return [_say("5", Action.RECONNECT, "the attachment lost its connection", own)]
    return [_say("5", Action.UNDO_ATTACH, "the attach was never finished and nobody has the disk", own)]


def half_detached(case: Case) -> list[Verdict]:
    own = _own_matches(case)
    if own is None or not _is_live(case) or case.disk is None or not _is(case, own, "detaching"):
        return []
    if case.is_mapped is None:
        return _mapping_unknown()
    if case.is_mapped or case.disk.is_root:
        return [_say("6", Action.ROLL_BACK_DETACH, "the detach ended without effect", own)]
    return [_say("6", Action.FINISH_DETACH, "the guest has let go, the detach was never finished", own)]


def of_another_server(case: Case) -> list[Verdict]:
    if not _is_live(case) or case.disk is None or case.own is None or case.own.server_id == case.disk.server_id:
        return []
    why = f"the disk names attachment {case.own.id}, which belongs to {case.own.server_id or 'no server'}"
    return [_drop(case, "7", why)]


def of_another_volume(case: Case) -> list[Verdict]:
    if not _is_live(case) or case.disk is None or case.own is None or case.own.volume_id == case.volume_id:
        return []
    return [_say("8", Action.REPORT, f"the disk names an attachment of another volume, {case.own.volume_id}", case.own)]


def _lost(case: Case) -> DiskRecord | None:
    """The disk of a live server whose attachment is not there."""
    return case.disk if _is_live(case) and case.own is None else None


def _is_of_host(attachment: AttachmentRecord, server: ServerFact) -> bool:
    return attachment.connector_host in (None, server.connector_host)


def adopt_the_one(case: Case) -> list[Verdict]:
    server = _live(case)
    if _lost(case) is None or server is None or case.volume is None or len(case.others) != 1:
        return []
    (other,) = case.others
    if not _is_of_host(other, server):
        return []
    return [_say("9", Action.ADOPT, "the disk has no attachment, and there is one that fits", other)]


def adopt_the_best(case: Case) -> list[Verdict]:
    server = _live(case)
    if _lost(case) is None or server is None or case.volume is None or len(case.others) < 2:
        return []
    wanted = None if server.is_offloaded else server.connector_host
    best = [other for other in case.others if other.connector_host == wanted]
    if len(best) != 1:
        return [_say("10", Action.REPORT, f"{len(case.others)} attachments, none of which fits better than the rest")]
    rest = msgspec.structs.replace(case, own=best[0], others=[o for o in case.others if o is not best[0]])
    why = f"the disk has no attachment; of {len(case.others)} this one is of its host"
    return [_say("10", Action.ADOPT, why, best[0]), *surplus(rest)]


def lost_available(case: Case) -> list[Verdict]:
    if _lost(case) is None or case.others or case.volume is None or case.volume.status != "available":
        return []
    return [_drop(case, "11", "the disk has no attachment, the volume is available")]


def lost_elsewhere(case: Case) -> list[Verdict]:
    if _lost(case) is None or case.others or case.volume is None or case.volume.status not in _HELD:
        return []
    if not case.elsewhere:
        return []
    holders = ", ".join(str(a.server_id) for a in case.elsewhere)
    return [_drop(case, "12", f"POSSIBLE DOUBLE USE: the disk has no attachment, the volume belongs to {holders}")]


def lost_deleted(case: Case) -> list[Verdict]:
    if case.disk is None or not _is_live(case) or case.volume is not None:
        return []
    return [_drop(case, "13", "the volume is gone")]


def lost_in_error(case: Case) -> list[Verdict]:
    if _lost(case) is None or case.others or case.volume is None or not case.volume.status.startswith("error"):
        return []
    if case.is_mapped:
        return [_say("13a", Action.REPORT, f"no attachment, volume in {case.volume.status}, disk still in the guest")]
    return [_drop(case, "13a", f"the disk has no attachment, the volume is in {case.volume.status}")]


def _drop(case: Case, row: str, why: str) -> Verdict:
    """Delete the disk's record; a root disk only when asked for."""
    assert case.disk is not None
    if case.is_mapped is None:
        return _mapping_unknown()[0]
    if case.is_mapped and case.guest_holds is None:
        silent = "; the running guest may be using it and cannot be made to let go: stop the server, or restart it hard"
        return _say(row, Action.REPORT, why + silent)
    if case.disk.is_root:
        unbootable = "; the server cannot boot" if row == "13" else ""
        return _say(row, Action.DELETE_DISK, f"ROOT DISK: {why}{unbootable}", needs="include-root")
    return _say(row, Action.DELETE_DISK, why)


def _mapping_unknown() -> list[Verdict]:
    return [_say("0", Action.REPORT, "unknown: the hypervisor does not say whether the guest has the disk")]


def surplus(case: Case) -> list[Verdict]:
    """Attachments besides the one the disk names."""
    server = _live(case)
    if case.disk is None or case.own is None or server is None or case.own.server_id != server.id:
        return []
    return [_judge_surplus(server, extra) for extra in case.others]


def _judge_surplus(server: ServerFact, extra: AttachmentRecord) -> Verdict:
    if extra.connector_host is not None and extra.connector_host == server.connector_host:
        return _say("14", Action.REPORT, "a second attachment of the same host and connector", extra)
    return _say("14", Action.DELETE_ATTACHMENT, "a second attachment that is not of the server's host", extra)


def unrecorded(case: Case) -> list[Verdict]:
    if case.disk is not None or not _is_live(case) or not case.others:
        return []
    if case.is_mapped is None:
        return _mapping_unknown()
    if case.is_mapped:
        why = "an attachment without a disk on record, and the guest may be using it"
        return [_say("15", Action.REBUILD_DISK, why, other, needs="adopt") for other in case.others]
    why = "an attachment without a disk on record, and the guest does not have it"
    return [_say("15", Action.DELETE_ATTACHMENT, why, other) for other in case.others]


def of_deleted_server(case: Case) -> list[Verdict]:
    if case.server is None or case.server.presence is not Presence.DELETED:
        return []
    held = [*([case.own] if case.own else []), *case.others]
    if held:
        return [_say("16", Action.DELETE_ATTACHMENT, "the server is deleted", a) for a in held]
    is_pending = case.disk and case.disk.delete_on_termination and case.volume
    if case.disk is None or (is_pending and not case.elsewhere):
        return []
    return [_say("16", Action.DELETE_DISK, "the server is deleted, and nothing is attached to it")]


def of_foreign_server(case: Case) -> list[Verdict]:
    if case.server is not None and case.server.presence is not Presence.UNKNOWN_HERE:
        return []
    who = "no server" if case.server is None else f"server {case.server.id}, which is unknown here"
    return [_say("17", Action.DELETE_ATTACHMENT, f"it names {who}", a, needs="instance") for a in case.others]


def drifted(case: Case) -> list[Verdict]:
    """The volume's status does not follow from its attachments."""
    if case.volume is None or case.volume.status not in ("available", *_HELD):
        return []
    statuses = {a.status for a in [*([case.own] if case.own else []), *case.others, *case.elsewhere]}
    expected = next((_FOLLOWS[s] for s in _FOLLOWS if s in statuses), "available")
    if case.volume.status == expected:
        return []
    why = f"the volume is {case.volume.status}; its attachments say {expected}"
    return [_say("18", Action.FIX_STATUS, why, needs="fix-status")]


def pending_delete(case: Case) -> list[Verdict]:
    is_deleted = case.server is not None and case.server.presence is Presence.DELETED
    if not is_deleted or case.disk is None or not case.disk.delete_on_termination or case.volume is None:
        return []
    if case.volume.status != "available":
        return []
    if case.volume.has_snapshots:
        return [_say("19", Action.DELETE_DISK, "its volume was to go with the server, but snapshots depend on it")]
    return [_say("19", Action.DELETE_VOLUME, "the volume was to be deleted with its server")]


def never_stored(case: Case) -> list[Verdict]:
    volume, server = case.volume, case.server
    if volume is None or server is None or case.disk is not None or volume.status != "available":
        return []
    if volume.created_for_server != server.id or server.was_launched or server.presence is Presence.UNKNOWN_HERE:
        return []
    if volume.has_snapshots or case.others or case.elsewhere:
        return []
    return [_say("20", Action.DELETE_VOLUME, "made for a server that never started and does not have it")]


ROWS: tuple[Row, ...] = (
    inconclusive, in_flight, in_use, offloaded_reserved, offloaded_attached, migrating, busy,
    half_attached, half_detached, of_another_server, of_another_volume, adopt_the_one, adopt_the_best, lost_available,
    lost_elsewhere, lost_deleted, lost_in_error, surplus, unrecorded, of_deleted_server, of_foreign_server, drifted,
    pending_delete, never_stored,
)  # fmt: skip
