"""The life of a server between create and delete, through the openstack command: what users and scripts do with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

JSON = ("-f", "json")
ADMIN = "moorage-admin"


@pytest.fixture(scope="module", params=["sim", pytest.param("dpm", marks=pytest.mark.long), "dpm-groups"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp(request.param), request.param) as made:
        made.lift_quotas()
        yield made


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    options = "shelved_offload_time = 3\nreclaim_instance_interval = 2\nperiodic_interval = 0.1\n"
    with cloud(tmp_path_factory.mktemp("sim"), "sim", options) as made:
        yield made


def image(site: Cloud, directory: Path, name: str, content: bytes) -> str:
    path = directory / name
    path.write_bytes(content)
    made = site.moorage.openstack(
        "image", "create", name, "--disk-format", "raw", "--container-format", "bare", "--file", str(path), *JSON
    )
    return str(made["id"])


def running(site: Cloud, count: int = 1) -> tuple[str, list[str]]:
    volumes = [site.volume() for _ in range(count)]
    server = site.server(volumes)
    site.wait(server, "ACTIVE")
    return server, volumes


def with_local_disk(site: Cloud, image_id: str) -> str:
    body = {"server": {"name": "local", "flavorRef": "1", "imageRef": image_id, "networks": "none"}}
    made = site.moorage.call("POST", "compute", "/servers", body, version="2.67")
    assert made.status_code == 202, made.text
    server = str(made.json()["server"]["id"])
    site.wait(server, "ACTIVE")
    return server


def done(site: Cloud, server: str, status: str) -> None:
    site.wait(server, status)
    site.settle()
    assert site.problems() == []


def gone(site: Cloud, server: str) -> None:
    site.delete(server)
    done(site, server, "GONE")


def test_shelve_and_unshelve_keep_exactly_the_volumes(site: Cloud) -> None:
    server, volumes = running(site, 2)
    site.moorage.openstack("server", "shelve", "--wait", server)
    done(site, server, "SHELVED_OFFLOADED")
    shown = site.show(server)
    assert [volume["id"] for volume in shown["os-extended-volumes:volumes_attached"]] == volumes
    assert shown["OS-EXT-AZ:availability_zone"] == ""
    assert [site.volume_status(volume) for volume in volumes] == ["reserved", "reserved"]
    assert [row for row in site.array()["masks"] if row["host"] == server] == []
    site.moorage.openstack("server", "unshelve", "--wait", server)
    done(site, server, "ACTIVE")
    assert {row["volume_id"] for row in site.array()["masks"] if row["host"] == server} == set(volumes)
    actions = site.moorage.openstack("server", "event", "list", server, *JSON)
    assert [action["Action"] for action in actions] == ["unshelve", "shelve", "create"]
    gone(site, server)
    assert [site.volume_status(volume) for volume in volumes] == ["available", "available"]


def test_pause_and_suspend_where_the_driver_can(site: Cloud) -> None:
    server, _ = running(site)
    for there, held, back in (("pause", "PAUSED", "unpause"), ("suspend", "SUSPENDED", "resume")):
        if site.hmc is not None:
            refused = site.act(server, there)
            assert (refused.status_code, refused.json()["notImplemented"]["message"]) == (
                501, "The requested functionality is not supported.",
            )  # fmt: skip
            continue
        site.moorage.openstack("server", there, server)
        done(site, server, held)
        site.moorage.openstack("server", back, server)
        done(site, server, "ACTIVE")
    gone(site, server)


@pytest.mark.parametrize("held", ["stopped", "paused", "suspended", "error"])
def test_a_server_that_is_held_is_shelved_or_deleted_and_leaves_nothing(site: Cloud, held: str) -> None:
    before = {"stopped": "os-stop", "paused": "pause", "suspended": "suspend"}
    if site.hmc is not None and held in ("paused", "suspended"):
        return
    server, volumes = running(site)
    if held == "error":
        assert site.act(server, "os-resetState", {"state": "error"}, cloud=ADMIN).status_code == 202
    else:
        assert site.act(server, before[held]).status_code == 202
        eventually(lambda: site.show(server)["OS-EXT-STS:vm_state"] == held)
        assert site.act(server, "shelve").status_code == 202
        done(site, server, "SHELVED_OFFLOADED")
        assert site.act(server, "unshelve").status_code == 202
        done(site, server, "ACTIVE")
        assert site.act(server, before[held]).status_code == 202
        eventually(lambda: site.show(server)["OS-EXT-STS:vm_state"] == held)
    site.settle()
    assert site.problems() == []
    gone(site, server)
    assert site.volume_status(volumes[0]) == "available"


def content(site: Cloud, volume: str) -> bytes:
    (path,) = site.data_dir.glob(f"**/volumes/{volume}")
    with path.open("rb") as file:
        return file.read(64)


def test_rebuild_writes_the_root_volume_anew_from_2_93_and_leaves_it_alone_before(site: Cloud, tmp_path: Path) -> None:
    first = image(site, tmp_path, "first", b"first" * 1000)
    second = image(site, tmp_path, "second", b"second" * 1000)
    entry = {
        "uuid": first, "source_type": "image", "destination_type": "volume", "boot_index": 0, "volume_size": 1,
        "delete_on_termination": True,
    }  # fmt: skip
    body = {"server": {"name": "r", "flavorRef": "5", "networks": "none", "block_device_mapping_v2": [entry]}}
    server = site.moorage.call("POST", "compute", "/servers", body, version="2.67").json()["server"]["id"]
    done(site, server, "ACTIVE")
    volume = site.show(server)["os-extended-volumes:volumes_attached"][0]["id"]
    refused = site.act(server, "rebuild", {"imageRef": second}, version="2.92")
    assert refused.status_code == 400
    assert "different image for a volume-backed server" in refused.text
    answer = site.act(server, "rebuild", {"imageRef": first, "name": "again"}, version="2.67")
    assert answer.status_code == 202, answer.text
    assert answer.json()["server"]["adminPass"]
    assert "OS-EXT-STS:vm_state" not in answer.json()["server"]
    done(site, server, "ACTIVE")
    assert site.show(server)["name"] == "again"
    assert content(site, volume).startswith(b"firstfirst")
    assert site.act(server, "rebuild", {"imageRef": second}, version="2.93").status_code == 202
    done(site, server, "ACTIVE")
    assert content(site, volume).startswith(b"secondsecond")
    shown = site.moorage.call("GET", "block-storage", f"/volumes/{volume}").json()["volume"]
    assert (shown["status"], shown["volume_image_metadata"]["image_id"]) == ("in-use", second)
    assert len(shown["attachments"]) == 1
    gone(site, server)


def test_the_image_of_a_volume_backed_server_boots_another_one_with_volumes_of_its_own(site: Cloud) -> None:
    server, volumes = running(site, 2)
    made = site.moorage.openstack("server", "image", "create", "--name", "copy", "--wait", server, *JSON)
    assert made["status"] == "active"
    assert made["size"] == 0
    site.settle()
    body = {"server": {"name": "copied", "flavorRef": "5", "networks": "none", "imageRef": made["id"]}}
    answer = site.moorage.call("POST", "compute", "/servers", body, version="2.67")
    assert answer.status_code == 202, answer.text
    copied = answer.json()["server"]["id"]
    done(site, copied, "ACTIVE")
    own = {volume["id"] for volume in site.show(copied)["os-extended-volumes:volumes_attached"]}
    assert len(own) == 2
    assert own.isdisjoint(volumes)
    gone(site, copied)
    gone(site, server)


def test_a_resize_is_kept_or_taken_back(site: Cloud) -> None:
    server, _ = running(site)
    refused = site.act(server, "resize", {"flavorRef": "2"})
    if site.hmc is not None:
        assert refused.status_code == 501
    else:
        done(site, server, "VERIFY_RESIZE")
        assert site.show(server)["flavor"]["original_name"] == "m1.small"
        site.moorage.openstack("server", "resize", "revert", server)
        done(site, server, "ACTIVE")
        assert site.show(server)["flavor"]["original_name"] != "m1.small"
        site.moorage.openstack("server", "resize", "--flavor", "m1.small", "--wait", server)
        site.moorage.openstack("server", "resize", "confirm", server)
        done(site, server, "ACTIVE")
        assert site.show(server)["flavor"]["original_name"] == "m1.small"
    gone(site, server)


def test_a_console_is_not_empty_after_a_boot_where_the_driver_can_read_it(site: Cloud) -> None:
    server, _ = running(site)
    answer = site.act(server, "os-getConsoleOutput", {"length": 2})
    if site.driver == "dpm":
        assert answer.status_code == 501
    else:
        assert len(answer.json()["output"].splitlines()) == 2
    gone(site, server)


def test_a_server_with_a_local_disk_is_shelved_to_an_image_and_comes_back_without_it(
    sim: Cloud, tmp_path: Path
) -> None:
    server = with_local_disk(sim, image(sim, tmp_path, "os", b"root" * 1000))
    assert sim.act(server, "shelve").status_code == 202
    sim.wait(server, "SHELVED")
    found = sim.moorage.call("GET", "image", "/v2/images?name=local-shelved").json()["images"]
    assert [one["status"] for one in found] == ["active"]
    done(sim, server, "SHELVED_OFFLOADED")  # its time came: shelved_offload_time
    actions = sim.moorage.openstack("server", "event", "list", server, *JSON)
    assert [action["Action"] for action in actions] == ["shelveOffload", "shelve", "create"]
    sim.moorage.openstack("server", "unshelve", "--wait", server)
    done(sim, server, "ACTIVE")
    assert sim.moorage.openstack("image", "list", "--name", "local-shelved", *JSON) == []
    assert sim.act(server, "rescue", {}).json()["adminPass"]
    done(sim, server, "RESCUE")
    sim.moorage.openstack("server", "unrescue", server)
    done(sim, server, "ACTIVE")
    for number in range(3):
        backup = {"name": f"b{number}", "backup_type": "daily", "rotation": 2}
        assert sim.act(server, "createBackup", backup, version="2.45").json()["image_id"]
        sim.settle()
    kept = sim.moorage.openstack("image", "list", "--property", "backup_type=daily", *JSON)
    assert {one["Name"] for one in kept} == {"b1", "b2"}


def test_a_deleted_server_can_be_restored_for_a_while_and_is_then_removed(sim: Cloud) -> None:
    server, volumes = running(sim)
    sim.delete(server)
    sim.wait(server, "SOFT_DELETED")
    assert sim.volume_status(volumes[0]) == "in-use"
    assert sim.act(server, "restore").status_code == 202
    done(sim, server, "ACTIVE")
    sim.delete(server)
    done(sim, server, "GONE")
    assert sim.volume_status(volumes[0]) == "available"


def test_a_locked_server_is_left_alone_until_it_is_unlocked(site: Cloud) -> None:
    server, _ = running(site)
    site.moorage.openstack("server", "lock", "--reason", "busy", server)
    refused: Any = site.moorage.openstack("server", "shelve", server, check=False)
    assert refused.returncode != 0
    assert "is locked" in refused.stderr
    site.moorage.openstack("server", "unlock", server)
    gone(site, server)
