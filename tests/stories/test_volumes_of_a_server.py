"""Volumes come and go on a running server, by the unmodified openstack command and openstacksdk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openstack
import pytest

from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

JSON = ("-f", "json")


@pytest.fixture(scope="module", params=["sim", pytest.param("dpm", marks=pytest.mark.long), "dpm-groups"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp(request.param), request.param) as made:
        yield made


@pytest.fixture(scope="module")
def server(site: Cloud) -> str:
    made = site.server([site.volume("root")])
    site.wait(made, "ACTIVE")
    return made


def masked_for(site: Cloud, server: str) -> set[str]:
    return {mask["volume_id"] for mask in site.array()["masks"] if mask["host"] == server}


def test_server_add_and_remove_volume(site: Cloud, server: str) -> None:
    run, volume = site.moorage.openstack, site.volume("data")
    added = run("server", "add", "volume", "--enable-delete-on-termination", server, volume, *JSON)
    assert (added["Volume ID"], added["Device"]) == (volume, "/dev/vdb")
    eventually(lambda: site.volume_status(volume) == "in-use")
    site.settle()
    assert volume in masked_for(site, server)
    listed = run("server", "volume", "list", server, *JSON)
    assert [entry["Volume ID"] for entry in listed][1:] == [volume]
    assert run("server", "volume", "update", "--preserve-on-termination", server, volume).returncode == 0
    run("server", "remove", "volume", server, volume)
    eventually(lambda: site.volume_status(volume) == "available")
    site.settle()
    assert volume not in masked_for(site, server)
    assert site.problems() == []
    refused = run("server", "remove", "volume", server, volume, check=False)
    assert refused.returncode != 0
    actions = [event["Action"] for event in run("server", "event", "list", server, *JSON)]
    assert actions[:2] == ["detach_volume", "attach_volume"]


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_openstacksdk_attaches_and_detaches(site: Cloud, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(site.data_dir / "clouds.yaml"))
    sdk: Any = openstack.connect(cloud="moorage")
    volume = sdk.block_storage.get_volume(site.volume("data"))
    sdk.attach_volume(sdk.compute.get_server(server), volume, wait=True, timeout=30)
    assert [a.volume_id for a in sdk.compute.volume_attachments(server)][1:] == [volume.id]
    sdk.detach_volume(sdk.compute.get_server(server), sdk.block_storage.get_volume(volume.id), wait=True, timeout=30)
    site.settle()
    assert site.problems() == []
