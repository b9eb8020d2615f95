"""Types, quotas, services, pools, transfers, QoS, and what else operators look at."""

from __future__ import annotations

from typing import Any

import pytest

from moorage import ids
from moorage.workflows import report_pools
from tests.api.volumes.conftest import OTHER, Cloud


def admin(cloud: Cloud, method: str, path: str, body: Any = None) -> Any:
    return cloud.ask(method, path, body, role="admin")


def test_types_are_made_changed_and_deleted(cloud: Cloud) -> None:
    name = f"fast-{cloud.project}"
    body = {"volume_type": {"name": name, "description": "d", "extra_specs": {"volume_backend_name": "files"}}}
    assert cloud.post("/types", body).status_code == 403
    made = admin(cloud, "POST", "/types", body)
    assert made.status_code == 200, made.text
    kind = made.json()["volume_type"]
    assert admin(cloud, "POST", "/types", body).status_code == 409
    path = f"/types/{kind['id']}"
    changed = admin(cloud, "PUT", path, {"volume_type": {"name": name + "er"}}).json()["volume_type"]
    assert (changed["name"], changed["description"]) == (name + "er", "d")
    assert admin(cloud, "PUT", path, {"volume_type": {}}).status_code == 400
    volume = cloud.volume(volume_type=name + "er")
    assert admin(cloud, "DELETE", path).status_code == 400
    cloud.delete(f"/volumes/{volume['id']}")
    cloud.gone(f"/volumes/{volume['id']}")
    assert admin(cloud, "DELETE", path).status_code == 202
    assert admin(cloud, "GET", path).status_code == 404


def test_users_see_types_without_what_is_not_theirs(cloud: Cloud) -> None:
    shown = cloud.get("/types/default").json()["volume_type"]
    assert (shown["name"], shown["extra_specs"]) == ("__DEFAULT__", {})
    assert "qos_specs_id" not in shown
    listed = {row["name"]: row for row in cloud.get("/types").json()["volume_types"]}
    assert {"__DEFAULT__", "files", "array"} <= set(listed)
    assert "os-volume-type-access:is_public" in listed["files"]
    assert admin(cloud, "GET", "/types/default").json()["volume_type"]["extra_specs"] == {
        "volume_backend_name": "files"
    }
    default_id = shown["id"]
    assert admin(cloud, "DELETE", f"/types/{default_id}").status_code == 400


def test_private_types_are_for_the_projects_named(cloud: Cloud) -> None:
    name = f"private-{cloud.project}"
    body = {"volume_type": {"name": name, "os-volume-type-access:is_public": False}}
    path = f"/types/{admin(cloud, 'POST', '/types', body).json()['volume_type']['id']}"
    assert cloud.get(path).status_code == 404
    assert cloud.post("/volumes", {"volume": {"size": 1, "volume_type": name}}).status_code == 404
    grant = {"addProjectAccess": {"project": cloud.project}}
    assert cloud.post(f"{path}/action", grant).status_code == 403
    assert admin(cloud, "POST", f"{path}/action", grant).status_code == 202
    assert admin(cloud, "POST", f"{path}/action", grant).status_code == 409
    assert admin(cloud, "GET", f"{path}/os-volume-type-access").json()["volume_type_access"] == [
        {"volume_type_id": path[7:], "project_id": cloud.project}
    ]
    assert cloud.get(path).status_code == 200
    assert name in [row["name"] for row in cloud.get("/types").json()["volume_types"]]
    assert cloud.get(path, project=OTHER).status_code == 404
    take = {"removeProjectAccess": {"project": cloud.project}}
    assert admin(cloud, "POST", f"{path}/action", take).status_code == 202
    assert admin(cloud, "POST", f"{path}/action", take).status_code == 404


def test_extra_specs(cloud: Cloud) -> None:
    made = admin(cloud, "POST", "/types", {"volume_type": {"name": f"specs-{cloud.project}"}}).json()
    path = f"/types/{made['volume_type']['id']}/extra_specs"
    assert admin(cloud, "POST", path, {"extra_specs": {"a": "1", "multiattach": "<is> True"}}).status_code == 200
    assert cloud.get(path).json() == {"extra_specs": {"multiattach": "<is> True"}}
    assert admin(cloud, "PUT", f"{path}/a", {"a": "2"}).json() == {"a": "2"}
    assert admin(cloud, "PUT", f"{path}/a", {"b": "2"}).status_code == 400
    assert admin(cloud, "GET", f"{path}/a").json() == {"a": "2"}
    assert admin(cloud, "DELETE", f"{path}/a").status_code == 202
    assert admin(cloud, "GET", f"{path}/a").status_code == 404
    assert admin(cloud, "POST", path, {"extra_specs": {"bad\nkey": "1"}}).status_code == 400


