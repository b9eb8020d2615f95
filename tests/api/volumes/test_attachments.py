"""Attachments: reserve, connect, complete, release; with a Fibre Channel array that really masks."""

from __future__ import annotations

from typing import Any

import pytest

from moorage import ids
from moorage.attachments import service as attachments
from tests.api.volumes.conftest import OTHER, Cloud

CONNECTOR = {"host": "part1", "wwpns": ["c05076ffe5000001", "c05076ffe5000002"], "mountpoint": "/dev/sda"}


@pytest.fixture
def server() -> str:
    return ids.new()


def status(cloud: Cloud, volume: dict[str, Any]) -> str:
    found: str = cloud.get(f"/volumes/{volume['id']}").json()["volume"]["status"]
    return found


def test_the_life_of_an_attachment(cloud: Cloud, server: str) -> None:
    volume = cloud.volume(volume_type="array")
    made = cloud.attachment(volume["id"], instance_uuid=server)
    assert (made["status"], made["connection_info"], made["attached_at"]) == ("reserved", {}, "")
    assert status(cloud, volume) == "reserved"
    path = f"/attachments/{made['id']}"
    answer = cloud.put(path, {"attachment": {"connector": CONNECTOR}})
    assert answer.status_code == 200, answer.text
    info = answer.json()["attachment"]["connection_info"]
    assert (info["driver_volume_type"], info["attachment_id"]) == ("fibre_channel", made["id"])
    assert set(info["initiator_target_map"]) == set(CONNECTOR["wwpns"])
    assert status(cloud, volume) == "attaching"
    assert cloud.masks(volume["id"]) == CONNECTOR["wwpns"]
    assert cloud.get(f"/volumes/{volume['id']}").json()["volume"]["attachments"] == []
    done = cloud.post(f"{path}/action", {"os-complete": None})
    assert (done.status_code, done.content) == (204, b"")
    shown = cloud.get(f"/volumes/{volume['id']}").json()["volume"]
    (attached,) = shown["attachments"]
    assert shown["status"] == "in-use"
    assert attached | {"attached_at": None} == {
        "id": volume["id"], "attachment_id": made["id"], "volume_id": volume["id"], "server_id": server,
        "host_name": None, "device": "/dev/sda", "attached_at": None,
    }  # fmt: skip
    assert cloud.delete(f"/volumes/{volume['id']}").status_code == 400
    answer = cloud.delete(path)
    assert (answer.status_code, answer.json()) == (200, {"attachments": []})
    assert status(cloud, volume) == "available"
    assert cloud.masks(volume["id"]) == []
    assert cloud.delete(path).status_code == 404


def test_lists_show_the_own_projects_attachments(cloud: Cloud, server: str) -> None:
    volume = cloud.volume()
    made = cloud.attachment(volume["id"], instance_uuid=server, mode="ro")
    assert cloud.get("/attachments").json() == {
        "attachments": [{"id": made["id"], "status": "reserved", "instance": server, "volume_id": volume["id"]}]
    }
    (detail,) = cloud.get(f"/attachments/detail?volume_id={volume['id']}").json()["attachments"]
    assert detail["attach_mode"] == "ro"
    assert cloud.get("/attachments?status=attached").json() == {"attachments": []}
    assert cloud.get(f"/attachments?instance_id={server}&status=reserved").json()["attachments"]
    assert cloud.get("/attachments?all_tenants=1", project=OTHER).json() == {"attachments": []}
    everything = cloud.get("/attachments?all_tenants=1", project=OTHER, role="admin").json()["attachments"]
    assert made["id"] in [a["id"] for a in everything]
    assert cloud.get("/attachments", project=OTHER, role="admin").json() == {"attachments": []}
    assert cloud.get(f"/attachments/{made['id']}", project=OTHER).status_code == 404


