"""What DPM adds: partitions with WWPNs of their own, boot properties, and what is refused before any is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from moorage.drivers.fcarray.lun import scsi_lun
from tests.support.clouds import Cloud, cloud
from tests.support.partitions import boot_path, partition_of, wwpns_of
from tests.support.process import eventually


@pytest.fixture(scope="module", params=["dpm", "dpm-groups"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A z13 with HBAs, and a z16 with storage groups."""
    with cloud(tmp_path_factory.mktemp(request.param), request.param) as made:
        yield made


def entry(volume: str, **more: Any) -> dict[str, Any]:
    return {"uuid": volume, "source_type": "volume", "destination_type": "volume", "boot_index": 0, **more}


def create(site: Cloud, mapping: list[dict[str, Any]], **more: Any) -> Any:
    server = {"name": "s", "flavorRef": "5", "networks": "none", "block_device_mapping_v2": mapping, **more}
    return site.moorage.call("POST", "compute", "/servers", {"server": server}, version="2.67")


def state(site: Cloud) -> dict[str, Any]:
    assert site.hmc is not None
    return site.hmc.controls.state()


def test_the_boot_path_is_the_first_adapter_the_masked_lun_and_its_first_target(site: Cloud) -> None:
    data, root = site.volume("data"), site.volume("root")
    made = create(site, [entry(data, boot_index=-1), entry(root)])
    server = made.json()["server"]["id"]
    site.wait(server, "ACTIVE")
    seen, array = state(site), site.array()
    (host,) = [host for host in array["hosts"] if host["name"] == server]
    assert wwpns_of(seen, server) == set(host["initiators"])
    path = boot_path(seen, server)
    (mask,) = [mask for mask in array["masks"] if mask["volume_id"] == root]
    targets = [zone["target"] for zone in array["zones"] if zone["initiator"] == path.initiator]
    assert partition_of(seen, server)["status"] == "active"
    assert path.port == site.hmc.ready()["cpcs"][0]["adapters"][0]["ports"][0]  # type: ignore[union-attr]
    assert (path.target, path.lun) == (targets[0], scsi_lun(mask["lun"]))
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []


def test_what_cannot_boot_a_partition_is_refused_before_one_is_made(site: Cloud) -> None:
    site.hmc.controls.clear_requests()  # type: ignore[union-attr]
    file_volume = site.moorage.call(
        "POST", "block-storage", "/volumes", {"volume": {"size": 1, "volume_type": "files", "name": "f"}}
    ).json()["volume"]["id"]
    eventually(lambda: site.volume_status(file_volume) == "available")
    body = {"os-set_bootable": {"bootable": True}}
    site.moorage.call("POST", "block-storage", f"/volumes/{file_volume}/action", body)
    image = site.moorage.call(
        "POST", "image", "/v2/images", {"name": "i", "disk_format": "raw", "container_format": "bare"}
    )
    refused = {
        "not Fibre Channel": create(site, [entry(file_volume)]),
        "unknown volume": create(site, [entry("0b6f0000-0000-4000-8000-000000000000")]),
        "not bootable": create(site, [entry(site.volume("plain", is_bootable=False))]),
        "no disk": create(site, []),
        "image to local": create(site, [], imageRef=image.json()["id"]),
    }
    for case, answer in refused.items():
        assert answer.status_code == 400, f"{case}: {answer.text}"
        assert answer.json()["badRequest"]["message"], case
    assert "fibre_channel" in refused["not Fibre Channel"].text
    assert site.hmc.controls.requests(has_logons=False) == []  # type: ignore[union-attr]
    assert site.volume_status(file_volume) == "available"
    assert site.problems() == []


def test_no_reachable_target_ends_in_error_with_nothing_left(site: Cloud) -> None:
    volume = site.volume("dark")
    ports = [target["wwpn"] for target in site.array()["targets"]]
    for wwpn in ports:
        site.moorage.moorage("array", "target", wwpn, "offline", "--data-dir", str(site.data_dir))
    server = site.server([volume])
    assert site.wait(server, "ACTIVE", "ERROR") == "ERROR"
    site.settle()
    assert site.problems() == []
    assert site.show(server)["fault"]["message"]
    for wwpn in ports:
        site.moorage.moorage("array", "target", wwpn, "online", "--data-dir", str(site.data_dir))
    assert site.volume_status(volume) == "available"
    site.delete(server)
    site.wait(server, "GONE")


@pytest.mark.parametrize("status", ["paused", "terminated", "reservation-error", "degraded", "stopped", "active"])
def test_a_server_is_deleted_from_every_partition_status(site: Cloud, status: str) -> None:
    volume = site.volume()
    server = site.server([volume])
    site.wait(server, "ACTIVE")
    site.hmc.controls.set_partition_status(partition_of(state(site), server)["object-uri"], status)  # type: ignore[union-attr]
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []
    assert site.volume_status(volume) == "available"
    site.moorage.call("DELETE", "block-storage", f"/volumes/{volume}")
