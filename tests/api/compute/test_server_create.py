"""What the recorded answers cannot show of creating servers: rows, quotas, refusals that leave nothing behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from moorage.attachments import service as attachments
from moorage.compute.service import servers
from moorage.volumes.service import volumes
from tests.api.compute.server_site import DPM, Rows, headers, make_site, server_client

ROOT = "/compute/v2.1"


class Site:
    """A client, its rows, and short words for what the tests ask."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.rows = Rows(client)
        self.rows.prepare()
        self.names = self.rows.names

    def create(self, version: str = "2.96", who: str = "member", hints: Any = None, **fields: Any) -> Any:
        server = {"name": "x", "flavorRef": self.names["flavor"], "networks": "none", **fields}
        body = {"server": server, **({"os:scheduler_hints": hints} if hints else {})}
        return self.client.post(f"{ROOT}/servers", json=body, headers=headers(who, version))

    def accepted(self, **fields: Any) -> str:
        response = self.create(**fields)
        assert response.status_code == 202, response.text
        return str(response.json()["server"]["id"])

    def refused(self, status: int = 400, **fields: Any) -> str:
        """The words of a refusal, which must have changed nothing."""
        before = self.rows.counts()
        response = self.create(**fields)
        assert response.status_code == status, response.text
        assert self.rows.counts() == before
        return str(next(iter(response.json().values()))["message"])

    def volume(self, name: str = "volume", **entry: Any) -> dict[str, Any]:
        whole = {"uuid": self.names[name], "source_type": "volume", "destination_type": "volume", "boot_index": 0}
        return {**whole, **entry}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(server_client(tmp_path))


@pytest.fixture
def dpm(tmp_path: Path) -> Site:
    return Site(server_client(tmp_path, make_site(DPM, "dpm")))


def disks(site: Site, server_id: str) -> list[tuple[Any, ...]]:
    with site.rows.store.read() as tx:
        found = attachments.of_server(tx, server_id)
    return [(d.source_type, d.destination_type, d.boot_index, d.volume_size_gib, d.device_name) for d in found]


def status_of(site: Site, volume_id: str) -> str:
    with site.rows.store.read() as tx:
        return volumes.get(tx, volume_id).status


def test_volume_is_reserved_when_the_server_is_accepted(site: Site) -> None:
    server_id = site.accepted(block_device_mapping_v2=[site.volume()])
    assert status_of(site, site.names["volume"]) == "reserved"
    assert disks(site, server_id) == [("volume", "volume", 0, 1, "/dev/vda")]


def test_volume_that_another_server_has_is_refused_in_block_storages_words(site: Site) -> None:
    site.accepted(block_device_mapping_v2=[site.volume()])
    said = site.refused(block_device_mapping_v2=[site.volume()])
    assert said.startswith(
        f"Invalid volume: Invalid input received: Invalid volume: Volume {site.names['volume']} status must be "
        "available or downloading to reserve, but the current status is reserved. (HTTP 400) (Request-ID: req-"
    )


def test_missing_source_type_is_refused(site: Site) -> None:
    entry = site.volume()
    del entry["source_type"]
    assert "source_type is required" in site.refused(block_device_mapping_v2=[entry])


def test_missing_destination_means_what_the_client_means(site: Site) -> None:
    entry = site.volume()
    del entry["destination_type"]
    blank = {"source_type": "blank", "volume_size": 2}
    server_id = site.accepted(block_device_mapping_v2=[entry, blank], flavorRef=site.names["flavor_local"])
    assert disks(site, server_id)[:2] == [
        ("volume", "volume", 0, 1, "/dev/vda"), ("blank", "local", None, 2, "/dev/vdb"),
    ]  # fmt: skip


@pytest.mark.parametrize("source", ["volume", "snapshot"])
def test_volume_to_local_is_refused(site: Site, source: str) -> None:
    entry = site.volume(source, source_type=source, destination_type="local")
    said = site.refused(block_device_mapping_v2=[entry])
    assert said == f"Block Device Mapping is Invalid: Mapping {source} to local is not supported."


def test_flavor_brings_its_ephemeral_and_swap_disks(site: Site) -> None:
    server_id = site.accepted(imageRef=site.names["image"], flavorRef=site.names["flavor_local"])
    assert [disk[:4] for disk in disks(site, server_id)] == [
        ("image", "local", 0, None), ("blank", "local", None, 4), ("blank", "local", None, 512),
    ]  # fmt: skip


