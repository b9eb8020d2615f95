"""Several CPCs in one Moorage: a z13 and a z16, two HMCs, limits that hold however many servers come at once."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from moorage.drivers.fcarray import open_fabric
from moorage.mock_hmc import CpcSpec, HmcConfig, MockHmc
from tests.support.clouds import Cloud, dpm_options
from tests.support.process import eventually

LIMIT = 3
"""Processors of each CPC that servers may use."""


def section(hmc: MockHmc, name: str) -> str:
    """The CPC's own ``[dpm:<name>]``: all of the options, as for a CPC alone."""
    alone = dpm_options(hmc).split("[dpm]\n", 1)[1]
    return f"[dpm:{name}]\n" + alone.replace("max_processors = 16", f"max_processors = {LIMIT}")


@pytest.fixture(scope="module")
def hmcs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cloud, dict[str, MockHmc]]]:
    directory = tmp_path_factory.mktemp("machines")
    fabric = open_fabric(directory / "moorage" / "fcarray" / "array.db")
    specs = {"z13": CpcSpec("Z13"), "z16": CpcSpec("Z16", has_storage_management=True)}
    with contextlib.ExitStack() as stack:
        made: dict[str, MockHmc] = {}
        for name, spec in specs.items():
            config = HmcConfig(
                data_dir=directory / name, reachable=fabric.reason_unreachable, luns=fabric.luns_seen,
                start_delay_s=0.02, stop_delay_s=0.02, cpcs=(spec,),
            )  # fmt: skip
            made[name] = stack.enter_context(MockHmc(config))
        base = dpm_options(made["z13"]).split("[dpm]\n", 1)[0] + "[dpm]\ncpcs = z13, z16\n"
        cloud = Cloud(directory, "dpm", base, None, more_options="".join(section(hmc, n) for n, hmc in made.items()))
        cloud.moorage.start()
        stack.callback(cloud.moorage.kill)
        cloud.lift_quotas()
        yield cloud, made


def processors(hmc: MockHmc) -> int:
    return sum(int(partition["ifl-processors"]) for partition in hmc.controls.state()["partitions"])


def test_concurrent_servers_fill_both_machines_and_overshoot_neither(hmcs: tuple[Cloud, dict[str, MockHmc]]) -> None:
    site, machines = hmcs
    volumes = [site.volume(f"v{number}") for number in range(2 * LIMIT + 2)]
    servers: list[str] = []
    threads = [threading.Thread(target=lambda v=v: servers.append(site.server([v]))) for v in volumes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = {server: site.wait(server, "ACTIVE", "ERROR", timeout_s=60) for server in servers}
    assert Counter(shown.values()) == {"ACTIVE": 2 * LIMIT, "ERROR": 2}
    for server in [server for server, status in shown.items() if status == "ERROR"]:
        assert site.show(server)["fault"]["message"].startswith("No valid host was found.")
    assert {name: processors(hmc) for name, hmc in machines.items()} == {"z13": LIMIT, "z16": LIMIT}

    listed = site.moorage.call(
        "GET", "compute", "/os-hypervisors/detail", cloud="moorage-admin", version="2.53"
    ).json()["hypervisors"]
    assert {h["hypervisor_hostname"]: (h["vcpus"], h["vcpus_used"]) for h in listed} == {
        "moorage-z13": (LIMIT, LIMIT), "moorage-z16": (LIMIT, LIMIT),
    }  # fmt: skip

    running = [server for server, status in shown.items() if status == "ACTIVE"]
    stopped = running[0]
    assert site.act(stopped, "os-stop").status_code == 202
    site.wait(stopped, "SHUTOFF")
    site.delete(stopped)
    site.wait(stopped, "GONE")
    free = site.server([site.volume("again")])
    site.wait(free, "ACTIVE")
    for server in [*running[1:], free, *(s for s, status in shown.items() if status == "ERROR")]:
        site.delete(server)
    site.settle()
    assert {name: processors(hmc) for name, hmc in machines.items()} == {"z13": 0, "z16": 0}


@pytest.mark.long
def test_a_guest_that_stops_itself_is_seen_on_either_machine(hmcs: tuple[Cloud, dict[str, MockHmc]]) -> None:
    site, machines = hmcs
    servers = [site.server([site.volume(name)]) for name in ("one", "two")]
    for server in servers:
        site.wait(server, "ACTIVE")
    site.settle()
    for hmc in machines.values():
        (partition,) = hmc.controls.state()["partitions"]
        hmc.controls.set_partition_status(partition["object-uri"], "paused")
    for server in servers:
        site.wait(server, "SHUTOFF", timeout_s=2)
        site.delete(server)
        site.wait(server, "GONE")


@pytest.mark.long
def test_a_wrong_option_names_the_section_it_stands_in(tmp_path: Path, hmcs: tuple[Cloud, dict[str, MockHmc]]) -> None:
    _, machines = hmcs
    base = dpm_options(machines["z13"]).split("[dpm]\n", 1)[0]
    text = section(machines["z13"], "big").replace(f"max_processors = {LIMIT}", "max_processors = 500")
    site = Cloud(tmp_path, "dpm", f"{base}[dpm]\ncpcs = big\n{text}")
    with pytest.raises(AssertionError, match=r"\[dpm:big\] max_processors: 500"):
        site.moorage.start()


@pytest.mark.long
def test_what_a_section_leaves_out_is_taken_from_dpm(tmp_path: Path, hmcs: tuple[Cloud, dict[str, MockHmc]]) -> None:
    _, machines = hmcs
    common, own = [], ["[dpm:one]"]
    for line in section(machines["z16"], "one").splitlines()[1:]:
        (own if line.startswith(("cpc_object_id", "physical")) else common).append(line)
    base = dpm_options(machines["z16"]).split("[dpm]\n", 1)[0]
    site = Cloud(tmp_path, "dpm", "\n".join([base + "[dpm]", "cpcs = one", *common, *own, ""]))
    site.moorage.start()
    try:
        listed = site.moorage.call("GET", "compute", "/os-hypervisors", cloud="moorage-admin", version="2.53").json()
        assert [h["hypervisor_hostname"] for h in listed["hypervisors"]] == ["moorage-one"]
        assert eventually(lambda: listed["hypervisors"][0]["state"] == "up")
    finally:
        site.moorage.kill()
