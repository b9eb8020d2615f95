"""What Nova's clean-up at a reboot cannot do or does wrong, one test for each of its ten known limits."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from moorage import clock, ids
from moorage.audit import run
from moorage.audit.model import Action, AttachmentRecord
from moorage.drivers.fcarray import Faults
from moorage.operations import actions
from moorage.store.tables.attachments import attachments as rows
from moorage.store.tables.compute import servers as server_rows
from moorage.store.tables.operations import operations
from moorage.store.tables.volumes import volumes
from moorage.telemetry import counters
from tests.audit.foreign import Foreign
from tests.audit.site import NOW, Site
from tests.audit.test_damage import HALF, held, is_clean, lose_attachment, split
from tests.audit.test_reboot import actions_of


def reserve_for(site: Site, server: str) -> str:
    """Damage: a volume held for a server that has no disk for it."""
    extra = site.volume()
    site.insert(server_id=server, volume_id=extra, attach_status="reserved")
    site.sql(volumes, volumes.c.id == extra, status="reserved")
    return extra


@pytest.mark.parametrize("state", ["stopped", "shelved_offloaded", "error", "deleted"])
def test_limit_1_servers_that_never_reboot_are_repaired_too(site: Site, state: str) -> None:
    server, made = site.server()
    if state == "deleted":
        site.delete(server)
    elif state == "shelved_offloaded":
        offload(site, server, made)
    else:
        site.stop(server)
        site.sql(server_rows, server_rows.c.id == server, vm_state=state)
    extra = reserve_for(site, server)
    assert site.found() == [("16" if state == "deleted" else "15", "delete-attachment")]
    assert site.clean_up() == ["done"]
    assert site.volume_status(extra) == "available"
    assert is_clean(site)


def offload(site: Site, server: str, made: list[str]) -> None:
    site.guests.destroy(site.get(server).guest())
    for volume in made:
        site.array.disconnect(volume, site.connector(server))
    free = {"connector": None, "connection_info": None, "attach_status": "reserved"}
    site.sql(rows, rows.c.server_id == server, **free)
    site.sql(volumes, volumes.c.id.in_(made), status="reserved")
    site.sql(server_rows, server_rows.c.id == server, vm_state="shelved_offloaded", host=None, identity=None)


def test_limit_2_a_disk_without_an_attachment_id_adopts_its_attachment_instead_of_losing_it(site: Site) -> None:
    server, (_, data) = site.server()
    attachment = split(site, server, data)
    site.reboot(server, hard=True)
    assert site.row(server, data).attachment_id == attachment
    assert data in held(site, server)
    assert is_clean(site)


def test_limit_3_work_in_flight_is_not_touched(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    with site.store.write() as tx:
        tx.execute(
            operations.insert().values(
                id=ids.new(), kind="of_a_later_release", subject=f"server/{server}", args={}, state="pending",
                created_at=clock.now(),
            )
        )  # fmt: skip
    report = site.audit()
    assert (report.findings, report.waiting > 0) == ([], True)


def test_limit_4_nothing_is_unmapped_under_a_guest_at_a_soft_reboot(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    site.reboot(server, hard=False)
    assert data in held(site, server)
    assert (server, data) in site.masks()
    assert site.row(server, data) is not None


def test_limit_5_a_root_disk_stays_and_the_instance_action_says_why(site: Site) -> None:
    server, (root, _) = site.server()
    lose_attachment(site, server, root, "available")
    site.reboot(server, hard=True)
    assert site.row(server, root) is not None
    assert any("ROOT DISK" in details for details in actions_of(site, server)["cleanup_volume_attachments"])


def test_limit_6_every_page_and_every_project_is_read(site: Site) -> None:
    server, _ = site.server()
    made = [ids.new() for _ in range(1100)]
    common = {"project_id": "another", "created_at": clock.now()}
    with site.store.write() as tx:
        tx.execute(volumes.insert(), [
            {"id": v, "user_id": "u", "size_gib": 1, "availability_zone": "nova", "backend": "fcarray",
             "status": "reserved", **common} for v in made
        ])  # fmt: skip
        tx.execute(rows.insert(), [
            {"id": ids.new(), "attachment_id": ids.new(), "server_id": server, "volume_id": v,
             "attach_status": "reserved", **common} for v in made
        ])  # fmt: skip
    report = site.audit()
    assert {finding.volume_id for finding in report.findings} == set(made)
    assert {finding.row for finding in report.findings} == {"15"}
    assert report.attachments == 1102


def test_limit_7_a_repair_that_storage_refuses_does_not_fail_the_reboot(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    Faults(site.array_file).add("disconnect", "refuse", times=100)
    site.reboot(server, hard=True)
    assert (site.get(server).vm_state, site.get(server).task_state) == ("active", None)
    with site.store.read() as tx:
        (reboot,) = [a for a in actions.of_server(tx, server) if a.action == "reboot"]
    assert reboot.message is None
    Faults(site.array_file).clear()
    site.clean_up(limit=10)
    assert is_clean(site)


def test_limit_8_there_is_a_report_an_instance_action_and_a_count(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    assert ("11", "delete-bdm") in site.found()
    assert site.row(server, data) is not None, "a look changes nothing"
    before = repairs()
    site.clean_up()
    assert repairs() == before + 2, "the disk, and the mask that it leaves"
    assert "cleanup_volume_attachments" in actions_of(site, server)


def repairs() -> int:
    return sum(n for (name, _), n in counters.values().items() if name == "audit_repairs")


def test_limit_9_the_volume_itself_and_its_other_attachments_are_examined(site: Site) -> None:
    server, (_, gone, broken, taken) = site.server(3)
    with site.store.write() as tx:
        tx.execute(volumes.delete().where(volumes.c.id == gone))
    lose_attachment(site, server, broken, "error")
    lose_attachment(site, server, taken, "in-use")
    other, _ = site.server(0)
    site.insert(server_id=other, volume_id=taken, attach_status="attached", connector=site.connector(other))
    found = {finding.volume_id: finding.row for finding in site.audit().findings if finding.server_id == server}
    assert found == {gone: "13", broken: "13a", taken: "12"}


def test_limit_9_the_volume_of_an_attachment_is_compared() -> None:
    views = Foreign()
    views.server("s")
    views.attached("s", "v")
    views.attachment_records["a-s-v"] = AttachmentRecord(
        id="a-s-v", server_id="s", volume_id="w", status="attached", connector_host="s"
    )
    found = run.audit(views, run.rules_now(NOW), NOW).findings
    assert ("8", Action.REPORT) in {(finding.row, finding.action) for finding in found}


def test_limit_10_a_block_storage_that_has_never_heard_of_anything_costs_nothing(site: Site) -> None:
    made = dict(site.server(2) for _ in range(3))
    with site.store.write() as tx:
        tx.execute(volumes.delete())
        tx.execute(rows.update().values(**HALF))
    report = site.audit()
    assert "6 of 9 objects" in report.stopped, "root disks are never removed in any case"
    assert site.clean_up() == []
    site.reboot(next(iter(made)), hard=True)
    assert all(site.row(server, volume) is not None for server, held_by in made.items() for volume in held_by)
    assert site.masks() == {(server, volume) for server, held_by in made.items() for volume in held_by}


def test_rows_7_and_8_cannot_occur_with_the_embedded_services(site: Site) -> None:
    """Both views of an attachment are one row, and its id stands once."""
    server, (_, data) = site.server()
    other, _ = site.server(0)
    with pytest.raises(sa.exc.IntegrityError):
        twice(site, site.row(server, data).attachment_id, server_id=other, volume_id=data)


def twice(site: Site, attachment_id: str, **values: Any) -> None:
    """Damage: a second row with the same attachment id."""
    site.insert(attachment_id=attachment_id, attach_status="attached", **values)