def test_a_type_of_a_backend_that_is_not_there_fails_with_a_message(cloud: Cloud) -> None:
    name = f"gone-{cloud.project}"
    specs = {"volume_backend_name": "nowhere"}
    admin(cloud, "POST", "/types", {"volume_type": {"name": name, "extra_specs": specs}})
    made = cloud.post("/volumes", {"volume": {"size": 1, "volume_type": name}}).json()["volume"]
    cloud.settled(f"/volumes/{made['id']}", "error")
    (message,) = cloud.get(f"/messages?resource_uuid={made['id']}").json()["messages"]
    assert (message["event_id"], message["message_level"]) == ("VOLUME_VOLUME_001_003", "ERROR")
    assert cloud.get(f"/messages/{message['id']}", project=OTHER).status_code == 404
    assert cloud.delete(f"/volumes/{made['id']}").status_code == 202
    cloud.gone(f"/volumes/{made['id']}")


def test_quotas(cloud: Cloud) -> None:
    path = f"/os-quota-sets/{cloud.project}"
    shown = cloud.get(path).json()["quota_set"]
    assert (shown["volumes"], shown["gigabytes"], shown["volumes_files"], shown["id"]) == (10, 1000, -1, cloud.project)
    cloud.volume(volume_type="files")
    used = cloud.get(f"{path}?usage=true").json()["quota_set"]
    assert used["gigabytes_files"] == {"limit": -1, "in_use": 1, "reserved": 0}
    assert cloud.put(path, {"quota_set": {"volumes": 3}}).status_code == 403
    assert admin(cloud, "PUT", path, {"quota_set": {"volumes": 3, "volumes_files": 1}}).json()["quota_set"][
        "volumes"
    ] == 3  # fmt: skip
    answer = cloud.post("/volumes", {"volume": {"size": 1, "volume_type": "files"}})
    assert (answer.status_code, "quota 'volumes_files'" in answer.text) == (413, True)
    for bad in ({"volumes": -2}, {"volumes": "x"}, {"volumes": True}, {"rockets": 1}):
        assert admin(cloud, "PUT", path, {"quota_set": bad}).status_code == 400
    assert cloud.get("/limits").json()["limits"]["absolute"]["maxTotalVolumes"] == 3
    assert len(cloud.get("/limits").json()["limits"]["absolute"]) == 10
    assert admin(cloud, "DELETE", path).status_code == 200
    assert cloud.get(path).json()["quota_set"]["volumes"] == 10
    assert cloud.get(f"{path}/defaults").json()["quota_set"]["volumes"] == 10
    assert cloud.get(path, project=OTHER).status_code == 403


def test_services_can_be_taken_out_of_use(cloud: Cloud) -> None:
    listed = admin(cloud, "GET", "/os-services").json()["services"]
    assert {row["binary"] for row in listed} == {"cinder-volume", "cinder-scheduler"}
    assert cloud.get("/os-services").status_code == 403
    where = {"host": "moorage@array", "binary": "cinder-volume"}
    try:
        answer = admin(cloud, "PUT", "/os-services/disable-log-reason", {**where, "disabled_reason": "repair"})
        assert answer.json()["status"] == "disabled"
        (row,) = admin(cloud, "GET", "/os-services?host=moorage@array").json()["services"]
        assert (row["status"], row["disabled_reason"]) == ("disabled", "repair")
        made = cloud.post("/volumes", {"volume": {"size": 1, "volume_type": "array"}}).json()["volume"]
        cloud.settled(f"/volumes/{made['id']}", "error")
    finally:
        assert admin(cloud, "PUT", "/os-services/enable", where).status_code == 200
    volume = cloud.volume(volume_type="array")
    assert admin(cloud, "PUT", "/os-services/freeze", {"host": "moorage@array"}).status_code == 202
    assert cloud.delete(f"/volumes/{volume['id']}").status_code == 400
    assert admin(cloud, "PUT", "/os-services/thaw", {"host": "moorage@array"}).status_code == 202
    assert cloud.delete(f"/volumes/{volume['id']}").status_code == 202
    assert admin(cloud, "PUT", "/os-services/enable", {"host": "x", "binary": "cinder-volume"}).status_code == 404


