"""How is one finding repaired? Look again, compare with the plan, act; absent is success, so it may be repeated."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from moorage import errors
from moorage.audit import plan, run
from moorage.audit.collect import Rules
from moorage.audit.model import Action, AttachmentRecord, DiskRecord, Finding, Presence, ServerFact
from moorage.audit.plan import Options
from moorage.audit.ports import Views

GONE = "done: it is as it should be already"


def repair(views: Views, finding: Finding, rules: Rules, options: Options) -> str:
    """What became of it: ``done``, ``changed: ...`` or ``failed: ...``. Never raises for an outside system."""
    try:
        now = look_again(views, finding, rules, options)
        if now is None:
            return GONE
        if now.key != finding.key:
            return f"changed since it was planned: now row {now.row}, {now.why}"
        _ACTS[finding.action](views, finding)
        return "done"
    except errors.OutsideError as trouble:
        return f"failed: {trouble.message}"
    except errors.Rejected as refusal:
        return f"failed: {refusal.message}"


def look_again(views: Views, finding: Finding, rules: Rules, options: Options) -> Finding | None:
    """The same finding as it stands now; another one of the same objects; or None if all is well."""
    views.storage.control()
    if finding.server_id is not None:
        found = list(run.of_servers(views, [finding.server_id], rules))
    else:
        found = list(run.of_volume(views, str(finding.volume_id), rules))
    if finding.row == "20" or (finding.row == "18" and finding.server_id is not None):
        found += run.of_volume(views, str(finding.volume_id), rules)
    for other in found:
        plan.grant(other, options, views.compute)
    same = [other for other in found if other.key == finding.key]
    related = [other for other in found if _subject(other) == _subject(finding)]
    return next(iter([*same, *related]), None)


def _subject(finding: Finding) -> tuple[object, ...]:
    """Which object a finding is about: one attachment, one disk, one mask, one volume."""
    what = finding.attachment_ids or finding.disk_id or finding.mapping
    return (finding.server_id, finding.volume_id, str(what))


def _server(views: Views, finding: Finding) -> ServerFact:
    server = views.compute.servers([str(finding.server_id)]).get(str(finding.server_id))
    if server is None:
        raise errors.Refused(f"server {finding.server_id} is unknown here")
    return server


def _disk(views: Views, finding: Finding) -> DiskRecord:
    found = views.compute.disks([str(finding.server_id)])
    return next(disk for disk in found if disk.id == finding.disk_id)


def _attachment(views: Views, finding: Finding) -> AttachmentRecord:
    (attachment_id,) = finding.attachment_ids
    return views.storage.attachments([attachment_id])[attachment_id]


def _let_go(views: Views, finding: Finding) -> None:
    """Out of the guest first; a stopped guest's definition counts as well, and so may one that cannot be asked."""
    server = _server(views, finding)
    if server.presence is not Presence.LIVE:
        return
    guest = views.fabric.guests([server.id]).get(server.id)
    may_have_it = guest is not None and (guest.volume_ids is None or finding.volume_id in guest.volume_ids)
    if may_have_it or finding.evidence.get("is_mapped"):
        views.fabric.unplug(server, str(finding.volume_id))


def _delete_disk(views: Views, finding: Finding) -> None:
    _let_go(views, finding)
    views.compute.delete_disk(_disk(views, finding))


def _delete_attachment(views: Views, finding: Finding) -> None:
    if finding.disk_id is None and finding.row == "15":
        _let_go(views, finding)
    views.storage.delete_attachment(_attachment(views, finding))


def _end_both(views: Views, finding: Finding) -> None:
    """The disk's record last: without it a repeated look would take the attachment for someone else's."""
    disk = _disk(views, finding)
    _let_go(views, finding)
    views.storage.delete_attachment(_attachment(views, finding))
    views.compute.delete_disk(disk)


def _adopt(views: Views, finding: Finding) -> None:
    server, attachment = _server(views, finding), _attachment(views, finding)
    views.compute.adopt(_disk(views, finding), attachment)
    if server.is_hosted:
        views.fabric.reconnect(server, attachment)


def _reconnect(views: Views, finding: Finding) -> None:
    views.fabric.reconnect(_server(views, finding), _attachment(views, finding))


def _complete(views: Views, finding: Finding) -> None:
    views.storage.complete(_attachment(views, finding))


def _roll_back(views: Views, finding: Finding) -> None:
    views.storage.roll_back_detach(_attachment(views, finding))


def _rebuild(views: Views, finding: Finding) -> None:
    views.compute.rebuild_disk(_attachment(views, finding))


def _fix_status(views: Views, finding: Finding) -> None:
    views.storage.fix_status(views.storage.volumes([str(finding.volume_id)])[str(finding.volume_id)])


def _delete_volume(views: Views, finding: Finding) -> None:
    views.storage.delete_volume(views.storage.volumes([str(finding.volume_id)])[str(finding.volume_id)])
    if finding.disk_id is not None:
        views.compute.delete_disk(_disk(views, finding))


def _unmask(views: Views, finding: Finding) -> None:
    assert finding.mapping is not None
    views.fabric.unmask(finding.mapping)


def _destroy_guest(views: Views, finding: Finding) -> None:
    views.fabric.destroy_guest(str(finding.server_id))


def _release_identity(views: Views, finding: Finding) -> None:
    views.fabric.release_identity(str(finding.server_id))


_ACTS: dict[Action, Callable[[Views, Finding], None]] = {
    Action.ADOPT: _adopt, Action.COMPLETE: _complete, Action.RECONNECT: _reconnect,
    Action.ROLL_BACK_DETACH: _roll_back, Action.FINISH_DETACH: _end_both, Action.UNDO_ATTACH: _end_both,
    Action.REBUILD_DISK: _rebuild, Action.FIX_STATUS: _fix_status, Action.DELETE_DISK: _delete_disk,
    Action.DELETE_ATTACHMENT: _delete_attachment, Action.DELETE_VOLUME: _delete_volume, Action.UNMASK: _unmask,
    Action.DESTROY_GUEST: _destroy_guest, Action.RELEASE_IDENTITY: _release_identity,
}  # fmt: skip


def plain(finding: Finding) -> dict[str, object]:
    """For journals, records and JSON."""
    made: dict[str, object] = msgspec.to_builtins(finding)
    return made
