"""What is written for libvirt and read from it; no libvirt is needed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from moorage import errors
from moorage.compute.model.guest import Disk, Guest, Nic
from moorage.drivers.libvirt import disk_xml, domain_xml, sources
from moorage.drivers.libvirt.domain_xml import Media
from moorage.drivers.libvirt.options import LibvirtSettings
from tests.drivers.libvirt.conftest import Section, settings

VOLUME = "11111111-2222-4333-8444-555555555555"
SERVER = Guest(id="99999999-2222-4333-8444-555555555555", name="s", vcpus=2, memory_mib=128)
CONNECTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "file": ({"device_path": f"/v/{VOLUME}"}, f'<source file="/v/{VOLUME}" />'),
    "rbd": (
        {
            "name": f"volumes/volume-{VOLUME}", "hosts": ["192.0.2.1", "192.0.2.2"], "ports": ["6789", "6790"],
            "auth_enabled": True, "auth_username": "cinder", "secret_uuid": VOLUME,
        },
        (
            f'<source protocol="rbd" name="volumes/volume-{VOLUME}"><host name="192.0.2.1" port="6789" />'
            '<host name="192.0.2.2" port="6790" /><auth username="cinder">'
            f'<secret type="ceph" uuid="{VOLUME}" /></auth></source>'
        ),
    ),
    "iscsi": (
        {"target_portal": "[2001:db8::1]:3261", "target_iqn": "iqn.2010-10.org.openstack:volume-1", "target_lun": 1},
        (
            '<source protocol="iscsi" name="iqn.2010-10.org.openstack:volume-1/1">'
            '<host name="2001:db8::1" port="3261" /></source>'
        ),
    ),
    "nbd": (
        {"name": VOLUME, "host": "192.0.2.1"},
        f'<source protocol="nbd" name="{VOLUME}"><host name="192.0.2.1" port="10809" /></source>',
    ),
    "nfs": (
        {"export": "192.0.2.1:/exports/v", "name": f"volume-{VOLUME}", "format": "qcow2"},
        f'<source protocol="nfs" name="/exports/v/volume-{VOLUME}"><host name="192.0.2.1" /></source>',
    ),
}  # fmt: skip


def connection(kind: str) -> dict[str, Any]:
    return {"driver_volume_type": kind, "data": CONNECTIONS[kind][0]}


def disk(kind: str = "file", device: str = "/dev/vdb", boot_index: int | None = None, **how: Any) -> Disk:
    return Disk(volume_id=VOLUME, device_name=device, boot_index=boot_index, connection_info=connection(kind), **how)


def made(tmp_path: Path, **values: Any) -> LibvirtSettings:
    return settings(tmp_path, "qemu:///system", **values)


@pytest.mark.parametrize("kind", sorted(CONNECTIONS))
def test_a_connection_becomes_a_source_and_is_found_again(kind: str, tmp_path: Path) -> None:
    assert ET.tostring(sources.render(connection(kind)), "unicode") == CONNECTIONS[kind][1]
    definition = domain_xml.render(SERVER, [disk(kind)], Media(console_log=tmp_path), made(tmp_path), "qemu")
    (found,) = disk_xml.found(definition)
    assert disk_xml.matcher(disk(kind))(found)
    assert (found.target, found.alias, found.serial) == ("vdb", f"ua-{VOLUME}", VOLUME)


@pytest.mark.parametrize("kind", ["fibre_channel", "nvmeof", "None"])
def test_what_qemu_cannot_reach_by_itself_is_refused(kind: str) -> None:
    with pytest.raises(errors.Refused, match=f"reached by {kind} cannot be given"):
        sources.render({"driver_volume_type": kind, "data": {}})


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("file", {"device_path": None, "encrypted": True}),
        ("iscsi", {"auth_method": "CHAP"}),
        ("iscsi", {"target_portal": "a b"}),
        ("nfs", {"export": "nowhere"}),
    ],
)
def test_connections_that_cannot_be_used_are_refused(kind: str, change: dict[str, Any]) -> None:
    with pytest.raises(errors.Refused):
        sources.render({"driver_volume_type": kind, "data": {**CONNECTIONS[kind][0], **change}})


def test_a_connection_without_what_is_needed_is_refused() -> None:
    with pytest.raises(errors.Refused, match="rbd connection of a volume lacks"):
        sources.render({"driver_volume_type": "rbd", "data": {"name": "x"}})


@pytest.mark.parametrize(
    ("device", "target"), [("/dev/vda", "vda"), ("/dev/sdc", "vdc"), ("/dev/xvdaa", "vdaa"), ("vdb", "vdb")]
)
def test_every_device_name_becomes_a_virtio_disk(device: str, target: str) -> None:
    assert disk_xml.target_of(disk(device=device)) == target


def test_read_only_and_shared_volumes_say_so(tmp_path: Path) -> None:
    xml = disk_xml.render(disk(is_read_only=True, is_shared=True), made(tmp_path))
    assert "<readonly" in xml
    assert "<shareable" in xml
    assert "<readonly" not in disk_xml.render(disk(), made(tmp_path))


def test_ports_of_the_server_become_interfaces_on_their_bridges(tmp_path: Path) -> None:
    def nic(mac: str, bridges: list[str]) -> Nic:
        return Nic(
            port_id="p", mac_address=mac, network_id="n", network_name="data", fixed_addresses=[], prefix_length=24,
            mtu=1400, physical={"bridges": bridges},
        )  # fmt: skip

    guest = Guest(
        id=SERVER.id, name="s", vcpus=1, memory_mib=64,
        nics=[nic("fa:16:3e:00:00:01", ["br-data"]), nic("fa:16:3e:00:00:02", ["network:default"])],
    )  # fmt: skip
    root = ET.fromstring(domain_xml.render(guest, [], Media(console_log=tmp_path), made(tmp_path), "qemu"))
    seen = [ET.tostring(interface, "unicode") for interface in root.iterfind("devices/interface")]
    assert '<interface type="bridge"><mac address="fa:16:3e:00:00:01" /><source bridge="br-data" />' in seen[0]
    assert '<interface type="network"><mac address="fa:16:3e:00:00:02" /><source network="default" />' in seen[1]
    homeless = Guest(id=SERVER.id, name="s", vcpus=1, memory_mib=64, nics=[nic("fa:16:3e:00:00:03", [])])
    with pytest.raises(errors.Refused, match=r"\[network:data\] bridges is empty"):
        domain_xml.render(homeless, [], Media(console_log=tmp_path), made(tmp_path), "qemu")


@pytest.mark.parametrize(("network", "kind"), [("user", "user"), ("bridge:br0", "bridge"), ("none", None)])
def test_a_server_without_ports_has_the_configured_interface(network: str, kind: str | None, tmp_path: Path) -> None:
    xml = domain_xml.render(SERVER, [], Media(console_log=tmp_path), made(tmp_path, guest_network=network), "qemu")
    interface = ET.fromstring(xml).find("devices/interface")
    assert (None if interface is None else interface.get("type")) == kind
    again = domain_xml.render(SERVER, [], Media(console_log=tmp_path), made(tmp_path, guest_network=network), "qemu")
    assert xml == again


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("connection_uri", ["nonsense"]),
        ("connection_uri", ["a=qemu:///system", "a=test:///default"]),
        ("connection_uri", []),
        ("guest_network", "wifi"),
    ],
)
def test_a_wrong_option_is_named_with_its_value(option: str, value: Any, tmp_path: Path) -> None:
    with pytest.raises(errors.ConfigError, match=rf"\[libvirt\] {option} = "):
        LibvirtSettings.from_section(Section(**{option: value}), "here", tmp_path)


def test_hosts_have_names_and_the_first_may_go_without(tmp_path: Path) -> None:
    uris = ["qemu:///embed?root=/a", "k2=qemu+ssh://root@k2/system?keyfile=/k"]
    found = LibvirtSettings.from_section(Section(connection_uri=uris), "here", tmp_path)
    assert found.hosts == {"here": uris[0], "k2": "qemu+ssh://root@k2/system?keyfile=/k"}


def test_native_input_and_output_only_without_the_hosts_cache(tmp_path: Path) -> None:
    assert made(tmp_path).io == "native"
    assert made(tmp_path, disk_cachemode="writeback").io == "threads"
    assert made(tmp_path, disk_cachemode="writeback", disk_io="native").io == "threads"
