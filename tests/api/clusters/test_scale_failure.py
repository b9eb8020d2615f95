"""A cluster whose scaling fails works on with the nodes it has, says why, and nothing is left of the others."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from moorage.compute import first_boot
from tests.api.clusters.conftest import Api
from tests.support.process import eventually

FAILED = "Scaling cluster failed for the following reason(s): "


class Nodes:
    """One cluster whose guests this test speaks for."""

    def __init__(self, api: Api, admin: Api, image: str) -> None:
        self.api, self.admin = api, admin
        self._heard: set[str] = set()
        body = api.cluster(image, api.group(count=1, boot_volume_size=1))
        made = api.ok("POST", "/clusters", body, version="2.1")["cluster"]
        self.name, self.path = made["name"], f"/clusters/{made['id']}"
        self.until_active()

    def until_active(self) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            self._let_guests_speak()
            cluster: dict[str, Any] = self.api.ok("GET", self.path, status=200)["cluster"]
            return cluster if cluster["status"] == "Active" else None

        cluster: dict[str, Any] = eventually(found, 60, f"{self.name} is Active")
        return cluster

    def _let_guests_speak(self) -> None:
        path = "/servers/detail?all_tenants=1&status=ACTIVE"
        found = self.api.house.call(self.admin.token, "GET", "compute", path, version="2.67").json()["servers"]
        for server in found:
            if server["id"] not in self._heard:
                self._heard.add(server["id"])
                for report in first_boot.reports(base64.b64decode(server["OS-EXT-SRV-ATTR:user_data"])):
                    self.say(report)

    def say(self, report: first_boot.Report) -> None:
        headers = {"Content-Type": "application/json"}
        answer = self.api.house.client.request(report.method, report.url, content=report.data, headers=headers)
        assert answer.status_code == 204, answer.text

    def scale(self, count: int) -> dict[str, Any]:
        self.api.ok("PUT", self.path, {"resize_node_groups": [{"name": "w", "count": count}]})
        return self.until_active()

    def there(self) -> dict[str, list[str]]:
        """Names of what the project has, without the cluster's own."""
        return {
            noun: sorted(each["name"].removeprefix(f"{self.name}-w-") for each in self._listed(service, path)[noun])
            for service, path, noun in (("compute", "/servers", "servers"), ("volume", "/volumes", "volumes"))
        }

    def _listed(self, service: str, path: str) -> Any:
        return self.api.house.call(self.api.token, "GET", service, path).json()

    def volume(self, name: str) -> str:
        listed = self._listed("volume", "/volumes")["volumes"]
        (found,) = [each["id"] for each in listed if each["name"] == f"{self.name}-w-{name}"]
        return str(found)

    def delete(self) -> None:
        self.api.ok("DELETE", self.path, status=204)
        eventually(lambda: self.api.call("GET", self.path).status_code == 404, 60, "the cluster is gone")
        assert self.there() == {"servers": [], "volumes": []}


@pytest.fixture
def nodes(api: Api, admin: Api, image: str) -> Nodes:
    return Nodes(api, admin, image)


def of_one(index: int) -> dict[str, list[str]]:
    return {"servers": [str(index)], "volumes": [f"{index}-boot"]}


def test_a_node_that_cannot_boot_takes_all_new_ones_back(nodes: Nodes) -> None:
    hypervisor: Any = nodes.api.house.moorage.hypervisor
    hypervisor.faults.add("refuse", "boot")
    cluster = nodes.scale(3)
    assert cluster["status_description"].startswith(FAILED)
    assert "refused boot" in cluster["status_description"]
    (group,) = cluster["node_groups"]
    assert (group["count"], [node["instance_name"] for node in group["instances"]]) == (1, [f"{nodes.name}-w-0"])
    assert nodes.there() == of_one(0)
    steps = nodes.api.ok("GET", f"{nodes.path}?show_progress=True", status=200)["cluster"]["provision_progress"]
    ends = {step["step_name"]: step["successful"] for step in steps if step["step_type"] == "Engine: scale cluster"}
    assert (ends["Create boot volumes"], ends["Wait for instance accessibility"]) == (True, False)
    assert None not in ends.values(), "no step is left open"
    again = nodes.scale(2)
    assert again["status_description"] is None
    assert nodes.there() == {"servers": ["0", "3"], "volumes": ["0-boot", "3-boot"]}, "no index is used twice"
    nodes.delete()


def test_a_new_group_that_cannot_be_made_is_gone_again(nodes: Nodes) -> None:
    hypervisor: Any = nodes.api.house.moorage.hypervisor
    hypervisor.faults.add("refuse", "boot", times=2)
    group = nodes.api.group("more", count=2, boot_volume_size=1)
    nodes.api.ok("PUT", nodes.path, {"add_node_groups": [group]}, version="2.1")
    cluster = nodes.until_active()
    assert cluster["status_description"].startswith(FAILED)
    assert [each["name"] for each in cluster["node_groups"]] == ["w"]
    assert nodes.there() == of_one(0)
    nodes.api.ok("PUT", nodes.path, {"add_node_groups": [group]}, version="2.1")
    assert nodes.until_active()["status_description"] is None
    more = [f"{nodes.name}-more-{index}" for index in (0, 1)]
    assert nodes.there() == {"servers": ["0", *more], "volumes": ["0-boot", *(f"{name}-boot" for name in more)]}
    nodes.delete()


def test_a_volume_that_cannot_go_is_told_of_and_goes_with_the_cluster(nodes: Nodes) -> None:
    """The user has made a snapshot of a node's boot volume: the node goes, its volume cannot."""
    nodes.scale(2)
    house, token = nodes.api.house, nodes.api.token
    wanted = {"snapshot": {"volume_id": nodes.volume("1-boot"), "force": True}}
    snapshot = house.call(token, "POST", "volume", "/snapshots", wanted).json()["snapshot"]["id"]
    house.until(token, "volume", f"/snapshots/{snapshot}", "available")
    cluster = nodes.scale(1)
    assert cluster["status_description"].startswith(FAILED)
    assert ".1.boot_volume: Invalid volume: " in cluster["status_description"]
    assert "have snapshots" in cluster["status_description"]
    assert cluster["node_groups"][0]["count"] == 1, "a node that was decommissioned does not come back"
    assert nodes.there() == {"servers": ["0"], "volumes": ["0-boot", "1-boot"]}
    assert house.call(token, "DELETE", "volume", f"/snapshots/{snapshot}").status_code == 202
    nodes.delete()


def test_a_locked_node_stays_until_it_is_unlocked(nodes: Nodes) -> None:
    nodes.scale(2)
    house, token = nodes.api.house, nodes.api.token
    (server,) = [
        each["id"]
        for each in house.call(token, "GET", "compute", "/servers").json()["servers"]
        if each["name"] == f"{nodes.name}-w-1"
    ]
    assert house.call(nodes.admin.token, "POST", "compute", f"/servers/{server}/action", {"lock": None}).is_success
    cluster = nodes.scale(1)
    assert cluster["status_description"].startswith(FAILED)
    assert cluster["status_description"].endswith(f".1.inst: Instance {server} is locked")
    assert nodes.there() == {"servers": ["0", "1"], "volumes": ["0-boot", "1-boot"]}
    assert house.call(nodes.admin.token, "POST", "compute", f"/servers/{server}/action", {"unlock": None}).is_success
    assert nodes.scale(2)["status_description"] is None
    assert nodes.there() == {"servers": ["0", "2"], "volumes": ["0-boot", "2-boot"]}
    nodes.delete()