def test_image_with_a_mapping_boots_from_its_snapshot(site: Site) -> None:
    server_id = site.accepted(imageRef=site.names["image_bdm"], flavorRef=site.names["flavor0"])
    assert disks(site, server_id) == [("snapshot", "volume", 0, 1, "/dev/vda")]
    shown = site.client.get(f"{ROOT}/servers/{server_id}", headers=headers()).json()["server"]
    assert shown["image"] == ""


def test_request_overrides_the_images_disk_of_the_same_name(site: Site) -> None:
    disk = {"source_type": "snapshot", "snapshot_id": site.names["snapshot"]}
    root, data = {**disk, "boot_index": 0, "device_name": "/dev/vda"}, {**disk, "device_name": "/dev/vdb"}
    with site.rows.store.write() as tx:
        image = site.rows.image(tx, properties={"block_device_mapping": json.dumps([root, data]), "bdm_v2": "true"})
    own = site.volume(boot_index=None, device_name="vdb")
    server_id = site.accepted(imageRef=image, block_device_mapping_v2=[own])
    assert disks(site, server_id) == [
        ("snapshot", "volume", 0, 1, "/dev/vda"), ("volume", "volume", None, 1, "/dev/vdb"),
    ]  # fmt: skip


def test_no_device_keeps_a_disk_of_the_image_away(site: Site) -> None:
    entries = [{"no_device": True, "device_name": "vda"}]
    said = site.refused(imageRef=site.names["image_bdm"], block_device_mapping_v2=entries)
    assert "Boot sequence" in said


def test_older_mapping_without_image_boots_its_first_volume(site: Site) -> None:
    mapping = [{"volume_id": site.names["volume"], "delete_on_termination": "1"}]
    server_id = site.accepted(block_device_mapping=mapping)
    assert disks(site, server_id) == [("volume", "volume", 0, 1, "/dev/vda")]
    with site.rows.store.read() as tx:
        assert attachments.of_server(tx, server_id)[0].delete_on_termination


def test_volume_named_twice_is_refused(site: Site) -> None:
    said = site.refused(block_device_mapping_v2=[site.volume(), site.volume(boot_index=None)])
    assert "named twice" in said


def test_shared_volume_needs_a_microversion_that_knows_it(site: Site) -> None:
    with site.rows.store.write() as tx:
        volumes.update(tx, site.names["volume"], multiattach=True)
    said = site.refused(version="2.59", block_device_mapping_v2=[site.volume()])
    assert said == "Multiattach volumes are only supported starting with compute API version 2.60."
    site.accepted(version="2.60", block_device_mapping_v2=[site.volume()])


def test_quota_says_what_is_used(site: Site) -> None:
    image = site.names["image"]
    assert site.refused(403, imageRef=image, flavorRef=site.names["flavor_large"]) == (
        "Quota exceeded for cores: Requested 64, but already used 0 of 20 cores"
    )
    site.accepted(imageRef=image, min_count=10)
    said = site.refused(403, imageRef=image)
    assert said == "Quota exceeded for instances: Requested 1, but already used 10 of 10 instances"


def test_quota_cuts_the_count_between_min_and_max(site: Site) -> None:
    site.accepted(imageRef=site.names["image"], min_count=3, max_count=1000000000)
    listed = site.client.get(f"{ROOT}/servers?sort_key=display_name&sort_dir=asc", headers=headers()).json()["servers"]
    assert len(listed) == 10
    assert {server["name"] for server in listed} == {f"x-{number}" for number in range(1, 11)}


def test_reservation_id_finds_the_servers_made_together(site: Site) -> None:
    answer = site.create(imageRef=site.names["image"], min_count=2, return_reservation_id="true").json()
    assert list(answer) == ["reservation_id"]
    site.accepted(imageRef=site.names["image"])
    path = f"{ROOT}/servers?reservation_id={answer['reservation_id']}"
    assert len(site.client.get(path, headers=headers()).json()["servers"]) == 2


def test_answer_names_password_location_and_groups(site: Site) -> None:
    response = site.create(imageRef=site.names["image"], adminPass="secret", security_groups=[{"name": "default"}])
    made = response.json()["server"]
    assert set(made) == {"id", "links", "OS-DCF:diskConfig", "security_groups", "adminPass"}
    assert made["adminPass"] == "secret"
    assert response.headers["location"] == made["links"][0]["href"]


