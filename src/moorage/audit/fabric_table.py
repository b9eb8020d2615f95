"""What about masks, hosts and guests that no record accounts for? The third side of the decision table."""

from __future__ import annotations

from collections.abc import Iterator

from moorage import errors
from moorage.audit.collect import Rules, mapping_case
from moorage.audit.model import Action, Case, Finding, GuestFact, MappingFact, Presence, ServerFact
from moorage.audit.ports import Views


def mapping_findings(views: Views, page: list[MappingFact], rules: Rules) -> Iterator[Finding]:
    """M1: a mask without a record; M2: a host of the array, with its zones, that has no mask."""
    accounted = views.fabric.known_holders(page)
    loose = [m for m in page if m.volume_id is None or (m.backend, m.host, m.volume_id) not in accounted]
    if not loose:
        return
    hosts = sorted({m.host for m in loose})
    servers = views.compute.servers(hosts)
    guests, is_guest_known = _guests(views, hosts)
    for mapping in loose:
        server = servers.get(mapping.host)
        case = mapping_case(mapping, server, guests.get(mapping.host), is_guest_known=is_guest_known, rules=rules)
        yield _judge(mapping, server, case)


def _guests(views: Views, hosts: list[str]) -> tuple[dict[str, GuestFact], bool]:
    try:
        return views.fabric.guests(hosts), True
    except errors.OutsideError:
        return {}, False


def _judge(mapping: MappingFact, server: ServerFact | None, case: Case) -> Finding:
    row = "M2" if mapping.volume_id is None else "M1"
    what = "a host and its zones without any mask" if row == "M2" else "a mask that no attachment accounts for"
    action, why = Action.UNMASK, what
    if case.in_flight:
        row, action, why = "1", Action.NONE, f"in flight: {case.in_flight}"
    elif server is None:
        action, why = Action.REPORT, f"{what}; host {mapping.host} is no server of ours"
    elif row == "M1" and server.presence is Presence.LIVE and case.is_mapped is None:
        row, action, why = "0", Action.REPORT, "unknown: the hypervisor does not say whether the guest has the disk"
    elif row == "M1" and server.presence is Presence.LIVE and case.is_mapped:
        action, why = Action.REPORT, f"{what}; a running guest may be using it, so it is not taken away under it"
    return Finding(
        row=row, server_id=server.id if server else None, volume_id=mapping.volume_id, action=action, why=why,
        mapping=mapping, evidence={"host": mapping.host, "initiators": mapping.initiators, "backend": mapping.backend},
    )  # fmt: skip


def guest_findings(views: Views, page: list[GuestFact], rules: Rules) -> Iterator[Finding]:
    """G1: a guest or partition whose server is deleted or unknown."""
    servers = views.compute.servers([guest.server_id for guest in page]) if page else {}
    for guest in page:
        server = servers.get(guest.server_id)
        if server is not None and server.presence is Presence.LIVE:
            continue
        action, why = Action.REPORT, "a guest of a server that is unknown here"
        row = "G1"
        if server is not None:
            action, why = Action.DESTROY_GUEST, "the server is deleted, its guest is still there"
            if [operation for operation in server.busy_with if operation != rules.own_operation]:
                row, action, why = "1", Action.NONE, "in flight: the deletion is not finished"
        seen = {"is_running": guest.is_running, "volume_ids": guest.volume_ids}
        yield Finding(row=row, server_id=guest.server_id, volume_id=None, action=action, why=why, evidence=seen)


def identity_findings(views: Views, page: list[str], rules: Rules) -> Iterator[Finding]:
    """G2: WWPNs that are held, by a storage group, for a server that has none on record."""
    servers = views.compute.servers(page) if page else {}
    for server_id in page:
        server = servers.get(server_id)
        if server is not None and server.connector_host is not None:
            continue
        row, action, why = "G2", Action.REPORT, "a storage group of a server that is unknown here"
        if server is not None:
            action, why = Action.RELEASE_IDENTITY, "a storage group of a server that has no WWPNs on record"
            if server.task_state or [operation for operation in server.busy_with if operation != rules.own_operation]:
                row, action, why = "1", Action.NONE, "in flight: its server is being worked on"
        yield Finding(row=row, server_id=server_id, volume_id=None, action=action, why=why)
