"""NICs, virtual switches and mounted images, as an unmodified zhmcclient sees them."""

from __future__ import annotations

from typing import Any

import pytest
import zhmcclient

from moorage.compute import config_drive
from moorage.compute.model.guest import ConfigDrive
from moorage.mock_hmc import MockHmc
from tests.mock_hmc.conftest import make_session

MAC = "fa:16:3e:00:00:01"


@pytest.fixture
def cpcs(hmc: MockHmc) -> Any:
    """The machines by name: a z13 and a z16."""
    client = zhmcclient.Client(make_session(hmc.port, hmc.ca_file))
    return {cpc.name: cpc for cpc in client.cpcs.list()}


def partition(cpc: Any) -> Any:
    return cpc.partitions.create(
        {"name": "p", "ifl-processors": 1, "initial-memory": 1024, "maximum-memory": 1024}
    )  # fmt: skip


def nic(cpc: Any, **fields: Any) -> dict[str, Any]:
    switch = cpc.virtual_switches.list()[0]
    return {"name": "n", "device-number": "8000", "virtual-switch-uri": switch.uri, **fields}


def refused(call: Any, *arguments: Any) -> tuple[int, int]:
    with pytest.raises(zhmcclient.HTTPError) as refusal:
        call(*arguments)
    return refusal.value.http_status, refusal.value.reason


def test_a_nic_is_made_listed_and_deleted(cpcs: Any) -> None:
    made = partition(cpcs["CPC2"])
    one = made.nics.create(nic(cpcs["CPC2"], **{"mac-address": MAC, "vlan-id": 7, "vlan-type": "enforced"}))
    (listed,) = made.nics.list(full_properties=True)
    assert (listed.uri, listed.properties["mac-address"], listed.properties["vlan-id"]) == (one.uri, MAC, 7)
    one.delete()
    assert made.nics.list() == []


def test_what_is_wrong_with_a_nic_is_said(cpcs: Any) -> None:
    z13, z16 = cpcs["CPC1"], cpcs["CPC2"]
    old, new = partition(z13), partition(z16)
    assert refused(old.nics.create, nic(z13, **{"mac-address": MAC})) == (400, 6)
    assert refused(new.nics.create, nic(z13)) == (404, 2)
    assert refused(new.nics.create, nic(z16, **{"mac-address": "01:00:00:00:00:01"})) == (400, 7)
    assert refused(new.nics.create, {"name": "n", "device-number": "8000"}) == (400, 5)
    new.nics.create(nic(z16, **{"mac-address": MAC}))
    assert refused(new.nics.create, nic(z16, **{"device-number": "8001"})) == (400, 8)
    assert refused(new.nics.create, nic(z16, name="m")) == (400, 8)
    assert refused(new.nics.create, nic(z16, name="m", **{"device-number": "8001", "mac-address": MAC})) == (400, 8)


def test_an_image_is_mounted_and_taken_away(cpcs: Any) -> None:
    made = partition(cpcs["CPC2"])
    image = config_drive.iso(ConfigDrive(meta_data={}, network_data={}))
    assert refused(made.mount_iso_image, b"no image", "x.iso", "a.ins") == (400, 3)
    made.mount_iso_image(image, "x.iso", "a.ins")
    made.pull_full_properties()
    assert (made.get_property("boot-iso-image-name"), made.get_property("boot-iso-ins-file")) == ("x.iso", "a.ins")
    made.unmount_iso_image()
    made.pull_full_properties()
    assert made.get_property("boot-iso-image-name") is None
    made.delete()
