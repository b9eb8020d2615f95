"""Damage behind Moorage's back: the audit names the row, the clean-up does what the table says, then all is well."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from moorage import ids
from moorage.audit.plan import Options
from moorage.compute.model.guest import Disk
from moorage.operations import actions
from moorage.store.tables.attachments import attachments as rows
from moorage.store.tables.audit import audit_records
from moorage.store.tables.compute import servers as server_rows
from moorage.store.tables.volumes import volumes
from moorage.workflows import cleanup
from tests.audit.site import NOW, WHO, Site

HALF: dict[str, Any] = {
    "attachment_id": None, "attach_status": None, "connector": None, "connection_info": None, "attached_at": None,
}  # fmt: skip
"""What block storage knows of an attachment, forgotten."""


def is_clean(site: Site) -> bool:
    return site.found() == []


def lose_attachment(site: Site, server_id: str, volume_id: str, status: str) -> None:
    """The disk is on record, block storage knows of no attachment."""
    site.sql(rows, rows.c.id == site.row(server_id, volume_id).id, **HALF)
    site.sql(volumes, volumes.c.id == volume_id, status=status, attach_status="detached")


def test_a_whole_cloud_has_no_findings(site: Site) -> None:
    server, _ = site.server()
    site.stop(server)
    other, made = site.server(keep=False)
    site.delete(other)
    assert [site.volume_status(v) for v in made] == [None, None]
    report = site.audit()
    assert (report.findings, report.servers, report.attachments) == ([], 1, 2)


def test_row_1_young_things_are_left_alone(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    report = site.audit(Options(grace_s=900))
    assert report.findings == []
    assert report.waiting > 0


def test_row_1_a_server_with_a_task_is_left_alone(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    site.sql(server_rows, server_rows.c.id == server, task_state="shelving")
    report = site.audit()
    assert report.findings == []
    assert report.waiting > 0


def test_row_1_a_migrating_volume_is_left_alone(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    site.sql(volumes, volumes.c.id == data, migration_status="migrating")
    assert site.audit().findings == []


def test_a_busy_volume_is_reported_only(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "maintenance")
    assert site.found() == [("busy", "report")]
    assert site.clean_up() == []


def test_row_3_and_4_offloaded_servers_are_consistent(site: Site) -> None:
    server, (root, data) = site.server()
    site.stop(server)
    site.guests.destroy(site.get(server).guest())
    for volume in (root, data):
        site.array.disconnect(volume, site.connector(server))
    free = {"connector": None, "connection_info": None}
    site.sql(rows, rows.c.volume_id == root, attach_status="reserved", **free)
    site.sql(volumes, volumes.c.id == root, status="reserved")
    site.sql(rows, rows.c.volume_id == data, **free)
    site.sql(server_rows, server_rows.c.id == server, vm_state="shelved_offloaded", host=None, identity=None)
    assert is_clean(site)


def test_row_5_a_disk_in_the_guest_is_completed(site: Site) -> None:
    _, (_, data) = site.server()
    site.sql(rows, rows.c.volume_id == data, attach_status="attaching")
    site.sql(volumes, volumes.c.id == data, status="attaching")
    assert site.found() == [("5", "complete")]
    assert site.clean_up() == ["done"]
    assert site.volume_status(data) == "in-use"
    assert is_clean(site)


def test_row_5_a_disk_that_was_attached_is_reconnected(site: Site) -> None:
    server, (_, data) = site.server()
    site.guests.unplug(site.get(server).guest(), disk_of(site, server, data))
    site.array.disconnect(data, site.connector(server))
    site.sql(rows, rows.c.volume_id == data, attach_status="reserved", connector=None, connection_info=None)
    site.sql(volumes, volumes.c.id == data, status="reserved")
    assert site.found() == [("5", "reconnect")]
    assert site.clean_up() == ["done"]
    assert (server, data) in site.masks()
    assert data in held(site, server)
    assert is_clean(site)


def test_row_5_an_attach_nobody_was_told_of_is_undone(site: Site) -> None:
    server, _ = site.server()
    extra, row_id = site.volume(), ids.new()
    site.insert(
        id=row_id, bdm_uuid=row_id, server_id=server, volume_id=extra, destination_type="volume",
        attach_status="reserved",
    )  # fmt: skip
    site.sql(volumes, volumes.c.id == extra, status="reserved")
    assert site.found() == [("5", "undo-attach")]
    assert site.clean_up() == ["done"]
    assert site.row(server, extra) is None
    assert site.volume_status(extra) == "available"
    assert is_clean(site)


def test_row_6_a_detach_without_effect_is_rolled_back(site: Site) -> None:
    _, (_, data) = site.server()
    site.sql(rows, rows.c.volume_id == data, attach_status="detaching")
    site.sql(volumes, volumes.c.id == data, status="detaching")
    assert site.found() == [("6", "roll-back-detach")]
    assert site.clean_up() == ["done"]
    assert site.volume_status(data) == "in-use"
    assert is_clean(site)


def test_row_6_a_detach_that_the_guest_has_seen_is_finished(site: Site) -> None:
    server, (_, data) = site.server()
    site.guests.unplug(site.get(server).guest(), disk_of(site, server, data))
    site.sql(rows, rows.c.volume_id == data, attach_status="detaching")
    site.sql(volumes, volumes.c.id == data, status="detaching")
    assert site.found() == [("6", "finish-detach")]
    assert site.clean_up() == ["done"]
    assert site.row(server, data) is None
    assert site.volume_status(data) == "available"
    assert (server, data) not in site.masks()
    assert is_clean(site)


def test_row_9_the_one_that_fits_is_adopted(site: Site) -> None:
    server, (_, data) = site.server()
    split(site, server, data)
    assert site.found() == [("9", "adopt")]
    assert site.clean_up() == ["done"]
    row = site.row(server, data)
    assert row.bdm_uuid
    assert row.attachment_id
    assert row.attach_status == "attached"
    assert is_clean(site)


def test_row_10_and_14_the_one_of_the_host_is_adopted_and_the_rest_deleted(site: Site) -> None:
    server, (_, data) = site.server()
    attachment = split(site, server, data)
    site.insert(server_id=server, volume_id=data, attach_status="attached", connector={"host": "b", "wwpns": []})
    assert site.found() == [("10", "adopt"), ("14", "delete-attachment")]
    assert site.clean_up() == ["done", "done"]
    assert site.row(server, data).attachment_id == attachment
    assert is_clean(site)


def test_row_11_a_disk_whose_volume_is_available_is_unplugged_and_forgotten(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    assert ("11", "delete-bdm") in site.found()
    assert site.clean_up()[0] == "done"
    assert site.row(server, data) is None
    assert data not in held(site, server)
    assert (server, data) not in site.masks()
    assert is_clean(site)


def test_row_11_a_root_disk_is_only_reported(site: Site) -> None:
    server, (root, _) = site.server()
    lose_attachment(site, server, root, "available")
    assert ("11", "report") in site.found()
    assert site.clean_up(include_root=True) == [], "the server runs"
    site.stop(server)
    assert "done" in site.clean_up(include_root=True)
    assert site.row(server, root) is None
    assert is_clean(site)


def test_row_12_possible_double_use_is_said_loudly(site: Site) -> None:
    server, (_, data) = site.server()
    other, _ = site.server()
    lose_attachment(site, server, data, "in-use")
    row_id = ids.new()
    info = site.array.connect(data, site.connector(other))
    site.insert(
        id=row_id, bdm_uuid=row_id, server_id=other, volume_id=data, destination_type="volume",
        attach_status="attached", connector=site.connector(other), connection_info=info,
    )  # fmt: skip
    site.guests.plug(site.get(other).guest(), disk_of(site, other, data))
    (finding,) = [f for f in site.audit().findings if f.row == "12"]
    assert "DOUBLE USE" in finding.why
    assert "done" in site.clean_up()
    assert site.row(server, data) is None
    assert site.row(other, data) is not None
    assert is_clean(site)


def test_row_13_a_disk_whose_volume_is_gone_is_forgotten(site: Site) -> None:
    server, (_, data) = site.server()
    with site.store.write() as tx:
        tx.execute(volumes.delete().where(volumes.c.id == data))
    assert site.found() == [("13", "delete-bdm")]
    site.clean_up()
    assert site.row(server, data) is None
    assert data not in held(site, server)
    assert (server, data) not in site.masks()
    assert is_clean(site)


def test_row_13a_a_volume_in_error_is_let_go_unless_the_guest_has_it(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "error")
    assert ("13a", "report") in site.found()
    assert "delete-bdm" not in [action for _, action in site.found()]
    site.stop(server)
    assert ("13a", "delete-bdm") in site.found()
    site.clean_up()
    assert site.row(server, data) is None
    assert site.volume_status(data) == "error"
    assert is_clean(site)


def test_row_14_a_second_attachment_of_the_same_host_is_reported(site: Site) -> None:
    server, (_, data) = site.server()
    extra = site.insert(server_id=server, volume_id=data, attach_status="attached", connector=site.connector(server))
    assert site.found() == [("14", "report")]
    assert site.clean_up() == []
    assert extra


def test_row_14_a_second_attachment_of_another_host_goes(site: Site) -> None:
    server, (_, data) = site.server()
    site.insert(server_id=server, volume_id=data, attach_status="reserved")
    assert site.found() == [("14", "delete-attachment")]
    assert site.clean_up() == ["done"]
    assert site.volume_status(data) == "in-use"
    assert is_clean(site)


def test_row_15_an_attachment_without_a_disk_goes(site: Site) -> None:
    server, _ = site.server()
    extra = site.volume()
    site.insert(server_id=server, volume_id=extra, attach_status="reserved")
    site.sql(volumes, volumes.c.id == extra, status="reserved")
    assert site.found() == [("15", "delete-attachment")]
    assert site.clean_up() == ["done"]
    assert site.volume_status(extra) == "available"
    assert is_clean(site)


def test_row_15_one_that_the_guest_uses_is_reported_and_recorded_only_with_adopt(site: Site) -> None:
    server, (_, data) = site.server()
    no_disk = {"bdm_uuid": None, "source_type": None, "destination_type": None, "boot_index": None}
    site.sql(rows, rows.c.volume_id == data, **no_disk)
    assert site.found() == [("15", "report")]
    assert site.clean_up() == []
    assert site.clean_up(adopt=True) == ["done"]
    assert site.row(server, data).bdm_uuid
    assert is_clean(site)


@pytest.mark.parametrize("keep", [True, False])
def test_row_16_attachments_of_a_deleted_server_go_and_19_their_volumes_if_so_marked(site: Site, keep: bool) -> None:
    server, (root, data) = site.server(keep=keep)
    site.guests.destroy(site.get(server).guest())
    site.sql(server_rows, server_rows.c.id == server, vm_state="deleted", deleted_at=sa.func.now())
    assert site.found() == [("16", "delete-attachment")] * 2
    assert set(site.clean_up(limit=10)) == {"done"}
    assert (site.row(server, root), site.row(server, data)) == (None, None)
    assert site.masks() == set()
    expected = "available" if keep else None
    assert [site.volume_status(v) for v in (root, data)] == [expected, expected]
    assert is_clean(site)


def test_row_17_a_foreign_attachment_is_only_reported(site: Site) -> None:
    foreign, nobody = site.volume(), site.volume()
    site.insert(server_id=ids.new(), volume_id=foreign, attach_status="attached")
    site.insert(server_id=None, volume_id=nobody, attach_status="attached")
    site.sql(volumes, volumes.c.id.in_([foreign, nobody]), status="in-use", attach_status="attached")
    assert site.found() == [("17", "report")] * 2
    assert site.clean_up() == []


@pytest.mark.parametrize("status", ["in-use", "reserved", "attaching", "detaching"])
def test_row_18_a_drifted_status_is_reported_and_set_right_with_fix_status(site: Site, status: str) -> None:
    volume = site.volume()
    site.sql(volumes, volumes.c.id == volume, status=status)
    assert site.found() == [("18", "report")]
    assert site.clean_up() == []
    assert site.clean_up(fix_status=True) == ["done"]
    assert site.volume_status(volume) == "available"
    assert is_clean(site)


def test_row_19_a_pending_volume_delete_is_done(site: Site) -> None:
    server, _ = site.server(keep=False)
    site.delete(server)
    volume, row_id = site.volume(), ids.new()
    site.insert(
        id=row_id, bdm_uuid=row_id, attachment_id=None, server_id=server, volume_id=volume,
        destination_type="volume", delete_on_termination=True,
    )  # fmt: skip
    assert site.found() == [("19", "delete-volume")]
    assert site.clean_up() == ["done"]
    assert site.volume_status(volume) is None
    assert site.row(server, volume) is None
    assert is_clean(site)


def test_row_20_a_volume_made_for_a_server_that_never_stored_it_goes(site: Site) -> None:
    server, _ = site.server()
    volume = site.volume(created_for_server=server)
    assert is_clean(site), "a server that ran may have let its volume go"
    site.sql(server_rows, server_rows.c.id == server, launched_at=None)
    assert site.found() == [("20", "delete-volume")]
    assert site.clean_up() == ["done"]
    assert site.volume_status(volume) is None
    assert is_clean(site)


def test_m0_a_mask_that_the_array_lost_comes_back(site: Site) -> None:
    server, (_, data) = site.server()
    site.damage_array("DELETE FROM masks WHERE volume_id = ?", data)
    assert site.found() == [("M0", "reconnect")]
    assert site.clean_up() == ["done"]
    assert (server, data) in site.masks()
    assert is_clean(site)


def test_m1_a_mask_without_a_record_goes_but_not_under_a_guest_that_uses_it(site: Site) -> None:
    server, _ = site.server()
    extra = site.volume()
    info = site.array.connect(extra, site.connector(server))
    assert site.found() == [("M1", "unmask")], "the guest lists its disks, and this is none of them"
    disk = Disk(volume_id=extra, device_name="", boot_index=None, connection_info=info)
    site.guests.plug(site.get(server).guest(), disk)
    assert site.found() == [("M1", "report")]
    site.guests.unplug(site.get(server).guest(), disk)
    assert site.clean_up() == ["done"]
    assert (server, extra) not in site.masks()
    assert is_clean(site)


def test_m1_a_mask_of_a_host_that_is_no_server_is_reported(site: Site) -> None:
    extra = site.volume()
    site.array.connect(extra, {"host": "backup-server", "wwpns": ["c05076ffe5000001"]})
    assert site.found() == [("M1", "report")]


def test_m2_a_host_whose_masks_are_gone_is_removed_with_its_zones(site: Site) -> None:
    server, (_, data) = site.server()
    site.delete(server)
    site.array.connect(data, {"host": server, "wwpns": ["c05076ffe5000001"]})
    site.damage_array("DELETE FROM masks")
    assert site.found() == [("M2", "unmask")]
    assert site.clean_up() == ["done"]
    assert is_clean(site)


def test_g0_a_disk_that_the_running_guest_lost_is_plugged_again(site: Site) -> None:
    server, (_, data) = site.server()
    site.guests.unplug(site.get(server).guest(), disk_of(site, server, data))
    assert site.found() == [("G0", "reconnect")]
    assert site.clean_up() == ["done"]
    assert data in held(site, server)
    assert is_clean(site)


def test_g1_the_guest_of_a_deleted_server_is_destroyed_and_an_unknown_one_reported(site: Site) -> None:
    server, _ = site.server()
    guest = site.get(server).guest()
    site.delete(server)
    site.guests.boot(guest, [])
    assert site.found() == [("G1", "destroy-guest")]
    assert site.clean_up() == ["done"]
    assert is_clean(site)
    site.guests.boot(msgspec.structs.replace(guest, id=ids.new()), [])
    assert site.found() == [("G1", "report")]


def test_row_0_a_silent_hypervisor_means_unknown_and_nothing_is_removed(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    site.guests.faults.add("fail-before", "inventory", times=100)
    assert {row for row, _ in site.found()} == {"0"}
    assert site.clean_up() == []
    assert site.row(server, data) is not None


def test_a_mapping_without_an_attachment_is_legitimate(site: Site) -> None:
    volume, connector = site.volume(), {"host": "h", "wwpns": ["c05076ffe5000001"]}
    info = site.array.connect(volume, connector)
    site.insert(attachment_id=None, volume_id=volume, connector=connector, connection_info=info)
    assert is_clean(site)


def test_every_removal_keeps_what_was_there_and_shows_in_the_instance_actions(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    before = site.row(server, data)
    site.clean_up()
    with site.store.read() as tx:
        kept = tx.execute(sa.select(audit_records).where(audit_records.c.table_row == "11")).one()
        (action,) = [a for a in actions.of_server(tx, server) if a.action == "cleanup_volume_attachments"]
        events = actions.events(tx, action.id)
    assert [row["id"] for row in kept.before_rows["attachments"]] == [before.id]
    assert kept.after_rows["attachments"] == []
    assert (kept.user_id, kept.request_id, kept.is_dry_run, kept.result) == ("u", "req-test", False, "done")
    assert any("row 11" in str(event.details) and "available" in str(event.details) for event in events)
    assert json.dumps(kept.evidence)


def test_what_changed_since_the_plan_is_not_touched(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    wanted = [f for f in site.audit().findings if f.row == "11"]
    site.sql(volumes, volumes.c.id == data, status="error")
    with site.store.write() as tx:
        cleanup.request(tx, WHO, wanted, NOW)
    site.idle()
    assert site.row(server, data) is not None
    with site.store.read() as tx:
        assert "changed" in str(tx.scalar(sa.select(audit_records.c.result)))


def split(site: Site, server_id: str, volume_id: str) -> str:
    """Two rows that should be one: the disk without an attachment, the attachment without a disk."""
    row = site.row(server_id, volume_id)
    half = {name: row._mapping[name] for name in (*HALF, "volume_id", "server_id")}
    site.sql(rows, rows.c.id == row.id, **HALF)
    site.insert(**half)
    return str(row.attachment_id)


def disk_of(site: Site, server_id: str, volume_id: str) -> Any:
    row = site.row(server_id, volume_id)
    return Disk(
        volume_id=volume_id, device_name="/dev/vdb", boot_index=None, connection_info=row.connection_info or {}
    )  # fmt: skip


def held(site: Site, server_id: str) -> list[str]:
    (guest,) = site.guests.guests_of([server_id])
    return guest.volume_ids or []
