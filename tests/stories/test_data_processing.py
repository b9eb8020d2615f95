"""A cluster whose nodes boot from volumes, by the unmodified openstack command and by saharaclient."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from saharaclient.api.client import ClientV2

from tests.support.clouds import Cloud, cloud
from tests.support.data_processing import DataProcessing, networks
from tests.support.guests import reporting
from tests.support.process import eventually

JSON = ("-f", "json")


@pytest.fixture(scope="module", params=["sim", "dpm"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    options = networks(request.param)
    with cloud(tmp_path_factory.mktemp(request.param), request.param, more_options=options) as made, reporting(made):
        made.lift_quotas()
        yield made


@pytest.fixture(scope="module")
def service(site: Cloud) -> DataProcessing:
    return DataProcessing(site, tags=("spark", "3.5.5", "generic"))


def run(site: Cloud, *words: str) -> Any:
    return site.moorage.openstack("--os-data-processing-api-version", "2", "dataprocessing", *words)


def shown(site: Cloud, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = {key.lower().replace(" ", "_"): value for key, value in run(site, *words, *JSON).items()}
    return found


def check_nodes(site: Cloud, service: DataProcessing, names: list[str]) -> None:
    """Each node is a server, on DPM a partition, that boots from a volume of its own; nobody else has any."""
    assert service.servers() == names
    assert service.volumes() == [f"{name}-boot" for name in names]
    if site.hmc is not None:
        active = [partition for partition in site.partitions() if partition["status"] == "active"]
        assert len(active) == len(names)
        assert {partition["boot-device"] for partition in active} == {"storage-adapter"}
    assert len({mask["volume_id"] for mask in site.array()["masks"]}) == len(names)


def check_empty(site: Cloud, service: DataProcessing) -> None:
    site.settle()
    assert (service.servers(), service.volumes()) == ([], [])
    array = site.array()
    assert (array["volumes"], array["hosts"], array["masks"], array["zones"]) == ([], [], [], [])
    assert site.partitions() == []
    assert site.problems() == []


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_the_commands_in_their_recorded_order(site: Cloud, service: DataProcessing, tmp_path: Path) -> None:
    """Registers an image, makes templates and a cluster with boot volumes, scales it 2 → 5 → 1, deletes it."""
    image = site.moorage.openstack("image", "show", service.image, *JSON)["name"]
    run(site, "image", "register", image, "--username", "ubuntu", "--description", "d1")
    run(site, "image", "tags", "set", image, "--tags", "spark", "3.5.5")
    run(site, "image", "tags", "add", image, "--tags", "generic")
    assert shown(site, "image", "show", image)["tags"] == "3.5.5, generic, spark"
    assert shown(site, "plugin", "show", "spark", "--plugin-version", "3.5.5")["required_image_tags"] == "3.5.5, spark"
    template = tmp_path / "w.json"
    template.write_text(json.dumps({
        "name": "w", "plugin_name": "generic", "plugin_version": "1.0", "flavor_id": "1", "node_processes": ["worker"],
        "boot_from_volume": True, "boot_volume_type": "fcarray", "boot_volume_availability_zone": "nova",
        "node_configs": {"general": {"Boot volume size": 2}},
    }))  # fmt: skip
    run(site, "node", "group", "template", "create", "--json", str(template))
    run(
        site,
        "node",
        "group",
        "template",
        "update",
        "w",
        "--boot-volume-type",
        "__DEFAULT__",
        "--boot-from-volume-enable",
    )
    listed = run(site, "node", "group", "template", "list", "--plugin", "generic", "--plugin-version", "1.0", *JSON)
    assert [item["Name"] for item in listed] == ["w"]
    exported = tmp_path / "exported.json"
    run(site, "node", "group", "template", "export", "w", "--file", str(exported))
    assert json.loads(exported.read_text())["node_group_template"]["flavor_id"] == "{flavor_id}"
    run(site, "cluster", "template", "create", "--name", "ct1", "--node-groups", "w:2")
    run(site, "cluster", "template", "update", "ct1", "--description", "x")
    words = ("--name", "c1", "--cluster-template", "ct1", "--image", image, "--neutron-network", "private")
    made = shown(site, "cluster", "create", *words, "--wait")
    assert made["status"] == "Active"
    check_nodes(site, service, ["c1-w-0", "c1-w-1"])
    assert [item["Status"] for item in run(site, "cluster", "list", *JSON)] == ["Active"]
    progress = run(site, "cluster", "show", "c1", "--show-progress").stdout
    assert "Engine: create cluster: Create boot volumes" in progress
    cluster_id = made["id"]
    run(site, "cluster", "scale", "c1", "--instances", "w:5")
    service.wait(cluster_id, "Active")
    check_nodes(site, service, [f"c1-w-{index}" for index in range(5)])
    named = tmp_path / "scale.json"
    named.write_text(json.dumps({"resize_node_groups": [{"name": "w", "count": 1, "instances": ["c1-w-0", "c1-w-2"]}]}))
    run(site, "cluster", "scale", "c1", "--json", str(named))
    service.wait(cluster_id, "Active")
    check_nodes(site, service, ["c1-w-1"])
    assert shown(site, "cluster", "update", "c1", "--description", "hello")["description"] == "hello"
    run(site, "cluster", "verification", "c1", "--start")
    assert shown(site, "cluster", "verification", "c1", "--show")["verification_status"] == "GREEN"
    run(site, "cluster", "delete", "c1", "--wait")
    check_empty(site, service)
    for words in (("cluster", "template", "delete", "ct1"), ("node", "group", "template", "delete", "w")):
        run(site, *words)
    run(site, "image", "unregister", image)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_saharaclient_by_itself(site: Cloud, service: DataProcessing) -> None:
    """Two clusters at once, one of them deleted by force."""
    client = ClientV2(session=site.moorage.session())
    client.images.update_image(service.image, "ubuntu", "d")
    client.images.update_tags(service.image, ["generic", "spark", "3.5.5"])
    template = client.node_group_templates.create(
        "sw", "generic", "1.0", "1", node_processes=["worker"], boot_from_volume=True, boot_volume_type="fcarray",
        node_configs={"general": {"Boot volume size": 1}},
    )  # fmt: skip
    assert template.boot_from_volume is True
    groups = [{"name": "w", "count": 1, "node_group_template_id": template.id}]
    plan = client.cluster_templates.create("sct", "generic", "1.0", node_groups=groups)
    made = client.clusters.create(
        "s", "generic", "1.0", plan.id, service.image, net_id=service.network, count=2
    )  # fmt: skip
    ids = [each["cluster"]["id"] for each in made.clusters]
    for cluster_id in ids:
        service.wait(cluster_id, "Active")
    check_nodes(site, service, ["s-1-w-0", "s-2-w-0"])
    assert client.clusters.force_delete(ids[0])["stack_name"].startswith("s-1")
    client.clusters.delete(ids[1])
    eventually(lambda: client.clusters.list() == [], 60, "no cluster")
    check_empty(site, service)
    client.cluster_templates.delete(plan.id)
    client.node_group_templates.delete(template.id)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_scaled_from_two_to_five_to_one(site: Cloud, service: DataProcessing) -> None:
    client = ClientV2(session=site.moorage.session())
    cluster_id = service.create("z", service.node_group(count=2))
    service.wait(cluster_id, "Active")
    for count in (5, 1):
        client.clusters.scale(cluster_id, {"resize_node_groups": [{"name": "w", "count": count}]})
        service.wait(cluster_id, "Active")
        check_nodes(site, service, [f"z-w-{index}" for index in range(count)])
    client.clusters.delete(cluster_id)
    service.wait(cluster_id, "GONE")
    check_empty(site, service)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_boot_volumes_stay_if_that_is_asked_for(site: Cloud, service: DataProcessing) -> None:
    cluster_id = service.create("k", service.node_group(count=1))
    service.wait(cluster_id, "Active")
    service.ask("DELETE", f"/clusters/{cluster_id}", {"keep_boot_volumes": True}, 204)
    service.wait(cluster_id, "GONE")
    site.settle()
    assert (service.servers(), service.volumes()) == ([], ["k-w-0-boot"])
    (volume,) = site.moorage.call("GET", "block-storage", "/volumes/detail").json()["volumes"]
    assert volume["status"] == "available"
    site.moorage.call("DELETE", "block-storage", f"/volumes/{volume['id']}")
    check_empty(site, service)
