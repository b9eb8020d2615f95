"""Disks of a real guest that come, go, stay, grow and hold what they are told, through the API."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moorage.compute import config_drive
from tests.support import real_guests
from tests.support.process import eventually
from tests.support.real_cloud import RealCloud, real_cloud
from tests.support.real_guests import LibvirtRoot


def attach(site: RealCloud, server: str, volume: str) -> None:
    body = {"volumeAttachment": {"volumeId": volume}}
    assert site.moorage.call("POST", "compute", f"/servers/{server}/os-volume_attachments", body).status_code == 200
    site.settle()
    assert site.problems() == []


def detach(site: RealCloud, server: str, volume: str) -> None:
    path = f"/servers/{server}/os-volume_attachments/{volume}"
    assert site.moorage.call("DELETE", "compute", path).status_code == 202
    site.settle()
    assert site.problems() == []


def newest_action(site: RealCloud, server: str) -> tuple[str, str | None]:
    found = site.moorage.call("GET", "compute", f"/servers/{server}/os-instance-actions").json()["instanceActions"]
    return found[0]["action"], found[0]["message"]


def booted(site: RealCloud) -> tuple[str, str]:
    root = site.volume("A")
    server = site.server([root])
    site.wait(server, "ACTIVE")
    site.until_booted(server, 1)
    return server, root


def grow(site: RealCloud, volume: str, size: int) -> None:
    body = {"os-extend": {"new_size": size}}
    answer = site.moorage.call("POST", "block-storage", f"/volumes/{volume}/action", body, version="3.42")
    assert answer.status_code == 202, answer.text
    site.settle()


def test_a_volume_is_attached_grown_and_detached_while_the_guest_runs(site: RealCloud) -> None:
    server, root = booted(site)
    data = site.volume("data", is_bootable=False)
    attach(site, server, data)
    eventually(lambda: "UP " in site.console(server), 20, "the guest has seen the disk")
    grow(site, data, 2)
    assert newest_action(site, server) == ("extend_volume", None)
    assert site.volume_file(data).stat().st_size == 2 << 30
    detach(site, server, data)
    assert "DOWN " in site.console(server)
    assert site.volume_status(data) == "available"
    grow(site, root, 3)
    assert newest_action(site, server) == ("extend_volume", None)
    assert site.problems() == []


@pytest.fixture
def dead(embedded: LibvirtRoot, tmp_path: Path) -> Iterator[RealCloud]:
    """A cloud whose guests spin and hear nothing."""
    once = "device_detach_attempts = 1"  # libvirt itself waits five seconds each time
    with real_cloud(tmp_path, {"k1": embedded}, real_guests.assemble(tmp_path, "-DSPIN"), libvirt=once) as made:
        yield made


def test_a_dead_guest_keeps_its_volume_in_use_until_it_is_stopped(dead: RealCloud) -> None:
    server = dead.server([dead.volume("A")])
    dead.wait(server, "ACTIVE")
    data = dead.volume("data", is_bootable=False)
    attach(dead, server, data)
    detach(dead, server, data)
    assert dead.volume_status(data) == "in-use"
    assert newest_action(dead, server) == ("detach_volume", "Error")
    assert dead.act(server, "os-stop").status_code == 202
    dead.wait(server, "SHUTOFF", timeout_s=60)
    dead.settle()
    detach(dead, server, data)
    assert dead.volume_status(data) == "available"


def test_a_guest_boots_from_images_of_both_formats_from_a_snapshot_and_from_a_clone(site: RealCloud) -> None:
    raw = site.volume("A")
    qcow2 = site.made_of({"imageRef": site.upload_qcow2("A")})
    snapshot = site.moorage.call(
        "POST", "block-storage", "/snapshots", {"snapshot": {"volume_id": raw, "name": "s"}}
    ).json()["snapshot"]["id"]
    path = f"/snapshots/{snapshot}"
    eventually(lambda: site.moorage.call("GET", "block-storage", path).json()["snapshot"]["status"] == "available", 20)
    assert site.volume_file(qcow2).stat().st_size == 1 << 30, "converted to raw and as large as was asked for"
    volumes = [qcow2, site.made_of({"snapshot_id": snapshot}), site.made_of({"source_volid": raw})]
    servers = [site.server([volume]) for volume in volumes]
    for server in servers:
        site.wait(server, "ACTIVE")
        site.until_booted(server, 1)
    assert site.problems() == []


def test_the_config_drive_holds_what_the_server_was_given(site: RealCloud) -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@home"
    site.moorage.call("POST", "compute", "/os-keypairs", {"keypair": {"name": "me", "public_key": key}})
    order: dict[str, Any] = {
        "name": "web 1", "flavorRef": site.flavor, "networks": "none", "metadata": {"role": "front"},
        "user_data": "I2Nsb3VkLWNvbmZpZwo=", "key_name": "me",
        "block_device_mapping_v2": [
            {"uuid": site.volume("A"), "source_type": "volume", "destination_type": "volume", "boot_index": 0}
        ],
    }  # fmt: skip
    made = site.moorage.call("POST", "compute", "/servers", {"server": order}, version="2.67")
    server = made.json()["server"]["id"]
    site.wait(server, "ACTIVE")
    files = config_drive.read_iso(site.cdrom(server).read_bytes())
    assert files["openstack/latest/user_data"] == b"#cloud-config\n"
    told = json.loads(files["openstack/latest/meta_data.json"])
    assert (told["hostname"], told["meta"], told["public_keys"]) == ("web-1", {"role": "front"}, {"me": key})


def test_the_counter_on_a_raw_volume_is_what_the_guest_wrote(site: RealCloud) -> None:
    _, root = booted(site)
    with site.volume_file(root).open("rb") as reader:
        reader.seek(512)
        assert struct.unpack("<Q", reader.read(8)) == (1,)


@pytest.fixture
def on_qcow2(embedded: LibvirtRoot, code: bytes, tmp_path: Path) -> Iterator[RealCloud]:
    """A cloud whose volumes are qcow2 files."""
    with real_cloud(tmp_path, {"k1": embedded}, code, backends="qcow2") as made:
        yield made


def test_a_guest_on_qcow2_volumes_boots_grows_and_moves(on_qcow2: RealCloud) -> None:
    site = on_qcow2
    server, root = booted(site)
    data = site.volume("data", is_bootable=False)
    attach(site, server, data)
    grow(site, data, 2)
    assert newest_action(site, server) == ("extend_volume", None)
    assert site.moorage.call("GET", "block-storage", f"/volumes/{data}").json()["volume"]["size"] == 2
    new = site.volume("new", is_bootable=False)
    path, body = f"/servers/{server}/os-volume_attachments/{root}", {"volumeAttachment": {"volumeId": new}}
    assert site.moorage.call("PUT", "compute", path, body, cloud="moorage-admin").status_code == 202
    site.settle()
    assert site.problems() == []
    assert site.volume_status(root) == "available"
    assert site.act(server, "reboot", {"type": "HARD"}).status_code == 202
    site.settle()
    site.until_booted(server, 2)
