"""What zhmcclient reads, what the HMC validates, and who may ask."""

from __future__ import annotations

import ssl
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import zhmcclient

from moorage.errors import ConfigError
from moorage.mock_hmc import Address, CpcSpec, HmcConfig, MockHmc
from tests.mock_hmc.conftest import LUN, add_boot_hba, make_session, port_uri, refused, sizes


def test_machines_and_their_features_are_found(session: zhmcclient.Session) -> None:
    client = zhmcclient.Client(session)
    cpcs = {cpc.name: cpc for cpc in client.cpcs.list()}
    assert all(cpc.dpm_enabled for cpc in cpcs.values())
    assert not cpcs["CPC1"].firmware_feature_enabled("dpm-storage-management")
    assert cpcs["CPC2"].firmware_feature_enabled("dpm-storage-management")
    assert client.query_api_version()["api-major-version"] == 4
    assert client.consoles.console.get_property("version") == "2.16.0"


def test_adapters_and_ports_are_listed(cpc: Any) -> None:
    adapters = cpc.adapters.list(filter_args={"type": "fcp"}, full_properties=True)
    assert len(adapters) == 2
    (card,) = cpc.adapters.list(filter_args={"type": "osd"}, full_properties=True)
    assert [port.properties["index"] for port in card.ports.list(full_properties=True)] == [0, 1]
    assert [switch.get_property("port") for switch in cpc.virtual_switches.list()] == [0, 1]
    assert cpc.adapters.list(filter_args={"type": "roce"}) == []
    assert [port.get_property("element-id") for port in adapters[0].ports.list()] == ["0"]


def test_partitions_are_filtered_and_shown_with_more_properties(cpc: Any, session: zhmcclient.Session) -> None:
    for name in ("a", "b"):
        cpc.partitions.create(sizes(name))
    assert [p.name for p in cpc.partitions.list(filter_args={"name": "b"})] == ["b"]
    assert [p.name for p in cpc.partitions.list(filter_args={"status": "active"})] == []
    listed = cpc.partitions.list(additional_properties=["initial-memory"])
    assert [p.properties["initial-memory"] for p in listed] == [1024, 1024]
    assert {p.properties["class"] for p in cpc.partitions.list(full_properties=True)} == {"partition"}
    console = zhmcclient.Client(session).consoles.console
    assert [p.manager.cpc.name for p in console.list_permitted_partitions(filter_args={"name": "a"})] == ["CPC1"]
    assert cpc.partitions.find(**{"object-id": listed[0].get_property("object-id")}).name == "a"


def test_the_inventory_holds_partitions_with_their_hbas(cpc: Any, session: zhmcclient.Session, partition: Any) -> None:
    hba = partition.hbas.create({"name": "a", "adapter-port-uri": port_uri(cpc)})
    items = zhmcclient.Client(session).get_inventory(["partition"])
    assert {(item["class"], item["name"]) for item in items} == {("partition", "server1"), ("hba", "a")}
    assert cpc.get_wwpns([partition])[0]["wwpn"] == hba.get_property("wwpn")


def test_properties_may_be_selected(session: zhmcclient.Session, partition: Any) -> None:
    assert session.get(f"{partition.uri}?properties=status") == {"status": "stopped"}
    assert refused(lambda: session.get(f"{partition.uri}?properties=banana")) == (400, 14)
    assert refused(lambda: session.get(f"{partition.uri}?banana=1")) == (400, 1)


def test_hbas_do_not_exist_where_storage_groups_do(session: zhmcclient.Session) -> None:
    cpc = zhmcclient.Client(session).cpcs.find(name="CPC2")
    partition = cpc.partitions.create(sizes("z14"))
    body = {"name": "a", "adapter-port-uri": port_uri(cpc)}
    assert refused(lambda: partition.hbas.create(body)) == (409, 8)
    assert refused(lambda: cpc.get_wwpns([partition]))[0] == 409


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": ""}, 7),
        ({"name": "n" * 65}, 7),
        ({"name": 7}, 7),
        ({"name": "taken"}, 8),
        ({"banana": 1}, 6),
        ({"status": "active"}, 6),
        ({"boot-storage-device": "/api/x"}, 6),
        ({"initial-memory": 7}, 7),
        ({"initial-memory": "1024"}, 7),
        ({"initial-memory": 4096}, 7),
        ({"maximum-memory": 2**30}, 7),
        ({"ifl-processors": 17}, 7),
        ({"ifl-processors": 0}, 5),
        ({"ifl-processors": True}, 7),
        ({"boot-device": "banana"}, 7),
        ({"boot-timeout": 59}, 7),
        ({"boot-os-specific-parameters": "x" * 257}, 7),
        ({"description": "x" * 1025}, 7),
    ],
)
def test_a_wrong_partition_is_not_created(cpc: Any, change: dict[str, Any], reason: int) -> None:
    cpc.partitions.create(sizes("taken"))
    assert refused(lambda: cpc.partitions.create({**sizes("new"), **change})) == (400, reason)
    assert [p.name for p in cpc.partitions.list()] == ["taken"]