def test_networks_by_name_are_refused(site: Site) -> None:
    network = "6f1c1f0e-6d6f-4f72-8167-655f6964732e"
    for version in ("2.1", "2.37", "2.96"):
        said = site.refused(version=version, imageRef=site.names["image"], networks=[{"uuid": network}])
        assert said == f"Network {network} could not be found."
    choices: list[Any] = ["none", "auto", []]
    for networks in choices:
        site.accepted(imageRef=site.names["image"], networks=networks)


def test_hostname_of_several_servers_is_refused(site: Site) -> None:
    said = site.refused(imageRef=site.names["image"], hostname="one", min_count=2)
    assert said == "Unable to allocate a single hostname to multiple instances"


def test_refused_member_of_many_leaves_none_behind(site: Site) -> None:
    limits = {"quota_set": {"server_group_members": 1}}
    member = site.names["member_project"]
    site.client.put(f"{ROOT}/os-quota-sets/{member}", json=limits, headers=headers("admin", "2.1"))
    body = {"server_group": {"name": "g", "policy": "affinity"}}
    group = site.client.post(f"{ROOT}/os-server-groups", json=body, headers=headers()).json()["server_group"]["id"]
    said = site.refused(403, imageRef=site.names["image"], min_count=2, hints={"group": group})
    assert "server" in said
    made = site.accepted(imageRef=site.names["image"], hints={"group": group})
    shown = site.client.get(f"{ROOT}/servers/{made}", headers=headers()).json()["server"]
    assert shown["server_groups"] == [group]


@pytest.mark.parametrize(
    "field",
    [
        {"name": "nul\0"}, {"metadata": {"k": "\0"}}, {"user_data": "A" * 5}, {"min_count": "9" * 5000},
        {"block_device_mapping_v2": [{"source_type": "blank", "boot_index": "9" * 5000}]},
        {"block_device_mapping_v2": [{"source_type": "blank", "volume_size": "9" * 5000}]},
        {"networks": {"uuid": 1}}, {"availability_zone": "😀" * 300}, {"tags": [["a"]]}, {"hostname": "é"},
        {"flavorRef": "x" * 100000}, {"flavorRef": {}}, {"imageRef": ["x"]}, {"min_count": 10**30}, {"min_count": True},
    ],
)  # fmt: skip
def test_odd_fields_are_refused_and_change_nothing(site: Site, field: dict[str, Any]) -> None:
    site.refused(**{"imageRef": site.names["image"], **field})


def test_dpm_refuses_volumes_it_cannot_reach(dpm: Site) -> None:
    said = dpm.refused(block_device_mapping_v2=[dpm.volume("file_volume")])
    assert "is reached by file; servers of the dpm driver need fibre_channel" in said
    new = {"uuid": dpm.names["image"], "source_type": "image", "destination_type": "volume", "volume_size": 1}
    said = dpm.refused(block_device_mapping_v2=[{**new, "boot_index": 0, "volume_type": "files"}])
    assert "volume type files is reached by file" in said


def test_dpm_refuses_disks_on_the_host(dpm: Site) -> None:
    for fields in (
        {"imageRef": dpm.names["image"]},
        {"block_device_mapping_v2": [dpm.volume()], "flavorRef": dpm.names["flavor_local"]},
        {"block_device_mapping_v2": [dpm.volume(), {"source_type": "blank", "destination_type": "local"}]},
    ):
        assert "boot from a volume instead" in dpm.refused(**fields)


def test_dpm_refuses_a_boot_volume_that_is_not_there(dpm: Site) -> None:
    missing = dpm.names["missing"]
    said = dpm.refused(block_device_mapping_v2=[dpm.volume("missing")])
    assert said == f"Block Device Mapping is Invalid: failed to get volume {missing}."
    said = dpm.refused(block_device_mapping_v2=[dpm.volume(), dpm.volume("missing", boot_index=None)])
    assert said == f"Volume {missing} could not be found."


def test_dpm_takes_a_fibre_channel_volume(dpm: Site) -> None:
    server_id = dpm.accepted(block_device_mapping_v2=[dpm.volume()])
    with dpm.rows.store.read() as tx:
        assert servers.get(tx, server_id).driver == "dpm"
