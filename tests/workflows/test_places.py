"""A server lives where an administrator says, and grows only where there is room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.inside import Inside, inside
from tests.support.process import eventually

SMALL = "[DEFAULT]\n[sim]\nvcpus = 3\nmemory_mib = 2048\n"
FLAVORS = {"one": (1, 512), "two": (2, 1024), "three": (3, 512), "wide": (1, 4096)}
MEMBER, ADMIN = "moorage", "moorage-admin"


class House:
    """A whole Moorage with one small hypervisor."""

    def __init__(self, made: Inside) -> None:
        self._inside = made
        self._tokens = {cloud: made.token(cloud) for cloud in (MEMBER, ADMIN)}
        for name, (vcpus, ram) in FLAVORS.items():
            body = {"flavor": {"id": name, "name": name, "vcpus": vcpus, "ram": ram, "disk": 0}}
            assert self.call("POST", "/flavors", body, who=ADMIN).status_code == 200
        self.host = self.call("GET", "/os-hypervisors", who=ADMIN).json()["hypervisors"][0]["hypervisor_hostname"]

    def call(self, method: str, path: str, body: Any = None, who: str = MEMBER, version: str = "2.91") -> Any:
        return self._inside.call(self._tokens[who], method, "compute", path, body, version)

    def ask(self, flavor: str = "one", who: str = MEMBER, **where: str) -> Any:
        root = {
            "uuid": self._inside.volume(self._tokens[who]), "source_type": "volume", "destination_type": "volume",
            "boot_index": 0,
        }  # fmt: skip
        server = {"name": "s", "flavorRef": flavor, "networks": "none", "block_device_mapping_v2": [root]}
        return self.call("POST", "/servers", {"server": {**server, **where}}, who=who)

    def server(self, flavor: str = "one") -> str:
        made = self.ask(flavor)
        assert made.status_code == 202, made.text
        return self.until(made.json()["server"]["id"], "ACTIVE")

    def until(self, server: str, status: str, who: str = MEMBER) -> str:
        self._inside.until(self._tokens[who], "compute", f"/servers/{server}", status)
        return server

    def act(self, server: str, action: str, value: Any = None) -> int:
        return int(self.call("POST", f"/servers/{server}/action", {action: value}).status_code)

    def show(self, server: str) -> Any:
        return self.call("GET", f"/servers/{server}", who=ADMIN).json()["server"]

    def last_action(self, server: str) -> tuple[str, str | None, str]:
        """Its name, its message, and what an administrator sees of its events."""
        (last, *_) = self.call("GET", f"/servers/{server}/os-instance-actions").json()["instanceActions"]
        where = f"/servers/{server}/os-instance-actions/{last['request_id']}"
        events = self.call("GET", where, who=ADMIN).json()["instanceAction"]["events"]
        return last["action"], last["message"], "".join(event["details"] or "" for event in events)

    def taken(self) -> tuple[int, int]:
        shown = self.call("GET", "/os-hypervisors/detail", who=ADMIN, version="2.53").json()["hypervisors"][0]
        return shown["vcpus_used"], shown["memory_mb_used"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with inside(tmp_path, SMALL) as made:
        yield House(made)


def test_a_resize_beyond_the_hypervisor_leaves_the_server_as_it_runs(house: House) -> None:
    server, _other = house.server(), house.server()
    ended = ("resize", "Error", "No valid host was found. No valid host found for resize")
    for flavor in ("three", "wide"):
        assert house.act(server, "resize", {"flavorRef": flavor}) == 202
        eventually(lambda: house.last_action(server) == ended)
        house.until(server, "ACTIVE")
    assert house.show(server)["flavor"]["original_name"] == "one"
    assert house.taken() == (2, 1024)


def test_a_resize_keeps_room_for_the_way_back_until_it_is_confirmed(house: House) -> None:
    server = house.server("two")
    assert house.act(server, "resize", {"flavorRef": "one"}) == 202
    house.until(server, "VERIFY_RESIZE")
    assert house.taken() == (2, 1024)
    assert house.ask("two").status_code == 202
    assert house.act(server, "revertResize") == 202
    house.until(server, "ACTIVE")
    assert (house.show(server)["flavor"]["vcpus"], house.taken()) == (2, (2, 1024))
    assert house.act(server, "resize", {"flavorRef": "one"}) == 202
    house.until(server, "VERIFY_RESIZE")
    assert house.act(server, "confirmResize") == 204
    assert (house.show(server)["flavor"]["vcpus"], house.taken()) == (1, (1, 512))
    house.server("two")
    assert house.taken() == (3, 1536)


def test_only_an_administrator_names_a_host(house: House) -> None:
    for where in (
        {"host": house.host},
        {"hypervisor_hostname": house.host},
        {"availability_zone": f"nova:{house.host}"},
    ):
        assert house.ask(**where).status_code == 403
        made = house.ask(who=ADMIN, **where)
        assert made.status_code == 202, made.text
        server = house.until(made.json()["server"]["id"], "ACTIVE", who=ADMIN)
        assert house.show(server)["OS-EXT-SRV-ATTR:host"] == house.host


def test_a_host_that_is_not_there_is_refused(house: House) -> None:
    for where in ({"host": "x"}, {"hypervisor_hostname": "x"}, {"host": house.host, "hypervisor_hostname": "x"}):
        refused = house.ask(who=ADMIN, **where)
        message = f"Compute host {next(iter(where.values()))} could not be found."
        assert (refused.status_code, refused.json()["badRequest"]["message"]) == (400, message)


def test_a_host_forced_by_the_zone_that_is_not_there_ends_in_error(house: House) -> None:
    made = house.ask(who=ADMIN, availability_zone="nova:x:y")
    assert made.status_code == 202, made.text
    server = house.until(made.json()["server"]["id"], "ERROR", who=ADMIN)
    assert house.show(server)["fault"]["message"] == "No valid host was found. No such host - host: x node: y "
