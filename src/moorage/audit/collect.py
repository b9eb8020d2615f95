"""How do records of three sides become cases? Page by page, so that memory does not grow with the cloud."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from moorage import errors
from moorage.audit.model import (
    AttachmentRecord,
    Case,
    DiskRecord,
    GuestFact,
    MappingFact,
    Presence,
    ServerFact,
    VolumeFact,
)
from moorage.audit.ports import Views


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """When does something count as being worked on?"""

    now: float
    """Seconds since 1970."""
    grace_s: float
    own_operation: str = ""
    """The operation that looks; it does not stand in its own way."""
    holds_server: bool = False
    """Whether the server's task state is the caller's own, as in a reboot."""


class _Page(msgspec.Struct, kw_only=True):
    """What the sides say about some servers."""

    servers: dict[str, ServerFact]
    disks: list[DiskRecord]
    attachments: list[AttachmentRecord]
    own: dict[str, AttachmentRecord]
    volumes: dict[str, VolumeFact]
    by_volume: dict[str, list[AttachmentRecord]]
    guests: dict[str, GuestFact] | None
    masks: set[tuple[str, str]] | None


def server_cases(views: Views, servers: dict[str, ServerFact], rules: Rules) -> Iterator[Case]:
    """One case a disk, and one for what is attached to a server without a disk."""
    disks = views.compute.disks(list(servers))
    yield from _cases(views, servers, disks, rules)


def _cases(views: Views, servers: dict[str, ServerFact], disks: list[DiskRecord], rules: Rules) -> Iterator[Case]:
    try:
        page = _read(views, servers, disks)
    except errors.OutsideError as silence:
        if len(servers) > 1:  # one server's silence must not hide the others
            ids = list(servers)
            for part in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
                mine = [disk for disk in disks if disk.server_id in set(part)]
                yield from _cases(views, {server_id: servers[server_id] for server_id in part}, mine, rules)
            return
        for disk in disks:
            why = f"block storage did not answer for server {disk.server_id}: {silence.message}"
            server = servers[disk.server_id]
            yield Case(server=server, volume_id=disk.volume_id, volume=None, disk=disk, inconclusive=why)
        if not disks:
            (server,) = servers.values()
            yield Case(server=server, volume_id="", volume=None, inconclusive=f"no answer: {silence.message}")
        return
    for server_id in servers:
        yield from _of_server(page, server_id, rules)


def _read(views: Views, servers: dict[str, ServerFact], disks: list[DiskRecord]) -> _Page:
    storage = views.storage
    attached = storage.attachments_of_servers(list(servers))
    known = {a.id: a for a in attached}
    missing = [d.attachment_id for d in disks if d.attachment_id and d.attachment_id not in known]
    own = {**known, **(storage.attachments(missing) if missing else {})}
    volume_ids = sorted({d.volume_id for d in disks} | {a.volume_id for a in attached})
    volumes = storage.volumes(volume_ids) if volume_ids else {}
    by_volume: dict[str, list[AttachmentRecord]] = defaultdict(list)
    for a in storage.attachments_of_volumes(volume_ids) if volume_ids else []:
        by_volume[a.volume_id].append(a)
    guests, masks = _fabric(views, servers)
    return _Page(
        servers=servers, disks=disks, attachments=attached, own=own, volumes=volumes, by_volume=by_volume,
        guests=guests, masks=masks,
    )  # fmt: skip


def _fabric(
    views: Views, servers: dict[str, ServerFact]
) -> tuple[dict[str, GuestFact] | None, set[tuple[str, str]] | None]:
    guests: dict[str, GuestFact] | None
    try:
        guests = views.fabric.guests(list(servers))
    except errors.OutsideError:
        guests = None
    hosts = [s.connector_host for s in servers.values() if s.connector_host]
    try:
        found = views.fabric.mappings_of_hosts(hosts)
    except errors.OutsideError:
        found = None
    return guests, None if found is None else {(m.host, m.volume_id) for m in found if m.volume_id}


def _of_server(page: _Page, server_id: str, rules: Rules) -> Iterator[Case]:
    server = page.servers[server_id]
    mine = [a for a in page.attachments if a.server_id == server_id]
    disks = [d for d in page.disks if d.server_id == server_id]
    claimed = {d.attachment_id for d in disks}
    seen = set()
    for disk in disks:
        seen.add(disk.volume_id)
        own = page.own.get(disk.attachment_id) if disk.attachment_id else None
        others = [a for a in mine if a.volume_id == disk.volume_id and a.id not in claimed]
        yield _case(page, server, disk.volume_id, rules, disk=disk, own=own, others=others)
    for volume_id in sorted({a.volume_id for a in mine} - seen):
        others = [a for a in mine if a.volume_id == volume_id and a.id not in claimed]
        if others:
            yield _case(page, server, volume_id, rules, others=others)


def _case(
    page: _Page, server: ServerFact, volume_id: str, rules: Rules, *, disk: DiskRecord | None = None,
    own: AttachmentRecord | None = None, others: list[AttachmentRecord] | None = None,
) -> Case:  # fmt: skip
    volume, others = page.volumes.get(volume_id), others or []
    elsewhere = [a for a in page.by_volume.get(volume_id, []) if a.server_id != server.id]
    guest = None if page.guests is None else page.guests.get(server.id)
    is_masked = _is_masked(page, server, volume, volume_id)
    holds = volume_id in guest.volume_ids if guest and guest.is_running and guest.volume_ids is not None else None
    age_s = _age(rules, disk, own, *others)
    return Case(
        server=server, volume_id=volume_id, volume=volume, disk=disk, own=own, others=others, elsewhere=elsewhere,
        is_mapped=_is_mapped(page, guest, holds, is_masked), is_masked=is_masked, guest_holds=holds, age_s=age_s,
        in_flight=_in_flight(server, volume, age_s, rules),
    )  # fmt: skip


def _is_masked(page: _Page, server: ServerFact, volume: VolumeFact | None, volume_id: str) -> bool | None:
    """A volume that is gone may have left its mask."""
    if page.masks is None or server.connector_host is None or (volume is not None and not volume.is_masked_kind):
        return None
    return (server.connector_host, volume_id) in page.masks


def _is_mapped(page: _Page, guest: GuestFact | None, holds: bool | None, is_masked: bool | None) -> bool | None:
    """A running guest that does not list its disks may be using whatever it can reach."""
    if page.guests is None:
        return None
    if guest is None or not guest.is_running:
        return False
    return is_masked if holds is None else holds


def _age(rules: Rules, *records: DiskRecord | AttachmentRecord | VolumeFact | None) -> float:
    youngest = max((record.changed_at for record in records if record is not None), default=0.0)
    return max(rules.now - youngest, 0.0) if youngest else rules.now


def _in_flight(server: ServerFact | None, volume: VolumeFact | None, age_s: float, rules: Rules) -> str:
    busy = [*(server.busy_with if server else []), *(volume.busy_with if volume else [])]
    if others := [operation for operation in busy if operation != rules.own_operation]:
        return f"operation {', '.join(others)} is unfinished"
    if server is not None and server.task_state and not rules.holds_server and server.presence is Presence.LIVE:
        return f"the server's task_state is {server.task_state}"
    if age_s < rules.grace_s:
        return f"changed {age_s:.0f} s ago, within the grace period of {rules.grace_s:.0f} s"
    return ""


def attachment_cases(views: Views, page: list[AttachmentRecord], rules: Rules) -> Iterator[Case]:
    """Attachments that name no server, or one that compute does not know."""
    named = sorted({a.server_id for a in page if a.server_id})
    known = views.compute.servers(named) if named else {}
    for a in page:
        if a.server_id in known:
            continue
        server = None
        if a.server_id is not None:
            server = ServerFact(id=a.server_id, presence=Presence.UNKNOWN_HERE)
        age_s = _age(rules, a)
        yield Case(
            server=server, volume_id=a.volume_id, volume=None, others=[a], age_s=age_s,
            in_flight=_in_flight(server, None, age_s, rules),
        )  # fmt: skip


def volume_cases(views: Views, page: list[VolumeFact], rules: Rules) -> Iterator[Case]:
    """Volumes by themselves: does the status follow from the attachments, and does anybody want them?"""
    ids = [volume.id for volume in page]
    by_volume: dict[str, list[AttachmentRecord]] = defaultdict(list)
    for a in views.storage.attachments_of_volumes(ids):
        by_volume[a.volume_id].append(a)
    disks = {disk.volume_id: disk for disk in views.compute.disks_of_volumes(ids)}
    named = {str(v.created_for_server) for v in page if v.created_for_server}
    named |= {str(a.server_id) for found in by_volume.values() for a in found if a.server_id}
    servers = views.compute.servers(sorted(named)) if named else {}
    for volume in page:
        held = by_volume.get(volume.id, [])
        owner = servers.get(volume.created_for_server or "")
        involved = [servers[a.server_id] for a in held if a.server_id in servers]
        age_s = _age(rules, volume, *held)
        reasons = [_in_flight(server, volume, age_s, rules) for server in (*involved, owner)]
        yield Case(
            server=owner, volume_id=volume.id, volume=volume, elsewhere=held, disk=disks.get(volume.id), age_s=age_s,
            in_flight=next((reason for reason in reasons if reason), ""),
        )  # fmt: skip


def mapping_case(
    mapping: MappingFact, server: ServerFact | None, guest: GuestFact | None, *, is_guest_known: bool, rules: Rules
) -> Case:
    """A mask or host of storage that no record accounts for."""
    is_mapped: bool | None = False
    if not is_guest_known:
        is_mapped = None
    elif guest is not None and guest.is_running:
        is_mapped = guest.volume_ids is None or mapping.volume_id in guest.volume_ids
    return Case(
        server=server, volume_id=mapping.volume_id or "", volume=None, is_mapped=is_mapped, age_s=rules.now,
        in_flight=_in_flight(server, None, rules.now, rules),
    )  # fmt: skip
