"""kill -9 around the steps that touch ports and NICs: no port is lost, none is left over, no NIC is made twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.test_networks import order
from tests.support.clouds import Cloud, cloud
from tests.support.invariants import rows
from tests.support.networks import networks

CELLS = [
    ("boot", "reserve_identity", "before"), ("boot", "reserve_identity", "after"), ("boot", "boot_guest", "before"),
    ("boot", "boot_guest", "after"), ("boot", "set_active", "after"), ("destroy", "destroy_guest", "after"),
    ("destroy", "forget_server", "before"), ("destroy", "forget_server", "after"),
]  # fmt: skip


@pytest.fixture(params=["sim", "dpm", "dpm-groups"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with cloud(tmp_path, request.param, more_options=networks(request.param)) as made:
        yield made


def ports(site: Cloud) -> list[tuple[str, bool]]:
    found = rows(site.data_dir / "moorage.db", "SELECT * FROM ports ORDER BY sequence")
    return [(row["name"], row["server_id"] is not None) for row in found]


@pytest.mark.long
def test_a_kill_anywhere_leaves_each_port_with_its_server_or_free(site: Cloud) -> None:
    network = site.moorage.call("GET", "network", "/v2.0/networks?name=prod").json()["networks"][0]["id"]
    kept = site.moorage.call("POST", "network", "/v2.0/ports", {"port": {"network_id": network, "name": "kept"}}).json()
    nics = [{"port": kept["port"]["id"]}, {"uuid": network}]
    machine_steps = ("boot_guest", "destroy_guest")
    for kind, step, when in [cell for cell in CELLS if site.driver == "sim" or cell[1] in machine_steps]:
        if kind == "boot":
            site.kill_at(kind, step, when)
        server = order(site, site.volume(), nics)
        if kind == "destroy":
            site.wait(server, "ACTIVE")
            site.settle()
            site.kill_at(kind, step, when)
            site.delete(server)
        site.moorage.wait_dead()
        site.moorage.start()
        if kind == "boot":
            site.wait(server, "ACTIVE")
            site.settle()
            assert ports(site) == [("kept", True), ("", True)], (kind, step, when)
            if site.hmc is not None:
                assert len(site.hmc.controls.state()["nics"]) == 2, (kind, step, when)
            assert site.problems() == []
            site.delete(server)
        site.wait(server, "GONE")
        site.settle()
        assert ports(site) == [("kept", False)], (kind, step, when)
        assert site.problems() == []


def test_a_boot_that_fails_gives_its_addresses_back(tmp_path: Path) -> None:
    with cloud(tmp_path, "dpm-groups", more_options=networks("dpm-groups")) as site:
        network = site.moorage.call("GET", "network", "/v2.0/networks?name=prod").json()["networks"][0]["id"]
        kept = site.moorage.call(
            "POST", "network", "/v2.0/ports", {"port": {"network_id": network, "name": "kept"}}
        ).json()
        assert site.hmc is not None
        site.hmc.controls.add_fault(kind="error", match="operations/start", times=None, status=409, reason=131)
        server = order(site, site.volume(), [{"port": kept["port"]["id"]}, {"uuid": network}])
        site.wait(server, "ERROR", timeout_s=60)
        site.settle()
        assert ports(site) == [("kept", False)]
        assert site.problems() == []
