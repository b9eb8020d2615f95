"""Attach, detach, swap and update in every state of a server, below and from the microversion that matters.

``data/volume_operations.yaml`` is the table to read and to change.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from moorage.attachments import service as attachments
from moorage.attachments.model import Attachment
from moorage.compute.service import servers, services
from moorage.operations import actions
from moorage.store.tables.operations import operations as operation_rows
from moorage.volumes.service import volumes
from tests.api.compute.volume_site import OFFLOADED, VolumeSite

TABLE = yaml.safe_load((Path(__file__).parent / "data" / "volume_operations.yaml").read_text())
CELLS = [
    (state, operation, version, answer)
    for state, row in TABLE["table"].items()
    for operation, cell in row.items()
    for version, answer in zip(("below", "from"), (word.strip() for word in cell.split("|")), strict=True)
]


def below(version: str) -> str:
    major, minor = version.split(".")
    return f"{major}.{int(minor) - 1}"


@pytest.fixture
def site(tmp_path: Path) -> VolumeSite:
    return VolumeSite(tmp_path)


def path(site: VolumeSite, volume: str = "") -> str:
    return f"/servers/{site.names['server']}/os-volume_attachments" + (f"/{site.names[volume]}" if volume else "")


def wanted(volume_id: str, **more: Any) -> dict[str, Any]:
    return {"volumeAttachment": {"volumeId": volume_id, **more}}


def disks(site: VolumeSite) -> list[Attachment]:
    with site.store.read() as tx:
        return attachments.of_server(tx, site.names["server"])


def status(site: VolumeSite, volume: str) -> str:
    with site.store.read() as tx:
        return volumes.get(tx, site.names[volume]).status


def refusal(response: Any) -> str:
    return str(next(iter(response.json().values()))["message"])


def test_the_table_has_every_cell() -> None:
    assert all(set(row) == set(TABLE["operations"]) for row in TABLE["table"].values())
    assert len(TABLE["table"]) == 11


@pytest.mark.parametrize(("state", "operation", "side", "answer"), CELLS)
def test_each_cell_of_the_table(site: VolumeSite, state: str, operation: str, side: str, answer: str) -> None:
    how, expected = TABLE["operations"][operation], TABLE["answers"][answer]
    site.prepare(state)
    if how.get("migrating"):
        site.note("data migrates")
    version = how["split"] if side == "from" else below(how["split"])
    body = wanted(site.names["free"])
    if how.get("update"):
        body = wanted(site.names["data"], delete_on_termination=True)
    target = path(site) if how["do"] == "POST" else path(site, "data")
    before = disks(site)
    response = site.ask(how["as"], version, how["do"], target, None if how["do"] == "DELETE" else body)
    assert response.status_code == expected["status"], response.text
    if "says" in expected:
        said = expected["says"].format(
            action=how.get("action"), server=site.names["server"], old=site.names["data"], vm_state=state
        )
        assert refusal(response).startswith(said)
        assert disks(site) == before
        assert (status(site, "free"), len(_operations(site))) == ("available", 0)
    else:
        assert disks(site) != before


def _operations(site: VolumeSite) -> list[Any]:
    with site.store.read() as tx:
        return list(tx.execute(sa.select(operation_rows)))


def test_an_attach_while_offloaded_is_complete_at_once_without_device_and_connector(site: VolumeSite) -> None:
    site.prepare(OFFLOADED)
    response = site.ask("member", "2.79", "POST", path(site), wanted(site.names["free"], delete_on_termination=True))
    server, free = site.names["server"], site.names["free"]
    assert response.json() == {
        "volumeAttachment": {
            "id": free, "volumeId": free, "serverId": server, "device": None, "tag": None,
            "delete_on_termination": True,
        }
    }  # fmt: skip
    (row,) = [disk for disk in disks(site) if disk.volume_id == free]
    assert (row.attach_status, row.connector, row.device_name) == ("attached", None, None)
    assert status(site, "free") == "in-use"
    assert _operations(site) == []
    assert _events(site) == [("attach_volume", "api_attach_volume", "Success")]
    listed = site.ask("member", "2.89", "GET", path(site, "free")).json()["volumeAttachment"]
    assert "device" not in listed


def test_a_detach_while_offloaded_keeps_the_volume_whatever_delete_on_termination_says(site: VolumeSite) -> None:
    site.prepare(OFFLOADED)
    site.ask("member", "2.85", "PUT", path(site, "data"), wanted(site.names["data"], delete_on_termination=True))
    assert site.ask("member", "2.20", "DELETE", path(site, "data")).status_code == 202
    assert status(site, "data") == "available"
    assert [disk.volume_id for disk in disks(site)] == [site.names["root"]]
    assert _events(site) == [("detach_volume", "api_detach_volume", "Success")]


def test_a_detach_while_offloaded_waits_for_storage_if_somebody_is_still_let_in(site: VolumeSite) -> None:
    site.prepare(OFFLOADED)
    with site.store.write() as tx:
        (row,) = [disk for disk in attachments.of_server(tx, site.names["server"]) if not disk.is_root]
        attachments.set_connector(tx, row.id, {"host": "h"})
        attachments.complete(tx, row.id)
    assert site.ask("member", "2.20", "DELETE", path(site, "data")).status_code == 202
    assert status(site, "data") == "detaching"
    assert [operation.kind for operation in _operations(site)] == ["detach_volume"]


def _events(site: VolumeSite) -> list[tuple[str, str, str | None]]:
    with site.store.read() as tx:
        found = actions.of_server(tx, site.names["server"])
        return [
            (action.action, event.event, event.result) for action in found for event in actions.events(tx, action.id)
        ]


def test_a_swap_while_offloaded_puts_the_new_volume_in_the_old_ones_place(site: VolumeSite) -> None:
    site.prepare(OFFLOADED)
    site.ask("member", "2.85", "PUT", path(site, "data"), wanted(site.names["data"], delete_on_termination=True))
    (old,) = [disk for disk in disks(site) if not disk.is_root]
    assert site.ask("member", "2.20", "PUT", path(site, "data"), wanted(site.names["free"])).status_code == 202
    (new,) = [disk for disk in disks(site) if not disk.is_root]
    assert new.volume_id == site.names["free"]
    for kept in ("bdm_uuid", "device_name", "tag", "boot_index", "delete_on_termination"):
        assert getattr(new, kept) == getattr(old, kept), kept
    assert (status(site, "data"), status(site, "free")) == ("available", "in-use")
    assert _events(site) == [("swap_volume", "api_swap_volume", "Success")]


@pytest.mark.parametrize(
    ("state", "bootable", "code"), [(OFFLOADED, True, 202), (OFFLOADED, False, 400), ("shelved", True, 409)]
)
def test_the_root_can_be_replaced_only_while_offloaded_by_a_bootable_volume(
    site: VolumeSite, state: str, bootable: bool, code: int
) -> None:
    site.prepare(state)
    with site.store.write() as tx:
        volumes.update(tx, site.names["free"], bootable=bootable)
    response = site.ask("member", "2.20", "PUT", path(site, "root"), wanted(site.names["free"]))
    assert response.status_code == code, response.text
    (root,) = [disk for disk in disks(site) if disk.is_root]
    assert root.volume_id == site.names["free" if code == 202 else "root"]


@pytest.mark.parametrize("volume", ["reserved", "elsewhere", "error_volume", "missing", "foreign", "multi"])
def test_a_swap_while_offloaded_takes_only_an_available_volume_of_the_project(site: VolumeSite, volume: str) -> None:
    site.prepare(OFFLOADED)
    response = site.ask("member", "2.20", "PUT", path(site, "data"), wanted(site.names[volume]))
    assert response.status_code == 400, response.text
    assert [disk.volume_id for disk in disks(site)] == [site.names["root"], site.names["data"]]


def test_an_operator_may_allow_admins_to_swap_directly(tmp_path: Path) -> None:
    site = VolumeSite(tmp_path, is_direct_swap_allowed=True)
    site.prepare("active")
    body = wanted(site.names["free"])
    assert site.ask("member", "2.1", "PUT", path(site, "data"), body).status_code == 403
    assert site.ask("admin", "2.1", "PUT", path(site, "data"), body).status_code == 202
    assert (status(site, "data"), status(site, "free")) == ("detaching", "reserved")


def test_a_refused_swap_leaves_the_change_of_delete_on_termination(site: VolumeSite) -> None:
    site.prepare("active")
    body = wanted(site.names["free"], delete_on_termination=True)
    assert site.ask("admin", "2.85", "PUT", path(site, "data"), body).status_code == 409
    assert [disk.delete_on_termination for disk in disks(site)] == [False, True]


@pytest.mark.parametrize("operation", ["attach", "detach"])
def test_nothing_starts_while_the_server_is_busy(site: VolumeSite, operation: str) -> None:
    site.prepare(OFFLOADED)
    with site.store.write() as tx:
        servers.update(tx, site.names["server"], task_state="unshelving")
    attach = operation == "attach"
    body = wanted(site.names["free"]) if attach else None
    response = site.ask("member", "2.20", "POST" if attach else "DELETE", path(site, "" if attach else "data"), body)
    assert response.status_code == 409
    assert f"'{operation}_volume'" in refusal(response)
    assert "task_state unshelving" in refusal(response)


def test_a_detach_is_refused_while_the_host_is_down(site: VolumeSite) -> None:
    site.prepare("active")
    with site.store.write() as tx:
        services.register_hosts(tx, "sim", [])
    response = site.ask("member", "2.20", "DELETE", path(site, "data"))
    assert (response.status_code, refusal(response)) == (409, "Service is unavailable at this time.")
    assert status(site, "data") == "in-use"


def test_a_volume_of_several_servers_is_detached_from_one_only(site: VolumeSite) -> None:
    site.prepare("active")
    first = site.names["server"]
    assert site.ask("member", "2.60", "POST", path(site), wanted(site.names["multi"])).status_code == 200
    site.settle()
    again = site.ask("member", "2.60", "POST", path(site), wanted(site.names["multi"]))
    assert refusal(again) == f"Invalid volume: volume {site.names['multi']} already attached"
    site.prepare("active")
    assert site.ask("member", "2.60", "POST", path(site), wanted(site.names["multi"])).status_code == 200
    assert status(site, "multi") == "in-use"
    site.settle()
    assert site.ask("member", "2.60", "DELETE", path(site, "multi")).status_code == 202
    assert status(site, "multi") == "in-use"
    states = {}
    with site.store.read() as tx:
        states = {row.server_id: row.attach_status for row in attachments.of_volume(tx, site.names["multi"])}
    assert states == {first: "attached", site.names["server"]: "detaching"}
