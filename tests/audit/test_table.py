"""Each row of the decision table, with the case it was written for, and with what must not fall under it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from moorage.audit.model import Action, AttachmentRecord, Case, DiskRecord, Presence, ServerFact, Verdict, VolumeFact
from moorage.audit.table import classify

S = ServerFact(id="s", presence=Presence.LIVE, vm_state="active", is_hosted=True, connector_host="s", was_launched=True)
OFFLOADED = msgspec.structs.replace(S, vm_state="shelved_offloaded", is_hosted=False, is_offloaded=True)
DELETED = msgspec.structs.replace(S, presence=Presence.DELETED, is_hosted=False)
UNKNOWN = ServerFact(id="s", presence=Presence.UNKNOWN_HERE)
DISK = DiskRecord(id="b", server_id="s", volume_id="v", attachment_id="a")
ROOT = msgspec.structs.replace(DISK, is_root=True)
A = AttachmentRecord(id="a", server_id="s", volume_id="v", status="attached", connector_host="s", was_attached=True)
BARE = msgspec.structs.replace(A, id="a2", status="reserved", connector_host=None)
ALIEN = msgspec.structs.replace(A, id="a3", connector_host="elsewhere")
V = VolumeFact(id="v", status="in-use")


def of(thing: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(thing, **changes)


def case(**given: Any) -> Case:
    return Case(**{"server": S, "volume_id": "v", "volume": V, "disk": DISK, "own": A, "is_mapped": False, **given})


def only(given: Case) -> Verdict:
    (verdict,) = classify(given)
    return verdict


RESERVED = of(V, status="reserved")
AVAILABLE = of(V, status="available")
LOST: dict[str, Any] = {"own": None, "disk": of(DISK, attachment_id=None)}
LOST_ROOT: dict[str, Any] = {"own": None, "disk": of(ROOT, attachment_id=None)}
NO_DISK: dict[str, Any] = {"own": None, "disk": None}
PENDING: dict[str, Any] = {"own": None, "disk": of(DISK, delete_on_termination=True), "server": DELETED}

TABLE: list[tuple[str, Action, dict[str, Any]]] = [
    ("0", Action.REPORT, {"inconclusive": "no answer"}),
    ("0", Action.REPORT, {**LOST, "volume": AVAILABLE, "is_mapped": None}),
    ("1", Action.NONE, {"in_flight": "busy"}),
    ("1", Action.NONE, {**LOST, "volume": of(AVAILABLE, migration_status="migrating")}),
    ("2", Action.NONE, {"is_mapped": True, "guest_holds": True, "is_masked": True}),
    ("M0", Action.RECONNECT, {"is_masked": False}),
    ("G0", Action.RECONNECT, {"guest_holds": False}),
    ("3", Action.NONE, {"server": OFFLOADED, "volume": RESERVED, "own": of(BARE, id="a")}),
    ("4", Action.NONE, {"server": OFFLOADED, "own": of(A, connector_host=None)}),
    ("busy", Action.REPORT, {"volume": of(V, status="extending")}),
    ("5", Action.COMPLETE, {"own": of(A, status="attaching"), "volume": of(V, status="attaching"), "is_mapped": True}),
    ("5", Action.RECONNECT, {"own": of(A, status="reserved"), "volume": RESERVED}),
    ("5", Action.UNDO_ATTACH, {"own": of(A, status="reserved", was_attached=False), "volume": RESERVED}),
    ("5", Action.RECONNECT, {"own": of(A, status="reserved", was_attached=False), "volume": RESERVED, "disk": ROOT}),
    ("6", Action.ROLL_BACK_DETACH, {"own": of(A, status="detaching"), "is_mapped": True}),
    ("6", Action.FINISH_DETACH, {"own": of(A, status="detaching")}),
    ("6", Action.FINISH_DETACH, {"volume": of(V, status="detaching")}),
    ("7", Action.DELETE_DISK, {"own": of(A, server_id="t")}),
    ("8", Action.REPORT, {"own": of(A, volume_id="w")}),
    ("9", Action.ADOPT, {**LOST, "others": [A]}),
    ("9", Action.ADOPT, {**LOST, "others": [BARE]}),
    ("11", Action.DELETE_DISK, {**LOST, "volume": AVAILABLE}),
    ("12", Action.DELETE_DISK, {**LOST, "elsewhere": [of(A, server_id="t")]}),
    ("13", Action.DELETE_DISK, {**LOST, "volume": None}),
    ("11", Action.REPORT, {**LOST, "volume": AVAILABLE, "is_mapped": True}),
    ("12", Action.REPORT, {**LOST, "elsewhere": [of(A, server_id="t")], "is_mapped": True}),
    ("13", Action.REPORT, {**LOST, "volume": None, "is_mapped": True}),
    ("11", Action.DELETE_DISK, {**LOST, "volume": AVAILABLE, "is_mapped": True, "guest_holds": True}),
    ("13a", Action.DELETE_DISK, {**LOST, "volume": of(V, status="error")}),
    ("13a", Action.REPORT, {**LOST, "volume": of(V, status="error_deleting"), "is_mapped": True}),
    ("14", Action.DELETE_ATTACHMENT, {"others": [ALIEN]}),
    ("14", Action.REPORT, {"others": [of(A, id="a9")]}),
    ("15", Action.DELETE_ATTACHMENT, {**NO_DISK, "others": [A]}),
    ("15", Action.REBUILD_DISK, {**NO_DISK, "others": [A], "is_mapped": True}),
    ("16", Action.DELETE_ATTACHMENT, {"server": DELETED}),
    ("16", Action.DELETE_DISK, {**LOST, "server": DELETED}),
    ("17", Action.DELETE_ATTACHMENT, {**NO_DISK, "server": UNKNOWN, "others": [A]}),
    ("17", Action.DELETE_ATTACHMENT, {**NO_DISK, "server": None, "others": [of(A, server_id=None)]}),
    ("18", Action.FIX_STATUS, {**NO_DISK, "server": None, "volume": RESERVED}),
    ("18", Action.FIX_STATUS, LOST),
    ("19", Action.DELETE_VOLUME, {**PENDING, "volume": AVAILABLE}),
    ("19", Action.DELETE_DISK, {**PENDING, "volume": of(AVAILABLE, has_snapshots=True)}),
    (
        "20",
        Action.DELETE_VOLUME,
        {**NO_DISK, "server": of(S, was_launched=False), "volume": of(AVAILABLE, created_for_server="s")},
    ),
    ("-", Action.REPORT, {**LOST, "others": [ALIEN]}),
]


@pytest.mark.parametrize(("row", "action", "given"), TABLE, ids=[f"{n}-row{t[0]}" for n, t in enumerate(TABLE)])
def test_a_row_decides(row: str, action: Action, given: dict[str, Any]) -> None:
    verdict = only(case(**given))
    assert (verdict.row, verdict.action) == (row, action), verdict.why


def test_of_two_attachments_the_one_of_the_host_is_adopted_and_the_other_deleted() -> None:
    adopted, surplus = classify(case(**LOST, others=[ALIEN, A]))
    assert (adopted.row, adopted.action, adopted.attachment_id) == ("10", Action.ADOPT, "a")
    assert (surplus.row, surplus.action, surplus.attachment_id) == ("14", Action.DELETE_ATTACHMENT, "a3")


def test_an_offloaded_server_adopts_the_attachment_without_a_connector() -> None:
    adopted, _ = classify(case(**LOST, server=OFFLOADED, others=[BARE, ALIEN]))
    assert (adopted.row, adopted.attachment_id) == ("10", "a2")


def test_two_attachments_that_fit_alike_are_reported() -> None:
    verdict = only(case(**LOST, others=[A, of(A, id="a9")]))
    assert (verdict.row, verdict.action) == ("10", Action.REPORT)


@pytest.mark.parametrize("given", [{"volume": AVAILABLE}, {"volume": None}, {"volume": of(V, status="error")}])
def test_a_root_disk_needs_its_own_permission(given: dict[str, Any]) -> None:
    assert only(case(**LOST_ROOT, **given)).needs == "include-root"


def test_a_used_disk_without_a_record_needs_adopt() -> None:
    assert only(case(**NO_DISK, others=[A], is_mapped=True)).needs == "adopt"


@pytest.mark.parametrize(
    "volume",
    [of(AVAILABLE, created_for_server="s"), of(AVAILABLE, created_for_server="s", has_snapshots=True)],
)
def test_a_volume_of_a_server_that_once_ran_is_never_deleted(volume: VolumeFact) -> None:
    assert only(case(**NO_DISK, volume=volume)).action is Action.REPORT


def test_soft_deleted_counts_as_live() -> None:
    soft = of(S, vm_state="soft-delete", is_hosted=False)
    assert only(case(server=soft)).row == "2"


def test_multiattach_is_judged_by_the_attachment_not_the_volume() -> None:
    shared = of(V, multiattach=True, status="attaching")
    assert only(case(volume=shared)).row not in ("5", "6")
