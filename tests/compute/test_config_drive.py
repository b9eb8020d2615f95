"""The config drive: OpenStack's files, on an image that an ISO reader takes."""

from __future__ import annotations

import json
from typing import Any

from moorage.compute import config_drive
from moorage.compute.model.guest import ConfigDrive, Nic

NIC = Nic(
    port_id="port-1", mac_address="fa:16:3e:00:00:01", network_id="net-1", network_name="prod", dns=["10.1.0.2"],
    fixed_addresses=["10.1.0.10"], prefix_length=24, gateway="10.1.0.254", vlan=7, mtu=9000, tag="wan",
)  # fmt: skip


def drive(**fields: Any) -> ConfigDrive:
    return ConfigDrive(meta_data={"uuid": "s"}, network_data=config_drive._network_data([NIC, NIC]), **fields)


def test_the_image_is_labelled_and_holds_the_files_byte_for_byte() -> None:
    secret = b"#cloud-config\npassword: \xc3\xa9\n"
    made = drive(user_data=secret)
    raw = config_drive.iso(made)
    assert raw[0x8001:0x8006] == b"CD001"
    assert raw[0x8000 + 40 : 0x8000 + 72].decode().strip() == "config-2"
    found = config_drive.read_iso(raw)
    assert found == config_drive.files(made)
    assert set(found) == {
        "openstack/latest/meta_data.json", "openstack/latest/network_data.json", "openstack/latest/vendor_data.json",
        "openstack/latest/user_data",
    }  # fmt: skip
    assert found["openstack/latest/user_data"] == secret


def test_without_user_data_there_is_no_such_file() -> None:
    assert "openstack/latest/user_data" not in config_drive.read_iso(config_drive.iso(drive()))


def test_network_data_has_a_link_and_an_address_for_each_interface_and_one_default_route() -> None:
    found = json.loads(config_drive.files(drive())["openstack/latest/network_data.json"])
    assert found["links"][0] == {
        "id": "interface0", "vif_id": "port-1", "type": "phy", "mtu": 9000, "ethernet_mac_address": "fa:16:3e:00:00:01",
    }  # fmt: skip
    assert found["networks"][0] == {
        "id": "network0", "type": "ipv4", "link": "interface0", "ip_address": "10.1.0.10", "netmask": "255.255.255.0",
        "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.1.0.254"}], "network_id": "net-1",
        "services": [{"type": "dns", "address": "10.1.0.2"}],
    }  # fmt: skip
    assert found["networks"][1]["routes"] == []
    assert found["services"] == [{"type": "dns", "address": "10.1.0.2"}]


def test_user_data_does_not_show_where_a_guest_is_printed() -> None:
    assert "geheim" not in repr(drive(user_data=b"geheim"))