def test_pools_hosts_and_zones(cloud: Cloud) -> None:
    report_pools.refresh(cloud.world)
    pools = admin(cloud, "GET", "/scheduler-stats/get_pools?detail=true").json()["pools"]
    assert [pool["name"] for pool in pools] == ["moorage@files#files", "moorage@array#array"]
    assert pools[0]["capabilities"]["total_capacity_gb"] > 0
    assert admin(cloud, "GET", "/scheduler-stats/get_pools").json()["pools"][1] == {"name": "moorage@array#array"}
    assert admin(cloud, "GET", "/capabilities/moorage@array").json()["storage_protocol"] == "fibre_channel"
    assert admin(cloud, "GET", "/capabilities/x").status_code == 404
    assert len(admin(cloud, "GET", "/os-hosts").json()["hosts"]) == 3
    cloud.volume()
    rows = [row["resource"] for row in admin(cloud, "GET", "/os-hosts/moorage@files").json()["host"]]
    assert [row["volume_count"] for row in rows if row["project"] == cloud.project] == ["1"]
    assert cloud.get("/os-availability-zone").json() == {
        "availabilityZoneInfo": [{"zoneName": "nova", "zoneState": {"available": True}}]
    }
    aliases = [row["alias"] for row in cloud.get("/extensions").json()["extensions"]]
    assert "os-volume-transfer" in aliases


@pytest.mark.parametrize(("path", "version"), [("/os-volume-transfer", "3.0"), ("/volume-transfers", "3.57")])
def test_a_volume_changes_hands(cloud: Cloud, path: str, version: str) -> None:
    volume, taker = cloud.volume(), ids.new_hex()
    answer = cloud.post(path, {"transfer": {"volume_id": volume["id"], "name": "gift"}}, version=version)
    assert answer.status_code == 202, answer.text
    offer = answer.json()["transfer"]
    assert cloud.get(f"/volumes/{volume['id']}").json()["volume"]["status"] == "awaiting-transfer"
    assert "auth_key" not in cloud.get(f"{path}/{offer['id']}", version=version).json()["transfer"]
    assert cloud.get(f"{path}/{offer['id']}", version=version, project=taker).status_code == 404
    accept = f"{path}/{offer['id']}/accept"
    wrong = cloud.post(accept, {"accept": {"auth_key": "wrong"}}, version=version, project=taker)
    assert wrong.status_code == 400
    right = cloud.post(accept, {"accept": {"auth_key": offer["auth_key"]}}, version=version, project=taker)
    assert right.status_code == 202, right.text
    assert cloud.get(f"/volumes/{volume['id']}", project=taker).json()["volume"]["status"] == "available"
    assert cloud.get(f"/volumes/{volume['id']}").status_code == 404
    assert cloud.get(path, version=version).json() == {"transfers": []}


def test_an_offer_can_be_taken_back(cloud: Cloud) -> None:
    volume = cloud.volume()
    offer = cloud.post("/volume-transfers", {"transfer": {"volume_id": volume["id"]}}).json()["transfer"]
    assert cloud.post("/volume-transfers", {"transfer": {"volume_id": volume["id"]}}).status_code == 400
    assert cloud.delete(f"/volumes/{volume['id']}").status_code == 400
    assert len(cloud.get("/volume-transfers/detail").json()["transfers"]) == 1
    assert cloud.delete(f"/volume-transfers/{offer['id']}").status_code == 202
    assert cloud.get(f"/volumes/{volume['id']}").json()["volume"]["status"] == "available"


def test_qos_specs(cloud: Cloud) -> None:
    body = {"qos_specs": {"name": f"q-{cloud.project}", "consumer": "front-end", "iops": "100"}}
    made = admin(cloud, "POST", "/qos-specs", body).json()["qos_specs"]
    assert made["specs"] == {"iops": "100"}
    assert admin(cloud, "POST", "/qos-specs", body).status_code == 409
    path = f"/qos-specs/{made['id']}"
    assert admin(cloud, "PUT", path, {"qos_specs": {"mbps": "5"}}).json() == {"qos_specs": {"mbps": "5"}}
    kind = admin(cloud, "POST", "/types", {"volume_type": {"name": f"qt-{cloud.project}"}}).json()["volume_type"]
    assert admin(cloud, "GET", f"{path}/associate?vol_type_id={kind['id']}").status_code == 202
    assert admin(cloud, "GET", f"{path}/associations").json()["qos_associations"][0]["id"] == kind["id"]
    assert admin(cloud, "DELETE", path).status_code == 400
    assert admin(cloud, "GET", f"{path}/disassociate_all").status_code == 202
    assert admin(cloud, "PUT", f"{path}/delete_keys", {"keys": ["iops"]}).status_code == 202
    assert admin(cloud, "PUT", f"{path}/delete_keys", {"keys": ["iops"]}).status_code == 404
    assert admin(cloud, "GET", path).json()["qos_specs"]["specs"] == {"mbps": "5"}
    assert admin(cloud, "DELETE", path).status_code == 202
    assert admin(cloud, "GET", path).status_code == 404
    assert admin(cloud, "POST", "/qos-specs", {"qos_specs": {"name": "x", "consumer": "nobody"}}).status_code == 400
