"""The section against the CPC at start: one clear line for each mistake, few requests, no logon in a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from moorage import errors
from moorage.compute.model.guest import Guest
from moorage.drivers.dpm import DpmDriver, start_checks
from tests.drivers.dpm.conftest import Bench

Make = Callable[..., DpmDriver]


def complaint(driver: DpmDriver) -> str:
    with pytest.raises(errors.ConfigError) as caught:
        driver.check_at_start()
    assert "\n" not in caught.value.message
    return caught.value.message


def test_right_section_passes_with_few_requests(bench: Bench, driver: DpmDriver) -> None:
    driver.check_at_start()
    assert len(bench.calls()) == 4


@pytest.mark.parametrize("mapping", ["aaaa", "aaaa:", ":0", "aaaa:0:1", "/api/adapters/aaaa:0"])
def test_mapping_of_a_wrong_form_is_named(mapping: str, make_driver: Make) -> None:
    said = complaint(make_driver(physical_storage_adapter_mappings=(mapping,)))
    assert said == (
        f"[dpm] physical_storage_adapter_mappings: {mapping}: must be <storage-adapter-id>:<port-element-id>"
    )


def test_mapping_given_twice_is_named(bench: Bench, make_driver: Make) -> None:
    mapping = f"{bench.adapters[0]}:0"
    said = complaint(make_driver(physical_storage_adapter_mappings=(mapping, mapping.upper())))
    assert said == f"[dpm] physical_storage_adapter_mappings: {mapping.upper()}: is given twice"


def test_missing_adapter_is_named(make_driver: Make) -> None:
    said = complaint(make_driver(physical_storage_adapter_mappings=("abcd:0",)))
    assert said.startswith("[dpm] physical_storage_adapter_mappings: abcd:0: CPC ")
    assert said.endswith("has no adapter abcd")


def test_missing_port_is_named(bench: Bench, make_driver: Make) -> None:
    adapter = bench.adapters[1]
    said = complaint(make_driver(physical_storage_adapter_mappings=(f"{bench.adapters[0]}:0", f"{adapter}:7")))
    assert said == f"[dpm] physical_storage_adapter_mappings: {adapter}:7: adapter {adapter} has no port 7"


class _HmcWithOsaAdapter:
    """Answers like an HMC whose CPC has a network adapter, which the mock HMC does not simulate."""

    def get(self, uri: str) -> dict[str, Any]:
        if uri.endswith("/adapters"):
            return {"adapters": [{"object-uri": "/api/adapters/net1", "type": "osd"}]}
        return {"name": "CPC1", "dpm-enabled": self.has_dpm}

    def __init__(self, has_dpm: bool = True) -> None:
        self.has_dpm = has_dpm


def check_section(hmc: Any, bench: Bench) -> str:
    settings = bench.settings(physical_storage_adapter_mappings=("net1:0",), cpc_object_id="c1")
    with pytest.raises(errors.ConfigError) as caught:
        start_checks.check_section(hmc, settings)
    return caught.value.message


def test_adapter_of_another_type_is_named(bench: Bench) -> None:
    said = check_section(_HmcWithOsaAdapter(), bench)
    assert said == "[dpm] physical_storage_adapter_mappings: net1:0: adapter net1 is of type osd, not fcp"


def test_cpc_outside_dpm_mode_is_named(bench: Bench) -> None:
    assert check_section(_HmcWithOsaAdapter(False), bench) == "[dpm] cpc_object_id: c1: CPC CPC1 is not in DPM mode"


def test_missing_cpc_is_named(make_driver: Make) -> None:
    said = complaint(make_driver(cpc_object_id="feed"))
    assert said.startswith("[dpm] cpc_object_id: feed: the HMC has no such CPC")


@pytest.mark.parametrize(("machine", "has_groups"), [("Z13", False), ("Z16", True)])
def test_storage_model_is_read_from_the_cpc(machine: str, has_groups: bool, bench: Bench) -> None:
    with bench.session() as hmc:
        section = start_checks.check_section(hmc, bench.settings(**bench.machine(machine)))
    assert section.has_groups is has_groups


@pytest.mark.parametrize(("option", "value"), [("max_processors", 17), ("max_memory", 1024 * 1024 + 1)])
def test_limit_beyond_the_cpc_is_named(option: str, value: int, make_driver: Make) -> None:
    said = complaint(make_driver(**{option: value}))
    assert said.startswith(f"[dpm] {option}: {value}: CPC Z13 has ")


def test_refused_logon_is_tried_once_only(bench: Bench, make_driver: Make, guest: Guest) -> None:
    driver = make_driver(hmc_password="not-the-password")
    for _ in range(3):
        with pytest.raises(errors.Refused, match="no further attempt") as caught:
            driver.check_at_start()
        assert "not-the-password" not in caught.value.message
    with pytest.raises(errors.Refused):
        driver.destroy(guest)
    logons = [entry for entry in bench.controls.requests() if entry["uri"] == "/api/sessions"]
    assert len(logons) == 1


def test_unknown_certificate_is_no_answer(make_driver: Make) -> None:
    with pytest.raises(errors.Unknown, match=r"(?i)certificate"):
        make_driver(ca_file=None).check_at_start()


def test_host_shows_the_limits_of_the_section(driver: DpmDriver) -> None:
    (host,) = driver.hosts()
    assert (host.name, host.hypervisor_type, host.version) == ("zhost-1", "dpm", 2013001)
    assert (host.vcpus, host.memory_mib, host.disk_gib, host.up) == (8, 16384, 0, True)


def test_a_cpc_without_a_working_mapped_adapter_is_no_place_for_servers(
    bench: Bench, make_driver: Callable[..., DpmDriver]
) -> None:
    driver = make_driver(**bench.machine("Z16"))
    ports = [f"/api/adapters/{each['object-id']}/storage-ports/0" for each in bench.cpcs["Z16"]["adapters"]]
    assert [host.up for host in driver.hosts()] == [True]
    try:
        for port in ports:
            assert [host.up for host in driver.hosts()] == [True]
            bench.controls.set_port_online(port, is_online=False)
        assert [host.up for host in driver.hosts()] == [False]
    finally:
        for port in ports:
            bench.controls.set_port_online(port, is_online=True)
    assert [host.up for host in driver.hosts()] == [True]