def test_a_taken_volume_cannot_be_reserved_for_another_server(cloud: Cloud, server: str) -> None:
    volume = cloud.volume()
    cloud.attachment(volume["id"], instance_uuid=server)
    again = {"attachment": {"volume_uuid": volume["id"], "instance_uuid": ids.new()}}
    answer = cloud.post("/attachments", again)
    assert answer.status_code == 400
    assert "status must be available or downloading to reserve, but the current status is reserved." in answer.text
    second = cloud.attachment(volume["id"], instance_uuid=server)  # migration: the same server may
    answer = cloud.delete(f"/attachments/{second['id']}")
    assert len(answer.json()["attachments"]) == 1


def test_two_connectors_on_one_volume_are_409(cloud: Cloud, server: str) -> None:
    volume = cloud.volume()
    first = cloud.attachment(volume["id"], instance_uuid=server, connector=CONNECTOR)
    cloud.post(f"/attachments/{first['id']}/action", {"os-complete": None})
    second = cloud.attachment(volume["id"], instance_uuid=server)
    answer = cloud.put(f"/attachments/{second['id']}", {"attachment": {"connector": {"host": "b"}}})
    assert answer.status_code == 409
    assert f"duplicate connectors detected on volume {volume['id']}" in answer.text
    cloud.delete(f"/attachments/{second['id']}")
    assert cloud.put(f"/attachments/{first['id']}", {"attachment": {"connector": CONNECTOR}}).status_code == 200


def test_another_connector_replaces_the_first_in_the_array(cloud: Cloud, server: str) -> None:
    volume = cloud.volume(volume_type="array")
    made = cloud.attachment(volume["id"], instance_uuid=server, connector=CONNECTOR)
    other = {"host": "part2", "wwpns": ["c05076ffe5000009"]}
    assert cloud.put(f"/attachments/{made['id']}", {"attachment": {"connector": other}}).status_code == 200
    assert cloud.masks(volume["id"]) == other["wwpns"]


def test_a_refusal_of_the_array_leaves_the_attachment_reserved(cloud: Cloud, server: str) -> None:
    volume = cloud.volume(volume_type="array")
    made = cloud.attachment(volume["id"], instance_uuid=server)
    cloud.faults().add("connect", "refuse")
    answer = cloud.put(f"/attachments/{made['id']}", {"attachment": {"connector": CONNECTOR}})
    assert answer.status_code == 500
    assert cloud.get(f"/attachments/{made['id']}").json()["attachment"]["status"] == "reserved"
    assert (status(cloud, volume), cloud.masks(volume["id"])) == ("reserved", [])


def test_a_lost_reply_of_the_array_is_asked_again(cloud: Cloud, server: str) -> None:
    volume = cloud.volume(volume_type="array")
    made = cloud.attachment(volume["id"], instance_uuid=server)
    cloud.faults().add("connect", "lost-reply", times=2)
    assert cloud.put(f"/attachments/{made['id']}", {"attachment": {"connector": CONNECTOR}}).status_code == 200
    cloud.faults().add("disconnect", "lost-reply", times=2)
    assert cloud.delete(f"/attachments/{made['id']}").status_code == 200
    assert (status(cloud, volume), cloud.masks(volume["id"])) == ("available", [])


@pytest.mark.parametrize("role", ["member", "admin"])
def test_users_cannot_take_a_volume_from_a_running_server(cloud: Cloud, server: str, role: str) -> None:
    volume, made = _on_a_server(cloud, server)
    path, text = f"/attachments/{made}", f"Detach volume from instance {server} using the Compute API"
    for answer in (
        cloud.delete(path, role=role),
        cloud.act(volume["id"], "os-detach", {"attachment_id": made}, role=role),
        cloud.act(volume["id"], "os-detach", {}, role=role),
        cloud.act(volume["id"], "os-terminate_connection", {"connector": CONNECTOR}, role=role),
        cloud.act(volume["id"], "os-force_detach", {"attachment_id": made, "connector": None}, role="admin"),
    ):
        assert answer.status_code == 409, answer.text
        assert text in answer.json()["conflictingRequest"]["message"]
    assert cloud.masks(volume["id"]) == CONNECTOR["wwpns"]
    assert cloud.delete(path, role=role, **{"X-Service-Token": "member:x"}).status_code == 409
    assert cloud.delete(path, role=role, **{"X-Service-Token": "forged"}).status_code == 401
    assert cloud.delete(path, role=role, **{"X-Service-Token": "service:x"}).status_code == 200
    assert cloud.masks(volume["id"]) == []


