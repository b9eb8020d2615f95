"""A hard reboot repairs between stop and start, a soft one only reports, and neither fails for it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from moorage import errors
from moorage.audit.embedded.storage import EmbeddedStorage
from moorage.audit.plan import Options
from moorage.drivers.fcarray import Faults
from moorage.operations import actions
from moorage.store.tables.audit import audit_records
from tests.audit.site import Site
from tests.audit.test_damage import held, lose_attachment


def actions_of(site: Site, server_id: str) -> dict[str, list[str]]:
    """Action → details of its events."""
    with site.store.read() as tx:
        return {
            action.action: [str(event.details) for event in actions.events(tx, action.id)]
            for action in actions.of_server(tx, server_id)
        }


def test_a_hard_reboot_removes_what_dangles_and_says_what_and_why(site: Site) -> None:
    server, (root, data) = site.server()
    lose_attachment(site, server, data, "available")
    site.reboot(server, hard=True)
    assert site.get(server).vm_state == "active"
    assert site.row(server, data) is None
    assert held(site, server) == [root]
    assert any(
        "row 11" in details and data in details for details in actions_of(site, server)["cleanup_volume_attachments"]
    )
    assert "cleanup_volume_attachments" not in str(actions_of(site, server)["reboot"])


def test_a_soft_reboot_only_reports(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    site.reboot(server, hard=False)
    assert site.get(server).vm_state == "active"
    assert site.row(server, data) is not None
    (details,) = [d for d in actions_of(site, server)["cleanup_volume_attachments"] if "row 11" in d]
    assert "reported" in details


def test_a_reboot_without_findings_has_no_action_for_them(site: Site) -> None:
    server, _ = site.server()
    for hard in (True, False):
        site.reboot(server, hard=hard)
    assert list(actions_of(site, server)) == ["reboot"]
    with site.store.read() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(audit_records)) == 0


def test_a_hard_reboot_never_deletes_the_root_disk(site: Site) -> None:
    server, (root, _) = site.server()
    lose_attachment(site, server, root, "available")
    site.reboot(server, hard=True)
    assert site.row(server, root) is not None


def test_a_reboot_leaves_young_things_alone(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    site.world.audit = Options(grace_s=900)
    site.reboot(server, hard=True)
    assert site.row(server, data) is not None


@pytest.mark.parametrize("hard", [True, False])
def test_a_reboot_survives_block_storage_that_cannot_be_reached(
    site: Site, hard: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silence(*_: object) -> None:
        raise errors.Unknown("connection refused")

    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    monkeypatch.setattr(EmbeddedStorage, "control", silence)
    site.reboot(server, hard=hard)
    assert (site.get(server).vm_state, site.get(server).task_state) == ("active", None)
    assert site.row(server, data) is not None


def test_a_hard_reboot_survives_an_array_that_refuses_to_unmap(site: Site) -> None:
    server, _ = site.server()
    extra = site.volume()
    site.array.connect(extra, site.connector(server))
    Faults(site.array_file).add("disconnect", "refuse", times=100)
    site.reboot(server, hard=True)
    assert site.get(server).vm_state == "active"
    assert any("failed" in details for details in actions_of(site, server)["cleanup_volume_attachments"])
    Faults(site.array_file).clear()
    assert site.clean_up() == ["done"]


def test_nothing_is_repaired_before_the_guest_has_stopped(site: Site) -> None:
    """Row 13a lets a disk go only when the guest does not have it; at a hard reboot it does not."""
    server, (root, data) = site.server()
    lose_attachment(site, server, data, "error")
    site.reboot(server, hard=False)
    assert site.row(server, data) is not None
    site.reboot(server, hard=True)
    assert site.row(server, data) is None
    assert held(site, server) == [root]


def test_what_a_repair_uncovers_is_repaired_before_the_guest_starts(site: Site) -> None:
    server, (_, data) = site.server()
    lose_attachment(site, server, data, "available")
    site.reboot(server, hard=True)
    assert (server, data) not in site.masks()
    assert site.found() == []