@pytest.mark.parametrize("field", ["name", "initial-memory", "maximum-memory"])
def test_required_fields_are_required(cpc: Any, field: str) -> None:
    body = sizes("new")
    del body[field]
    assert refused(lambda: cpc.partitions.create(body)) == (400, 5)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"status": "active"}, (400, 6)),
        ({"hba-uris": []}, (400, 6)),
        ({"boot-device": "storage-volume"}, (400, 7)),
        ({"boot-logical-unit-number": "1"}, (400, 7)),
        ({"boot-logical-unit-number": "g" * 16}, (400, 7)),
        ({"boot-world-wide-port-name": "0x" + "0" * 14}, (400, 7)),
        ({"boot-storage-device": "/api/partitions/x/hbas/y"}, (404, 2)),
        ({"name": "taken"}, (400, 8)),
    ],
)
def test_a_wrong_update_changes_nothing(
    cpc: Any, partition: Any, change: dict[str, Any], refusal: tuple[int, int]
) -> None:
    cpc.partitions.create(sizes("taken"))
    partition.pull_full_properties()
    before = dict(partition.properties)
    assert refused(lambda: partition.update_properties({"description": "new", **change})) == refusal
    partition.pull_full_properties()
    assert dict(partition.properties) == before


def test_another_partitions_hba_is_no_boot_device(cpc: Any, partition: Any) -> None:
    other = add_boot_hba(cpc, cpc.partitions.create(sizes("other")))
    assert refused(lambda: partition.update_properties({"boot-storage-device": other.uri})) == (404, 2)


def test_hba_fields_are_checked(cpc: Any, partition: Any) -> None:
    port = port_uri(cpc)
    partition.hbas.create({"name": "a", "adapter-port-uri": port, "device-number": "12AB"})

    def create(**body: Any) -> tuple[int, int]:
        return refused(lambda: partition.hbas.create({"name": "b", "adapter-port-uri": port, **body}))

    assert create(name="a") == (400, 8)
    assert create(**{"device-number": "12ab"}) == (400, 8)
    assert create(**{"device-number": "xyz"}) == (400, 7)
    assert create(wwpn=LUN) == (400, 6)
    assert create(**{"adapter-port-uri": "/api/adapters/x/storage-ports/0"}) == (404, 2)
    assert create(**{"adapter-port-uri": port[:-1] + "9"}) == (404, 6)
    assert len(partition.hbas.list()) == 1


def test_a_wrong_password_is_refused(hmc: MockHmc) -> None:
    with pytest.raises(zhmcclient.ServerAuthError):
        make_session(hmc.port, hmc.ca_file, password="wrong").logon()


def test_requests_without_a_session_are_refused(hmc: MockHmc) -> None:
    with requests.Session() as plain:
        plain.trust_env, plain.verify = False, str(hmc.ca_file)
        assert plain.get(f"{hmc.url}/api/version").status_code == 200
        none = plain.get(f"{hmc.url}/api/cpcs")
        wrong = plain.get(f"{hmc.url}/api/cpcs", headers={"X-API-Session": "x"})
        body = plain.post(f"{hmc.url}/api/sessions", data="{")
    assert [(r.status_code, r.json()["reason"]) for r in (none, wrong, body)] == [(403, 4), (403, 5), (400, 3)]
    assert none.json()["request-uri"] == "/api/cpcs"


def test_an_idle_session_expires(config: HmcConfig) -> None:
    with MockHmc(replace(config, session_idle_s=0.0)) as hmc:
        session = make_session(hmc.port, hmc.ca_file)
        session.logon()
        with pytest.raises(zhmcclient.ServerAuthError):
            session.get("/api/cpcs", renew_session=False)


def test_a_logged_off_session_is_gone(hmc: MockHmc, session: zhmcclient.Session) -> None:
    session.logon()
    assert len(hmc.controls.state()["sessions"]) == 1
    session.logoff()
    assert hmc.controls.state()["sessions"] == []


def test_a_client_without_the_authority_does_not_connect(hmc: MockHmc) -> None:
    with requests.Session() as plain:
        plain.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            plain.get(f"{hmc.url}/api/version")


def test_secret_files_are_private_and_kept(tmp_path: Path, config: HmcConfig) -> None:
    made = replace(config, data_dir=tmp_path / "new", password=None)
    with MockHmc(made) as hmc:
        first, server = hmc.password, (tmp_path / "new/server.pem").read_bytes()
        make_session(hmc.port, hmc.ca_file, password=first).logon()
    for name in ("password", "server.pem"):
        assert stat.S_IMODE((tmp_path / "new" / name).stat().st_mode) == 0o600
    with MockHmc(made) as hmc:
        assert hmc.password == first
    assert (tmp_path / "new/server.pem").read_bytes() == server
    assert ssl.create_default_context(cafile=tmp_path / "new/ca.pem").get_ca_certs()


def test_two_mocks_do_not_share_a_data_directory(hmc: MockHmc, config: HmcConfig) -> None:
    with pytest.raises(ConfigError, match="in use"):
        MockHmc(config).start()


def test_a_port_in_use_leaves_nothing_behind(hmc: MockHmc, config: HmcConfig, tmp_path: Path) -> None:
    other = replace(config, data_dir=tmp_path / "other", listen=Address(port=hmc.port))
    with pytest.raises(OSError, match="in use"):
        MockHmc(other).start()
    with MockHmc(replace(other, listen=Address())) as second:
        assert second.port != hmc.port


def test_fault_control_is_for_this_machine_only(config: HmcConfig) -> None:
    with pytest.raises(ConfigError, match="loopback"):
        MockHmc(replace(config, control_listen=Address("0.0.0.0")))


def test_machine_options_are_read() -> None:
    spec = CpcSpec.parse("BIG,adapters=4,ports=2,ifls=32,storage-management=on")
    assert spec == CpcSpec("BIG", True, 4, 2, 32)
    for wrong in ("", "A,adapters=0", "A,banana=1", "A,ifls=x"):
        with pytest.raises(ConfigError):
            CpcSpec.parse(wrong)
