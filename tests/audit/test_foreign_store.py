"""The same engine on a compute and block storage that are not ours: pages, silence, 403, lies."""

from __future__ import annotations

import pytest

from moorage.audit import acting, run
from moorage.audit.model import QUIET, Action, AttachmentRecord, Presence, VolumeFact
from moorage.audit.plan import Options
from tests.audit.foreign import Foreign

NOW = Options(grace_s=0.0)


def cloud(servers: int = 5, disks: int = 2) -> Foreign:
    made = Foreign()
    for s in range(servers):
        made.server(f"s{s}")
        for d in range(disks):
            made.attached(f"s{s}", f"v{s}-{d}")
    return made


def audit(views: Foreign, options: Options = NOW, servers: list[str] | None = None) -> run.Report:
    return run.audit(views, run.rules_now(options), options, servers)


def act(views: Foreign, options: Options = NOW) -> list[str]:
    """All that the plan allows."""
    found = [f for f in audit(views, options).findings if f.action not in QUIET and not f.result]
    return [acting.repair(views, finding, run.rules_now(options), options) for finding in found]


def test_all_pages_are_read() -> None:
    views = cloud(servers=7)
    del views.attachment_records["a-s6-v6-1"]
    del views.volume_facts["v6-1"]
    report = audit(views)
    assert report.servers == 7
    assert [finding.server_id for finding in report.findings] == ["s6"]


def test_row_7_an_attachment_of_another_server_is_never_touched() -> None:
    views = cloud(servers=6)
    views.attachment_records["a-s0-v0-1"] = AttachmentRecord(
        id="a-s0-v0-1", server_id="s1", volume_id="v0-1", status="attached", connector_host="s1"
    )
    views.attached("s1", "v0-1", attachment_id="a-s0-v0-1x")
    del views.attachment_records["a-s0-v0-1x"]
    views.disk_records.pop("b-a-s0-v0-1x")
    rows = {(f.row, f.action) for f in audit(views).findings if f.server_id == "s0"}
    assert rows == {("7", Action.DELETE_DISK)}
    (finding,) = [f for f in audit(views).findings if f.row == "7"]
    assert acting.repair(views, finding, run.rules_now(NOW), NOW) == "done"
    assert views.removed == ["plug-s0-v0-1", "b-a-s0-v0-1"]


def test_row_8_an_attachment_of_another_volume_is_reported() -> None:
    views = cloud()
    views.attachment_records["a-s0-v0-1"] = AttachmentRecord(
        id="a-s0-v0-1", server_id="s0", volume_id="v1-1", status="attached", connector_host="s0"
    )
    assert ("8", Action.REPORT) in {(f.row, f.action) for f in audit(views).findings}
    assert not [f for f in audit(views).findings if f.row == "8" and f.action not in QUIET]


def test_row_9_a_bdm_with_an_id_that_is_404_adopts_the_one_that_is_there() -> None:
    views = cloud()
    old = views.attachment_records.pop("a-s0-v0-1")
    views.attachment_records["new"] = AttachmentRecord(
        id="new", server_id="s0", volume_id="v0-1", status="attached", connector_host=old.connector_host
    )
    assert act(views) == ["done"]
    assert audit(views).findings == []


def test_row_17_goes_only_when_named_and_proved_gone() -> None:
    views = cloud()
    views.attached("gone", "v9")
    views.disk_records.pop("b-a-gone-v9")
    assert act(views) == []
    named = Options(grace_s=0.0, instances=["gone"])
    assert not [f for f in audit(views, named, ["gone"]).findings if f.action not in QUIET]
    views.is_proof = True
    (finding,) = [f for f in audit(views, named, ["gone"]).findings if f.row == "17"]
    assert acting.repair(views, finding, run.rules_now(named), named) == "done"
    assert views.removed == ["a-gone-v9"]


@pytest.mark.parametrize("how", ["timed out", "403", "500", "connection refused", "page 2 is missing"])
@pytest.mark.parametrize("call", ["control", "list", "attachment", "volume", "guests", "servers/1", "volume_pages"])
def test_nothing_is_removed_on_unknown(call: str, how: str) -> None:
    views = cloud(disks=1)
    for server in range(5):
        views.attachment_records.pop(f"a-s{server}-v{server}-0")
        views.volume_facts[f"v{server}-0"] = VolumeFact(id=f"v{server}-0", status="available")
    views.fail[call] = how
    options = Options(grace_s=0.0, limit=0 if call in ("servers/1", "volume_pages") else 100)
    report = audit(views, options)
    assert report.unknown > 0
    act(views, options)
    assert views.removed == []


def test_one_silent_server_does_not_hide_the_others() -> None:
    views = cloud(servers=12, disks=1)
    views.fail["list/s3"] = "500"
    views.attachment_records.pop("a-s5-v5-0")
    views.volume_facts.pop("v5-0")
    rows = {(f.server_id, f.row) for f in audit(views).findings}
    assert rows == {("s3", "0"), ("s5", "13")}


def test_a_store_that_answers_404_for_everything_is_stopped_by_the_blast_limit() -> None:
    views = cloud(servers=20)
    views.lies_404 = True
    report = audit(views)
    assert "40 of 40 objects" in report.stopped
    assert {finding.row for finding in report.findings} == {"13"}
    assert all(finding.result.startswith("stopped by the blast limit") for finding in report.findings)
    assert act(views) == []
    assert views.removed == []


def test_a_404_for_everything_of_one_server_stops_there() -> None:
    views = cloud(servers=1, disks=3)
    views.lies_404 = True
    assert "blast limit" in audit(views, servers=["s0"]).stopped
    assert act(views) == []


def test_a_refused_delete_is_a_result_and_the_finding_stays() -> None:
    views = cloud()
    views.attachment_records["extra"] = AttachmentRecord(
        id="extra", server_id="s0", volume_id="v0-1", status="reserved"
    )
    views.fail["delete"] = "409"
    (result,) = act(views)
    assert result.startswith("failed")
    assert [f.row for f in audit(views).findings] == ["14"]


def test_a_plan_is_compared_with_what_is_there_before_it_is_carried_out() -> None:
    views = cloud()
    record = views.attachment_records.pop("a-s0-v0-1")
    views.volume_facts.pop("v0-1")
    (finding,) = audit(views).findings
    views.attached("s0", "v0-1")
    views.attachment_records["a-s0-v0-1"] = record
    assert acting.repair(views, finding, run.rules_now(NOW), NOW).startswith("done: it is as it should be")
    assert views.removed == []


def test_servers_that_never_reboot_are_looked_at_too() -> None:
    """Stopped, in error, offloaded or deleted: Nova's own clean-up never sees them."""
    views = cloud(servers=0)
    for state, presence in (("stopped", Presence.LIVE), ("error", Presence.LIVE), ("deleted", Presence.DELETED)):
        views.server(state, vm_state=state, presence=presence)
        views.attached(state, f"v-{state}")
        views.disk_records.pop(f"b-a-{state}-v-{state}")
        views.running.clear()
    assert [(f.server_id, f.row) for f in audit(views).findings] == [
        ("stopped", "15"),
        ("error", "15"),
        ("deleted", "16"),
    ]