def _on_a_server(cloud: Cloud, server: str) -> tuple[dict[str, Any], str]:
    """A volume connected as compute does it: one row that both sides know."""
    volume = cloud.volume(volume_type="array")
    with cloud.store.write() as tx:
        row_id = attachments.add_disk(
            tx, project_id=cloud.project, server_id=server, source_type="volume", destination_type="volume",
            volume_id=volume["id"],
        )  # fmt: skip
        made = attachments.reserve(tx, volume["id"], project_id=cloud.project, server_id=server, row_id=row_id)
    assert cloud.put(f"/attachments/{made}", {"attachment": {"connector": CONNECTOR}}).status_code == 200
    assert cloud.post(f"/attachments/{made}/action", {"os-complete": {}}).status_code == 204
    return volume, made


def test_an_attachment_of_another_volume_is_400(cloud: Cloud, server: str) -> None:
    mine, other = cloud.volume(), cloud.volume()
    made = cloud.attachment(other["id"], instance_uuid=server)
    assert cloud.act(mine["id"], "os-detach", {"attachment_id": made["id"]}).status_code == 400
    assert cloud.act(mine["id"], "os-detach", {"attachment_id": ids.new()}).status_code == 409
    as_service = {"X-Service-Token": "service:x"}
    assert cloud.act(mine["id"], "os-detach", {"attachment_id": ids.new()}, **as_service).status_code == 400


@pytest.mark.parametrize(
    "body", [{}, {"volume_uuid": "x"}, {"volume_uuid": ids.new(), "mode": "rx"}, {"volume_uuid": ids.new(), "a": 1}]
)
def test_bad_bodies_are_400(cloud: Cloud, body: dict[str, object]) -> None:
    assert cloud.post("/attachments", {"attachment": body}).status_code == 400


def test_unknown_volumes_and_actions(cloud: Cloud, server: str) -> None:
    assert cloud.post("/attachments", {"attachment": {"volume_uuid": ids.new()}}).status_code == 404
    made = cloud.attachment(cloud.volume()["id"], instance_uuid=server)
    answer = cloud.post(f"/attachments/{made['id']}/action", {"os-other": None})
    assert "There is no such action: os-other" in answer.text
    assert cloud.post(f"/attachments/{made['id']}/action", {"os-complete": None}, version="3.43").status_code == 400
    assert cloud.put(f"/attachments/{made['id']}", {"attachment": {"connector": {}}}).status_code == 400


def test_a_multiattach_volume_serves_several_servers(cloud: Cloud) -> None:
    specs = {"multiattach": "<is> True", "volume_backend_name": "array"}
    name = f"shared-{ids.new()}"
    cloud.post("/types", {"volume_type": {"name": name, "extra_specs": specs}}, role="admin")
    volume = cloud.volume(volume_type=name)
    assert volume["multiattach"] is True
    first = cloud.attachment(volume["id"], instance_uuid=ids.new(), connector=CONNECTOR)
    cloud.post(f"/attachments/{first['id']}/action", {"os-complete": None})
    other = {"host": "part2", "wwpns": ["c05076ffe5000009"]}
    second = cloud.attachment(volume["id"], instance_uuid=ids.new(), connector=other)
    cloud.post(f"/attachments/{second['id']}/action", {"os-complete": None})
    assert len(cloud.get(f"/volumes/{volume['id']}").json()["volume"]["attachments"]) == 2
    assert len(cloud.masks(volume["id"])) == 3
    cloud.delete(f"/attachments/{first['id']}")
    assert (status(cloud, volume), cloud.masks(volume["id"])) == ("in-use", other["wwpns"])
