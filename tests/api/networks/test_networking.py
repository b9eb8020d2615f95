"""Networking v2.0 over rows: shapes, ownership, refusals, and what a server does with ports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from moorage.api.compute import SERVICE as COMPUTE
from moorage.api.networks import SERVICE as NETWORKS
from moorage.networks.model import Network, Networks
from moorage.networks.service import ports
from tests.api.compute.server_site import MEMBER_PROJECT, MISSING, OTHER_PROJECT, Rows, headers, make_site
from tests.support.app import make_client

PROD = Network(
    name="prod", cidr="10.1.0.0/24", gateway="10.1.0.1", dns=["10.1.0.2"], vlan=7, mtu=9000, first="10.1.0.10",
    last="10.1.0.12",
)  # fmt: skip
LAB = Network(name="lab", cidr="10.2.0.0/24", first="10.2.0.1", last="10.2.0.254")
V = "/network/v2.0"
PORT_FIELDS = {
    "id", "name", "description", "tenant_id", "project_id", "network_id", "mac_address", "fixed_ips", "device_id",
    "device_owner", "status", "admin_state_up", "security_groups", "port_security_enabled", "binding:vnic_type",
}  # fmt: skip
BINDING = {"binding:host_id", "binding:profile", "binding:vif_details", "binding:vif_type"}


class Site:
    def __init__(self, tmp_path: Path, *networks: Network) -> None:
        site = msgspec.structs.replace(make_site(), networks=Networks(networks))
        self.client: TestClient = make_client(tmp_path, COMPUTE, NETWORKS, site=site)
        self.rows = Rows(self.client)
        self.rows.prepare()

    def ask(self, method: str, path: str, body: Any = None, who: str = "member", status: int = 200) -> Any:
        answer = self.client.request(method, f"{V}{path}", json=body, headers=headers(who))
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def refused(self, status: int, kind: str, method: str, path: str, body: Any = None, who: str = "member") -> str:
        error = self.ask(method, path, body, who, status)["NeutronError"]
        assert set(error) == {"type", "message", "detail"}
        assert error["type"] == kind
        return str(error["message"])

    def port(self, who: str = "member", **fields: Any) -> dict[str, Any]:
        made = self.ask("POST", "/ports", {"port": {"network_id": PROD.id, **fields}}, who, 201)["port"]
        assert set(made) - BINDING == PORT_FIELDS
        return dict(made)

    def server(self, networks: Any = msgspec.UNSET, version: str = "2.96", status: int = 202, **fields: Any) -> Any:
        wanted = {"name": "x", "flavorRef": self.rows.names["flavor"], "imageRef": self.rows.names["image"], **fields}
        if networks is not msgspec.UNSET:
            wanted["networks"] = networks
        answer = self.client.post(
            "/compute/v2.1/servers", json={"server": wanted}, headers=headers(version=version)
        )  # fmt: skip
        assert answer.status_code == status, answer.text
        return answer.json()["server"]["id"] if status == 202 else next(iter(answer.json().values()))["message"]

    def compute(self, path: str, version: str = "2.96", status: int = 200) -> Any:
        answer = self.client.get(f"/compute/v2.1{path}", headers=headers(version=version))
        assert answer.status_code == status, answer.text
        return answer.json()

    def addresses(self, server_id: str) -> list[str]:
        shown = self.compute(f"/servers/{server_id}")["server"]["addresses"]
        return [entry["addr"] for entries in shown.values() for entry in entries]

    def port_count(self) -> int:
        with self.rows.store.read() as tx:
            return len(ports.listing(tx))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, PROD)


@pytest.fixture
def two(tmp_path: Path) -> Site:
    return Site(tmp_path, PROD, LAB)


def test_version_documents_need_no_token_and_name_the_version(site: Site) -> None:
    for path in ("/network", "/network/"):
        (version,) = site.client.get(path).json()["versions"]
        assert version == {
            "id": "v2.0", "status": "CURRENT",
            "links": [{"rel": "self", "href": "http://moorage.test/network/v2.0/"}],
        }  # fmt: skip
    for path in (V, f"{V}/"):
        assert {entry["name"] for entry in site.client.get(path).json()["resources"]} >= {"network", "subnet", "port"}


def test_networks_and_subnets_have_closed_field_sets(site: Site) -> None:
    (network,) = site.ask("GET", "/networks")["networks"]
    assert network == {
        "id": PROD.id, "name": "prod", "description": "", "tenant_id": "", "project_id": "", "admin_state_up": True,
        "status": "ACTIVE", "shared": True, "router:external": False, "mtu": 9000, "port_security_enabled": False,
        "subnets": [PROD.subnet_id],
    }  # fmt: skip
    assert site.ask("GET", f"/networks/{PROD.id}")["network"] == network
    admins = site.ask("GET", f"/networks/{PROD.id}", who="admin")["network"]
    assert admins == network | {
        "provider:network_type": "vlan", "provider:physical_network": "prod", "provider:segmentation_id": 7,
    }  # fmt: skip
    (subnet,) = site.ask("GET", "/subnets")["subnets"]
    assert subnet == {
        "id": PROD.subnet_id, "name": "prod", "description": "", "tenant_id": "", "project_id": "",
        "network_id": PROD.id, "ip_version": 4, "cidr": "10.1.0.0/24", "gateway_ip": "10.1.0.1",
        "allocation_pools": [{"start": "10.1.0.10", "end": "10.1.0.12"}], "dns_nameservers": ["10.1.0.2"],
        "host_routes": [], "enable_dhcp": False, "ipv6_ra_mode": None, "ipv6_address_mode": None,
    }  # fmt: skip
    assert site.ask("GET", f"/subnets/{PROD.subnet_id}")["subnet"] == subnet


def test_networks_are_not_made_here(site: Site) -> None:
    for method, path in [
        ("POST", "/networks"), ("PUT", f"/networks/{PROD.id}"), ("DELETE", f"/networks/{PROD.id}"),
        ("POST", "/subnets"), ("DELETE", f"/subnets/{PROD.subnet_id}"),
    ]:  # fmt: skip
        said = site.refused(403, "PolicyNotAuthorized", method, path, {}, who="admin")
        assert "configured in moorage.conf" in said


def test_lists_filter_cut_sort_and_page(two: Site) -> None:
    def names(query: str) -> list[str]:
        return [network["name"] for network in two.ask("GET", f"/networks?{query}")["networks"]]

    assert names("") == ["prod", "lab"]
    assert names("name=lab&name=other") == ["lab"]
    assert names("router:external=True") == []
    assert names("router:external=false&shared=true") == ["prod", "lab"]
    assert names("sort_key=name&sort_dir=asc") == ["lab", "prod"]
    assert names("no_such_field=1") == ["prod", "lab"]
    assert two.ask("GET", "/networks?fields=id&name=lab")["networks"] == [{"id": LAB.id}]
    page = two.ask("GET", "/networks?limit=1")
    assert [network["name"] for network in page["networks"]] == ["prod"]
    (link,) = page["networks_links"]
    assert link["rel"] == "next"
    rest = two.client.get(link["href"].replace("http://moorage.test", ""), headers=headers()).json()
    assert [network["name"] for network in rest["networks"]] == ["lab"]
    assert "networks_links" not in rest
    two.refused(400, "InvalidInput", "GET", "/networks?marker=nope")
    two.refused(400, "InvalidInput", "GET", "/networks?sort_key=subnets")
    two.refused(400, "InvalidInput", "GET", "/networks?limit=-1")


def test_a_port_is_made_changed_found_and_given_back(site: Site) -> None:
    made = site.port(name="db", description="d")
    assert made["fixed_ips"] == [{"subnet_id": PROD.subnet_id, "ip_address": "10.1.0.10"}]
    assert (made["status"], made["device_id"], made["project_id"]) == ("DOWN", "", MEMBER_PROJECT)
    changed = site.ask("PUT", f"/ports/{made['id']}", {"port": {"name": "db2", "device_owner": "me"}})["port"]
    assert changed == made | {"name": "db2", "device_owner": "me"}
    for query in ("name=db2", "fixed_ips=ip_address%3D10.1.0.10", f"network_id={PROD.id}", "status=DOWN"):
        assert site.ask("GET", f"/ports?{query}")["ports"] == [changed]
    assert site.ask("GET", "/ports?fixed_ips=ip_address%3D10.1.0.1")["ports"] == []
    assert set(site.ask("GET", f"/ports/{made['id']}", who="admin")["port"]) == PORT_FIELDS | BINDING
    site.ask("DELETE", f"/ports/{made['id']}", status=204)
    site.refused(404, "PortNotFound", "GET", f"/ports/{made['id']}")


def test_another_projects_port_is_404_for_everything(site: Site) -> None:
    port_id = site.port()["id"]
    for method, body in (("GET", None), ("PUT", {"port": {"name": "x"}}), ("DELETE", None)):
        said = site.refused(404, "PortNotFound", method, f"/ports/{port_id}", body, who="other")
        assert said == f"Port {port_id} could not be found."
    assert site.ask("GET", "/ports", who="other")["ports"] == []
    assert len(site.ask("GET", "/ports", who="admin")["ports"]) == 1


@pytest.mark.parametrize(
    ("status", "kind", "fields"),
    [
        (404, "NetworkNotFound", {"network_id": MISSING}),
        (400, "InvalidInput", {"network_id": 5}),
        (400, "InvalidInput", {"colour": "red"}),
        (400, "InvalidInput", {"name": "x" * 256}),
        (400, "InvalidInput", {"admin_state_up": False}),
        (400, "InvalidInput", {"port_security_enabled": True}),
        (400, "InvalidInput", {"binding:vnic_type": "direct"}),
        (400, "InvalidInput", {"mac_address": "01:00:00:00:00:01"}),
        (400, "InvalidInput", {"fixed_ips": [{}, {}]}),
        (400, "InvalidInput", {"fixed_ips": "10.1.0.10"}),
        (400, "InvalidIpForNetwork", {"fixed_ips": [{"ip_address": "10.9.0.1"}]}),
        (400, "InvalidIpForNetwork", {"fixed_ips": [{"ip_address": "10.1.0.1"}]}),
        (404, "SubnetNotFound", {"fixed_ips": [{"subnet_id": MISSING}]}),
        (404, "SecurityGroupNotFound", {"security_groups": [MISSING]}),
        (403, "PolicyNotAuthorized", {"project_id": OTHER_PROJECT}),
    ],
)
def test_what_a_port_cannot_be_is_refused_and_leaves_nothing(
    site: Site, status: int, kind: str, fields: dict[str, Any]
) -> None:
    site.refused(status, kind, "POST", "/ports", {"port": {"network_id": PROD.id, **fields}})
    assert site.port_count() == 0


def test_bodies_that_are_no_ports_are_refused(site: Site) -> None:
    for body in ({}, {"port": 5}, {"ports": []}, []):
        site.refused(400, "InvalidInput", "POST", "/ports", body)
    port_id = site.port()["id"]
    for change in ({"mac_address": "fa:16:3e:00:00:01"}, {"fixed_ips": []}, {"name": None}):
        site.refused(400, "InvalidInput", "PUT", f"/ports/{port_id}", {"port": change})


def test_conflicts_say_which_address_and_which_limit(site: Site) -> None:
    taken = site.port(fixed_ips=[{"ip_address": "10.1.0.200"}])
    again = {"port": {"network_id": PROD.id, "fixed_ips": [{"ip_address": "10.1.0.200"}]}}
    assert "10.1.0.200 already" in site.refused(409, "IpAddressAlreadyAllocated", "POST", "/ports", again)
    mac = {"port": {"network_id": PROD.id, "mac_address": taken["mac_address"].upper()}}
    site.refused(409, "MacAddressInUse", "POST", "/ports", mac)
    for _ in range(3):
        site.port()
    site.refused(409, "IpAddressGenerationFailure", "POST", "/ports", {"port": {"network_id": PROD.id}})
    site.ask("PUT", f"/quotas/{MEMBER_PROJECT}", {"quota": {"port": 4}}, who="admin")
    site.refused(409, "OverQuota", "POST", "/ports", {"port": {"network_id": PROD.id}})


def test_readers_may_look_but_not_make(site: Site) -> None:
    assert site.ask("GET", "/ports", who="reader")["ports"] == []
    site.refused(403, "PolicyNotAuthorized", "POST", "/ports", {"port": {"network_id": PROD.id}}, who="reader")
    assert site.client.get(f"{V}/ports").status_code == 401


def test_quotas_count_ports_and_allow_nothing_else(site: Site) -> None:
    path = f"/quotas/{MEMBER_PROJECT}"
    assert site.ask("GET", path)["quota"]["port"] == 500
    assert site.ask("GET", path)["quota"]["router"] == 0
    site.refused(403, "PolicyNotAuthorized", "PUT", path, {"quota": {"port": 1}})
    assert site.ask("PUT", path, {"quota": {"port": 1}}, who="admin")["quota"]["port"] == 1
    site.refused(400, "InvalidInput", "PUT", path, {"quota": {"network": 1}}, who="admin")
    site.port()
    assert site.ask("GET", f"{path}/details.json")["quota"]["port"] == {"limit": 1, "used": 1, "reserved": 0}
    site.ask("DELETE", path, who="admin", status=204)
    assert site.ask("GET", f"{path}/default")["quota"] == site.ask("GET", path)["quota"]
    site.refused(403, "PolicyNotAuthorized", "GET", f"/quotas/{OTHER_PROJECT}")


def test_collections_without_members_are_empty_lists(site: Site) -> None:
    assert site.ask("GET", "/security-groups?name=default")["security_groups"] == []
    assert site.ask("GET", "/floatingips")["floatingips"] == []
    site.refused(404, "SecurityGroupNotFound", "GET", "/security-groups/default")
    site.refused(404, "FloatingIPNotFound", "GET", f"/floatingips/{MISSING}")
    aliases = {extension["alias"] for extension in site.ask("GET", "/extensions")["extensions"]}
    assert {"provider", "quotas", "binding"} <= aliases
    site.refused(404, "HTTPNotFound", "GET", "/extensions/router")


@pytest.mark.parametrize(("version", "networks"), [("2.1", msgspec.UNSET), ("2.37", "auto"), ("2.96", [])])
def test_a_server_that_names_no_network_gets_the_only_one(site: Site, version: str, networks: Any) -> None:
    server_id = site.server(networks, version)
    shown = site.compute(f"/servers/{server_id}")["server"]["addresses"]
    (port,) = site.ask("GET", f"/ports?device_id={server_id}")["ports"]
    assert shown == {
        "prod": [
            {
                "version": 4, "addr": "10.1.0.10", "OS-EXT-IPS:type": "fixed",
                "OS-EXT-IPS-MAC:mac_addr": port["mac_address"],
            }
        ]
    }  # fmt: skip
    assert (port["status"], port["device_owner"]) == ("ACTIVE", "compute:nova")
    assert site.compute(f"/servers/{server_id}/ips") == {"addresses": {"prod": [{"version": 4, "addr": "10.1.0.10"}]}}
    assert site.compute(f"/servers/{server_id}/ips/prod") == {"prod": [{"version": 4, "addr": "10.1.0.10"}]}
    site.compute(f"/servers/{server_id}/ips/lab", status=404)


def test_two_networks_are_too_many_to_choose_from(two: Site) -> None:
    assert two.server("auto", status=409).startswith("Multiple possible networks found")
    assert two.addresses(two.server("none")) == []
    both = two.server([{"uuid": LAB.id}, {"uuid": PROD.id, "fixed_ip": "10.1.0.77", "tag": "wan"}])
    assert two.addresses(both) == ["10.2.0.1", "10.1.0.77"]
    first, second = two.compute(f"/servers/{both}/os-interface")["interfaceAttachments"]
    assert set(first) == {"net_id", "port_id", "mac_addr", "port_state", "fixed_ips", "tag"}
    assert (second["net_id"], second["tag"], second["port_state"]) == (PROD.id, "wan", "ACTIVE")
    assert second["fixed_ips"] == [{"subnet_id": PROD.subnet_id, "ip_address": "10.1.0.77"}]
    one = two.compute(f"/servers/{both}/os-interface/{second['port_id']}", "2.69")["interfaceAttachment"]
    assert one == {key: value for key, value in second.items() if key != "tag"}
    two.compute(f"/servers/{both}/os-interface/{MISSING}", status=404)


def test_a_server_takes_a_port_and_nobody_else_can(site: Site) -> None:
    port = site.port()
    server_id = site.server([{"port": port["id"]}])
    assert site.addresses(server_id) == ["10.1.0.10"]
    assert site.server([{"port": port["id"]}], status=409) == f"Port {port['id']} is still in use."
    site.refused(409, "PortInUse", "DELETE", f"/ports/{port['id']}")
    site.refused(409, "PortInUse", "PUT", f"/ports/{port['id']}", {"port": {"device_id": "x"}})


def test_networks_of_an_order_that_cannot_be_had_are_refused_and_take_no_address(site: Site) -> None:
    mine, others = site.port(fixed_ips=[{"ip_address": "10.1.0.99"}])["id"], site.port("other")["id"]
    taken = [{"uuid": PROD.id, "fixed_ip": "10.1.0.99"}]
    cases: list[tuple[Any, int, str, dict[str, Any]]] = [
        ([{"uuid": MISSING}], 400, f"Network {MISSING} could not be found.", {}),
        ([{"port": MISSING}], 400, f"Port id {MISSING} could not be found.", {}),
        ([{"port": others}], 400, f"Port id {others} could not be found.", {}),
        ([{}], 400, "Bad network format: missing 'uuid'", {}),
        ([{"port": mine}, {"port": mine}], 409, f"Port {mine} is still in use.", {}),
        ([{"port": mine, "fixed_ip": "10.1.0.5"}], 400, "the two cannot be specified together", {}),
        ([{"port": mine}], 400, "Unable to launch multiple instances", {"max_count": 2}),
        ([{"uuid": PROD.id, "fixed_ip": "10.1.0.5"}], 400, "max_count cannot be greater than 1", {"max_count": 2}),
        ([{"uuid": PROD.id, "fixed_ip": "10.9.0.1"}], 400, "Fixed IP 10.9.0.1 is not a valid ip address", {}),
        (taken, 400, "Fixed IP address 10.1.0.99 is already in use on instance", {}),
        ([{"uuid": PROD.id}], 400, "No fixed IP addresses available for network", {"min_count": 3}),
    ]
    for networks, status, words, fields in cases:
        assert words in site.server(networks, status=status, **fields)
        assert site.port_count() == 2
    site.ask("PUT", f"/quotas/{MEMBER_PROJECT}", {"quota": {"port": 1}}, who="admin")
    assert site.server("auto", status=403) == "Maximum number of ports exceeded"


def test_servers_are_found_by_their_addresses(two: Site) -> None:
    one, two_ = two.server([{"uuid": PROD.id}]), two.server([{"uuid": LAB.id}])

    def found(query: str) -> set[str]:
        return {server["id"] for server in two.compute(f"/servers?{query}")["servers"]}

    assert found("ip=10.1.0.10") == {one}
    assert found("ip=^10[.]2") == {two_}
    assert found("ip=10.") == {one, two_}
    assert found("ip6=10.") == set()
    assert found("ip=192") == set()


def test_interfaces_are_given_at_create_only(site: Site) -> None:
    server_id = site.server("none")
    path = f"/compute/v2.1/servers/{server_id}/os-interface"
    assert site.client.get(path, headers=headers()).json() == {"interfaceAttachments": []}
    assert site.client.get(path, headers=headers("other")).status_code == 404
    assert site.client.post(path, json={"interfaceAttachment": {}}, headers=headers()).status_code == 400
    assert site.client.delete(f"{path}/{MISSING}", headers=headers()).status_code == 404
