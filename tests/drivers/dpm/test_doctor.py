"""The doctor: what it finds on a mock over TLS, what it ends with, and that it never changes anything."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from moorage.compute.model.guest import ConfigDrive, Guest
from moorage.drivers.dpm import DpmDriver
from moorage.mock_hmc.inferences import inference_names
from tests.drivers.dpm.conftest import Bench, booted, reserved
from tests.support.process import COMMAND, ROOT

_SECTION = """\
[DEFAULT]
compute_driver = dpm
[dpm]
hmc = 127.0.0.1
hmc_port = {port}
hmc_notification_port = {stomp}
hmc_username = {user}
hmc_password = {password}
ca_file = {ca_file}
cpc_object_id = {cpc}
{mappings}
"""


def run_doctor(bench: Bench, tmp_path: Path, machine: str, *words: str, **changes: Any) -> Any:
    values = {
        "port": bench.hmc.port, "stomp": bench.hmc.stomp_address.port, "user": bench.hmc.config.user,
        "password": bench.hmc.password, "ca_file": bench.hmc.ca_file, "cpc": bench.cpcs[machine]["object-id"],
        "mappings": "\n".join(
            f"physical_storage_adapter_mappings = {adapter['object-id']}:0"
            for adapter in bench.cpcs[machine]["adapters"]
        ),
    }  # fmt: skip
    config = tmp_path / "moorage.conf"
    config.write_text(_SECTION.format(**{**values, **changes}))
    bench.controls.clear_requests()
    command = [*COMMAND, "dpm", "doctor", "--config-file", str(config), "--data-dir", str(tmp_path), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)


def verdicts(done: Any) -> dict[str, str]:
    return {each["name"]: each["verdict"] for each in json.loads(done.stdout)["findings"]}


def same_state(bench: Bench) -> dict[str, Any]:
    return {name: value for name, value in bench.controls.state().items() if name != "sessions"}


def test_it_only_asks(bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest, tmp_path: Path) -> None:
    booted(bench, make_driver(**bench.machine("Z16")), guest)
    before = same_state(bench)
    done = run_doctor(bench, tmp_path, "Z16", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    asked = {(entry["method"], entry["uri"]) for entry in bench.controls.requests()}
    changing = {(method, uri) for method, uri in asked if method != "GET"}
    assert changing == {("POST", "/api/sessions"), ("DELETE", "/api/sessions/this-session")}
    assert len(asked) > 10
    assert same_state(bench) == before


def test_what_a_z16_with_a_running_server_shows(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest, tmp_path: Path
) -> None:
    booted(bench, make_driver(**bench.machine("Z16")), guest)
    found = verdicts(run_doctor(bench, tmp_path, "Z16", "--json"))
    assert set(found.values()) <= {"ok", "unseen"}
    ok = {name for name, verdict in found.items() if verdict == "ok"}
    assert ok >= {
        "session", "section", "storage-model", "notices", "missing-object", "name-filter", "partition-statuses",
        "messages", "storage-groups", "wwpn-count", "wwpn-status", "volume-identifier", "path-form",
        "connection-report",
    }  # fmt: skip


def test_what_a_z13_shows(bench: Bench, driver: DpmDriver, guest: Guest, tmp_path: Path) -> None:
    booted(bench, driver, guest)
    done = run_doctor(bench, tmp_path, "Z13", "--json")
    found = verdicts(done)
    assert found["storage-groups"] == "unseen"
    assert found["hba-wwpns"] == "ok"
    assert found["messages"] == "differs", "a z13 has no operating system messages"
    assert done.returncode == 1


def test_a_config_drive_beside_a_running_system_is_seen(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest, tmp_path: Path
) -> None:
    drive = ConfigDrive(meta_data={"uuid": guest.id}, network_data={"links": []}, user_data=b"#cloud-config\n")
    booted(bench, make_driver(**bench.machine("Z16")), msgspec.structs.replace(guest, config_drive=drive))
    assert verdicts(run_doctor(bench, tmp_path, "Z16", "--json"))["mounted-image"] == "ok"


def test_a_contradiction_is_told(
    bench: Bench, make_driver: Callable[..., DpmDriver], guest: Guest, tmp_path: Path
) -> None:
    driver = make_driver(**bench.machine("Z16"))
    stored = reserved(driver, guest)
    bench.controls.add_fault(match=r"GET /api/partitions/0000", kind="error", status=403, reason=1)
    done = run_doctor(bench, tmp_path, "Z16")
    bench.controls.clear_faults()
    assert done.returncode == 1
    assert "differs  missing-object       an unknown partition is 403,1" in done.stdout
    driver.release_identity(stored)


def test_every_cpc_is_examined(bench: Bench, tmp_path: Path) -> None:
    sections = "".join(
        f"[dpm:{name.lower()}]\ncpc_object_id = {cpc['object-id']}\n"
        + "".join(f"physical_storage_adapter_mappings = {each['object-id']}:0\n" for each in cpc["adapters"])
        for name, cpc in bench.cpcs.items()
    )
    done = run_doctor(bench, tmp_path, "Z16", "--json", mappings=f"cpcs = z13, z16\n{sections}")
    models = {each["section"]: each["said"].rpartition("with ")[2] for each in json.loads(done.stdout)["findings"]
              if each["name"] == "storage-model"}  # fmt: skip
    assert models == {"dpm:z13": "HBAs", "dpm:z16": "storage groups"}


def test_a_section_that_does_not_fit_is_a_failed_check(bench: Bench, tmp_path: Path) -> None:
    done = run_doctor(bench, tmp_path, "Z16", "--json", cpc="00000000-0000-0000-0000-000000000000")
    assert done.returncode == 1
    assert verdicts(done)["section"] == "failed"


def test_a_refused_question_is_a_finding(bench: Bench, tmp_path: Path) -> None:
    bench.controls.add_fault(match=r"GET /api/storage-groups", kind="error", status=403, reason=1)
    done = run_doctor(bench, tmp_path, "Z16")
    bench.controls.clear_faults()
    assert done.returncode == 1
    assert "failed   storage-groups" in done.stdout


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "wrong"}, "refused the logon"),
        ({"port": 1}, "no answer from the HMC"),
        ({"mappings": ""}, "physical_storage_adapter_mappings: empty"),
        ({"ca_file": "/nonexistent/ca.pem"}, "could not be run"),
    ],
)
def test_what_cannot_be_run_ends_with_two(bench: Bench, tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    done = run_doctor(bench, tmp_path, "Z16", **changes)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stdout
    assert "wrong" not in done.stdout.replace("wrong options", ""), "no password in the report"


def test_every_inference_is_looked_at_or_left_to_try_by_hand(bench: Bench, tmp_path: Path) -> None:
    done = run_doctor(bench, tmp_path, "Z16", "--json")
    told = set(json.loads(done.stdout)["by_hand"])
    assert told | {"has-port-at-attach"} == set(inference_names())
