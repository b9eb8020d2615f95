"""Networks through the unmodified openstack command and openstacksdk, on a whole cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openstack
import pytest

from tests.support.clouds import Cloud, cloud
from tests.support.networks import Receiver, networks
from tests.support.process import eventually

JSON = ("-f", "json")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("net"), "sim", more_options=networks("sim")) as made:
        yield made


@pytest.mark.long
def test_the_openstack_command_lists_networks_and_keeps_ports(site: Cloud) -> None:
    run = site.moorage.openstack
    assert {network["Name"] for network in run("network", "list", *JSON)} == {"prod", "lab"}
    network = run("network", "show", "prod", *JSON)
    assert (network["name"], network["status"], network["mtu"]) == ("prod", "ACTIVE", 1500)
    assert {subnet["Subnet"] for subnet in run("subnet", "list", *JSON)} == {"10.1.0.0/24", "10.2.0.0/24"}
    made = run("port", "create", "--network", "prod", "--fixed-ip", "ip-address=10.1.0.50", "p1", *JSON)
    assert made["fixed_ips"] == [{"subnet_id": network["subnets"][0], "ip_address": "10.1.0.50"}]
    assert [port["Name"] for port in run("port", "list", "--network", "prod", *JSON)] == ["p1"]
    run("port", "set", "--name", "p2", "p1")
    assert run("port", "show", "p2", *JSON)["mac_address"] == made["mac_address"]
    assert run("security", "group", "list", *JSON) == []
    assert run("floating", "ip", "list", *JSON) == []
    run("port", "delete", "p2")
    assert run("port", "list", *JSON) == []


@pytest.mark.long
def test_servers_get_ports_by_network_by_address_and_by_port_and_give_them_back(site: Cloud) -> None:
    run = site.moorage.openstack
    kept = run("port", "create", "--network", "lab", "kept", *JSON)
    root = site.volume()
    server = run(
        "server", "create", "--flavor", "m1.volume", "--volume", root, "--network", "prod", "--port", "kept",
        "--nic", "net-id=prod,v4-fixed-ip=10.1.0.77", "--wait", "s1", *JSON,
    )  # fmt: skip
    assert server["addresses"] == {"prod": ["10.1.0.10", "10.1.0.77"], "lab": [kept["fixed_ips"][0]["ip_address"]]}
    ports = run("port", "list", "--server", "s1", *JSON)
    assert len(ports) == 3
    assert {port["Status"] for port in ports} == {"ACTIVE"}
    assert [entry["Name"] for entry in run("server", "list", "--ip", "10.1.0.77", *JSON)] == ["s1"]
    site.settle()
    assert site.problems() == []
    run("server", "delete", "--wait", "s1")
    (left,) = run("port", "list", *JSON)
    assert (left["Name"], left["Status"]) == ("kept", "DOWN")
    site.settle()
    assert site.problems() == []
    run("port", "delete", "kept")


def test_a_server_without_a_word_about_networks_must_choose_between_two(site: Cloud) -> None:
    refused = site.moorage.call(
        "POST", "compute", "/servers", {"server": {"name": "x", "flavorRef": "1", "imageRef": ""}}, version="2.1"
    )
    assert refused.status_code == 400
    assert site.moorage.openstack("port", "list", *JSON) == []


def test_openstacksdk_finds_networks_and_lists_servers_with_addresses(
    site: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(site.data_dir / "clouds.yaml"))
    sdk: Any = openstack.connect(cloud="moorage")
    network = sdk.network.find_network("lab")
    port = sdk.network.create_port(network_id=network.id, name="sdk")
    server_id = sdk.compute.create_server(
        name="s2", flavor_id="5", networks=[{"port": port.id}],
        block_device_mapping=[
            {"uuid": site.volume(), "source_type": "volume", "destination_type": "volume", "boot_index": 0}
        ],
    ).id  # fmt: skip
    site.wait(server_id, "ACTIVE")
    (listed,) = sdk.list_servers()
    assert listed.addresses["lab"][0]["addr"] == port.fixed_ips[0]["ip_address"]
    assert [i.port_id for i in sdk.compute.server_interfaces(server_id)] == [port.id]
    sdk.compute.delete_server(server_id)
    site.wait(server_id, "GONE")
    assert sdk.network.get_port(port.id).status == "DOWN"
    sdk.network.delete_port(port.id)


def test_without_networks_the_catalog_has_no_network_entry(tmp_path_factory: pytest.TempPathFactory) -> None:
    with cloud(tmp_path_factory.mktemp("none"), "sim") as bare:
        session = bare.moorage.session()
        catalog = session.get("/v3/auth/catalog", endpoint_filter={"service_type": "identity"}).json()["catalog"]
        assert "network" not in {entry["type"] for entry in catalog}
        assert "compute" in {entry["type"] for entry in catalog}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def order(site: Cloud, volume: str, nics: list[dict[str, str]], **more: str) -> str:
    mapping = [{"uuid": volume, "source_type": "volume", "destination_type": "volume", "boot_index": 0}]
    server = {"name": "net", "flavorRef": "5", "networks": nics, "block_device_mapping_v2": mapping, **more}
    made = site.moorage.call("POST", "compute", "/servers", {"server": server}, version="2.67")
    assert made.status_code == 202, made.text
    return str(made.json()["server"]["id"])


@pytest.mark.parametrize("driver", ["sim", pytest.param("dpm", marks=pytest.mark.long), "dpm-groups"])
def test_a_server_boots_with_its_networks_and_reports_its_first_boot(
    driver: str, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with cloud(tmp_path_factory.mktemp("net"), driver, more_options=networks(driver)) as site:
        found = site.moorage.call("GET", "network", "/v2.0/networks").json()["networks"]
        ids = {network["name"]: network["id"] for network in found}
        nics = [{"uuid": ids["prod"]}, {"uuid": ids["lab"], "fixed_ip": "10.2.0.77"}]
        server = order(site, site.volume(), nics, user_data=receiver.encoded)
        site.wait(server, "ACTIVE")
        eventually(lambda: receiver.got, 10)
        assert receiver.got == [("PUT", "/wait-conditions/w1?token=t", b'{"status": "SUCCESS"}')]
        if site.hmc is not None:
            assert [nic["vlan-id"] for nic in site.hmc.controls.state()["nics"]] == [7, None]
        log = (site.data_dir / "serve.log").read_text()
        assert receiver.encoded not in log
        assert "wait-conditions" not in log
        site.act(server, "reboot", {"type": "HARD"})
        site.settle()
        site.delete(server)
        site.wait(server, "GONE")
        site.settle()
        assert site.problems() == []
        assert len(receiver.got) == 1
        assert site.moorage.call("GET", "network", "/v2.0/ports").json()["ports"] == []
        journal = b"".join(path.read_bytes() for path in site.data_dir.glob("journal.db*"))
        assert receiver.encoded.encode() not in journal
        assert b"wait-conditions" not in journal
