"""The unmodified openstack command and openstacksdk against a whole cloud: what users do, from image to delete."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest

from tests.support import forked
from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

JSON = ("-f", "json")


@pytest.fixture(scope="module", params=[pytest.param("dpm", marks=pytest.mark.long), "dpm-groups"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A z13 with HBAs, and a z16 with storage groups."""
    with cloud(tmp_path_factory.mktemp(request.param), request.param) as made:
        yield made


@pytest.fixture(scope="module")
def image(site: Cloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    content = tmp_path_factory.mktemp("image") / "linux.raw"
    content.write_bytes(b"kernel and root\n" * 70_000)
    made = site.moorage.openstack(
        "image", "create", "linux", "--disk-format", "raw", "--container-format", "bare", "--file", str(content), *JSON
    )
    assert made["status"] == "active"
    return str(made["id"])


@pytest.fixture
def sdk(site: Cloud, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(site.data_dir / "clouds.yaml"))
    return openstack.connect(cloud="moorage")


def test_the_command_as_installed_says_the_same(site: Cloud) -> None:
    """The other tests run its ``main`` in processes that have loaded it already."""
    installed, environment = str(Path(sys.executable).with_name("openstack")), site.moorage.environment()
    for words in (["flavor", "list", *JSON], ["server", "show", "nothing"]):
        one = subprocess.run([installed, *words], env=environment, capture_output=True, text=True, timeout=120)
        other = forked.run("tests.support.openstack_command", words, environment, timeout_s=120)
        assert (one.returncode, one.stdout, one.stderr) == (other.returncode, other.stdout, other.stderr)


def wait_gone(site: Cloud, server: str) -> None:
    site.wait(server, "GONE")
    site.settle()
    assert site.problems() == []


def test_a_server_boots_from_a_volume_made_from_an_image_and_leaves_it_available(site: Cloud, image: str) -> None:
    run = site.moorage.openstack
    volume = run("volume", "create", "--image", image, "--size", "1", "--bootable", "root", *JSON)
    eventually(lambda: site.volume_status(volume["id"]) == "available")
    server = run("server", "create", "--flavor", "m1.volume", "--volume", "root", "--wait", "db1", *JSON)
    assert server["status"] == "ACTIVE"
    assert [attached["id"] for attached in server["volumes_attached"]] == [volume["id"]]
    shown = run("volume", "show", "root", *JSON)
    assert shown["status"] == "in-use"
    assert [a["server_id"] for a in shown["attachments"]] == [server["id"]]
    assert site.problems() == []
    events = run("server", "event", "list", "db1", *JSON)
    assert [event["Action"] for event in events] == ["create"]
    run("server", "delete", "db1")
    wait_gone(site, server["id"])
    assert run("volume", "show", "root", *JSON)["status"] == "available"
    run("volume", "delete", "root")
    eventually(lambda: site.volume_status(volume["id"]) == "gone")


def test_a_server_makes_its_own_volume_from_an_image_and_takes_it_along(site: Cloud, image: str) -> None:
    run = site.moorage.openstack
    entry = (
        f"uuid={image},source_type=image,destination_type=volume,volume_size=1,boot_index=0,delete_on_termination=true"
    )
    server = run("server", "create", "--flavor", "m1.volume", "--block-device", entry, "--wait", "made", *JSON)
    assert server["status"] == "ACTIVE"
    (volume,) = [attached["id"] for attached in server["volumes_attached"]]
    (stored,) = [v for v in site.array()["volumes"] if v["volume_id"] == volume]
    assert Path(stored["content"]).read_bytes().startswith(b"kernel and root\n")
    run("server", "delete", "made")
    wait_gone(site, server["id"])
    assert site.volume_status(volume) == "gone"


def test_boot_and_data_volumes_are_all_masked(site: Cloud) -> None:
    run = site.moorage.openstack
    root, data = site.volume("bd-root"), site.volume("bd-data")
    server = run(
        "server", "create", "--flavor", "m1.volume", "--volume", "bd-root", "--wait", "two",
        "--block-device", f"uuid={data},source_type=volume,destination_type=volume,boot_index=-1", *JSON,
    )  # fmt: skip
    masked = {mask["volume_id"] for mask in site.array()["masks"] if mask["host"] == server["id"]}
    assert masked == {root, data}
    run("server", "delete", "two", "--wait")
    wait_gone(site, server["id"])


def test_stop_start_reboot_and_events(site: Cloud) -> None:
    run = site.moorage.openstack
    site.volume("power-root")
    server = run("server", "create", "--flavor", "m1.volume", "--volume", "power-root", "--wait", "power", *JSON)["id"]
    run("server", "stop", "power")
    site.wait(server, "SHUTOFF")
    run("server", "start", "power")
    site.wait(server, "ACTIVE")
    run("server", "reboot", "--hard", "--wait", "power")
    run("server", "reboot", "--soft", "--wait", "power")
    assert site.show(server)["status"] == "ACTIVE"
    actions = [event["Action"] for event in run("server", "event", "list", "power", *JSON)]
    assert actions == ["reboot", "reboot", "start", "stop", "create"]
    run("server", "delete", "power")
    wait_gone(site, server)


def test_metadata_keypairs_flavors_limits_and_quotas(site: Cloud) -> None:
    run = site.moorage.openstack
    assert run("keypair", "create", "--private-key", str(site.data_dir / "key"), "k1").returncode == 0
    assert [key["Name"] for key in run("keypair", "list", *JSON)] == ["k1"]
    assert "m1.volume" in {flavor["Name"] for flavor in run("flavor", "list", *JSON)}
    site.volume("meta-root")
    made = run(
        "server", "create", "--flavor", "m1.volume", "--volume", "meta-root", "--property", "tier=db",
        "--key-name", "k1", "--wait", "meta", *JSON,
    )  # fmt: skip
    assert made["properties"] == {"tier": "db"}
    limits = {row["Name"]: row["Value"] for row in run("limits", "show", "--absolute", *JSON)}
    assert limits["total_instances_used"] == 1
    assert run("quota", "show", *JSON)
    assert run("availability", "zone", "list", *JSON)
    run("server", "delete", "meta")
    wait_gone(site, made["id"])
    run("keypair", "delete", "k1")


def test_an_admin_sees_hypervisors_services_and_all_projects(site: Cloud) -> None:
    (hypervisor,) = site.moorage.openstack("hypervisor", "list", *JSON, cloud="moorage-admin")
    assert hypervisor["State"] == "up"
    services = site.moorage.openstack("compute", "service", "list", *JSON, cloud="moorage-admin")
    assert "nova-compute" in {service["Binary"] for service in services}
    assert site.moorage.openstack("server", "list", "--all-projects", *JSON, cloud="moorage-admin") == []


def test_snapshots_and_volumes_from_them(site: Cloud) -> None:
    run = site.moorage.openstack
    site.volume("origin")
    snapshot = run("volume", "snapshot", "create", "--volume", "origin", "snap", *JSON)
    eventually(lambda: run("volume", "snapshot", "show", "snap", *JSON)["status"] == "available")
    server = run("server", "create", "--flavor", "m1.volume", "--snapshot", "snap", "--wait", "clone", *JSON)
    assert server["status"] == "ACTIVE"
    run("server", "delete", "clone")
    wait_gone(site, server["id"])
    refused = run("volume", "delete", "origin", check=False)
    assert refused.returncode != 0
    run("volume", "snapshot", "delete", snapshot["id"])
    eventually(lambda: not run("volume", "snapshot", "list", *JSON))


def test_openstacksdk_waits_for_a_server_and_deletes_it(site: Cloud, sdk: Any) -> None:
    volume = site.volume("sdk-root")
    disk = {"uuid": volume, "source_type": "volume", "destination_type": "volume", "boot_index": 0}
    flavor = sdk.compute.find_flavor("m1.volume", ignore_missing=False)
    server = sdk.compute.create_server(name="sdk", flavor_id=flavor.id, block_device_mapping=[disk], networks="none")
    server = sdk.compute.wait_for_server(server, wait=60)
    assert server.status == "ACTIVE"
    assert [attached.volume_id for attached in sdk.compute.volume_attachments(server)] == [volume]
    assert sdk.block_storage.get_volume(volume).status == "in-use"
    sdk.compute.delete_server(server)
    sdk.compute.wait_for_delete(server, wait=60)
    wait_gone(site, server.id)


def test_another_project_sees_nothing(site: Cloud) -> None:
    run = site.moorage.openstack
    volume = site.volume("private")
    server = site.server([volume])
    site.wait(server, "ACTIVE")
    run("project", "create", "other", cloud="moorage-admin")
    run("role", "add", "--project", "other", "--user", "demo", "member", cloud="moorage-admin")
    for command in (["server", "show", server], ["volume", "show", volume], ["server", "delete", server]):
        done = run(*command, "--os-project-name", "other", check=False)
        assert done.returncode != 0, command
        assert "No " in done.stderr or "could not be found" in done.stderr, done.stderr
    site.delete(server)
    wait_gone(site, server)
