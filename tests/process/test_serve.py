"""``moorage serve`` as a process: first start, stop, restart, and what a wrong option says."""

from __future__ import annotations

import json
import re
import ssl
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml

from moorage.drivers.sim import SimDriver
from moorage.mock_hmc import certificates
from tests.support.clouds import Cloud, cloud
from tests.support.process import COMMAND, ROOT, MoorageProcess, free_port, running


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MoorageProcess]:
    with running(tmp_path_factory.mktemp("serve")) as started:
        yield started


def serve(directory: Path, options: str = "", *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``serve`` to its end, for starts that are to fail."""
    config = directory / "given.conf"
    config.write_text(options)
    command = [*COMMAND, "serve", "--config-file", str(config), "--data-dir", str(directory / "data"), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)


def test_first_start_makes_secrets_only_the_owner_can_read(process: MoorageProcess) -> None:
    for name in ("secrets.yaml", "clouds.yaml", "moorage.db", "journal.db"):
        mode = stat.S_IMODE((process.data_dir / name).stat().st_mode)
        assert mode == 0o600, f"{name} is {mode:o}"


def test_clouds_yaml_has_an_admin_and_a_member_of_project_demo(process: MoorageProcess) -> None:
    clouds = yaml.safe_load((process.data_dir / "clouds.yaml").read_text())["clouds"]
    assert set(clouds) == {"moorage-admin", "moorage"}
    assert clouds["moorage"]["auth"]["project_name"] == "demo"
    assert clouds["moorage-admin"]["auth"]["auth_url"] == f"{process.url}/identity"
    assert len(clouds["moorage"]["auth"]["password"]) >= 24
    assert clouds["moorage"]["auth"]["password"] != clouds["moorage-admin"]["auth"]["password"]


def test_it_listens_on_loopback_and_answers_at_once(process: MoorageProcess) -> None:
    answer = httpx2.get(f"{process.url}/compute/v2.1")
    assert answer.status_code == 200
    assert re.fullmatch(r"req-[0-9a-f-]{36}", answer.headers["x-openstack-request-id"])


def test_each_service_root_answers_without_a_redirect(process: MoorageProcess) -> None:
    expected = {"/identity": 300, "/identity/": 300, "/image": 300, "/volume/": 300, "/compute/": 200}
    assert {path: httpx2.get(process.url + path).status_code for path in expected} == expected


def test_a_second_process_on_the_same_data_directory_is_refused(process: MoorageProcess) -> None:
    words = ["--data-dir", str(process.data_dir), "--listen", f"127.0.0.1:{free_port()}"]
    done = subprocess.run([*COMMAND, "serve", *words], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("another moorage serve is using it")


def test_sigterm_stops_it_and_the_next_start_keeps_the_accounts(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        before = (process.data_dir / "clouds.yaml").read_text()
        status, seconds = process.stop()
        assert status == 0
        assert seconds < 10
        process.start()
        assert (process.data_dir / "clouds.yaml").read_text() == before
        assert process.call("GET", "compute", "/servers").status_code == 200


def test_sigterm_in_mid_boot_leaves_the_operation_to_the_next_start(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        faults = SimDriver(site.data_dir / "sim" / "guests.db").faults
        faults.add("latency", "reserve_identity", seconds=1.0)
        server = site.server([site.volume()])
        time.sleep(0.2)
        status, seconds = site.moorage.stop()
        assert status == 0
        assert seconds < 10
        site.moorage.start()
        assert site.wait(server, "ACTIVE") == "ACTIVE"
        site.settle()
        assert site.problems() == []


def test_a_hanging_hypervisor_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        SimDriver(site.data_dir / "sim" / "guests.db").faults.add("latency", "boot", seconds=30.0)
        server = site.server([site.volume()])
        time.sleep(0.3)
        status, seconds = site.moorage.stop()
        assert seconds < 10
        assert status == 0
        site.moorage.start()
        assert site.wait(server, "ACTIVE") == "ACTIVE"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("[workers]\nconcurrency = many\n", r"moorage: \[workers\] concurrency = many: .+"),
        ("[workers]\nconcurrency = 0\n", r"moorage: \[workers\] concurrency = 0: .+"),
        ("[DEFAULT]\ncompute_driver = zvm\n", r"moorage: \[DEFAULT\] compute_driver = zvm: .+"),
        ("[DEFAULT]\ncompute_drivr = sim\n", r"moorage: .*compute_drivr = sim: .*did you mean compute_driver\?"),
        ("[dmp]\nhmc = x\n", r"moorage: \[dmp\]: there is no such section; did you mean dpm\?"),
        ("[volumes]\nenabled_backends = tape\n", r"moorage: .*enabled_backends = tape: must be files, qcow2 or fca.+"),
        ("[DEFAULT]\nlisten = 8780\n", r"moorage: listen = 8780: must be <address>:<port>.*"),
    ],
)  # fmt: skip
def test_a_wrong_option_stops_the_start_with_one_line(tmp_path: Path, options: str, line: str) -> None:
    done = serve(tmp_path, options)
    assert done.returncode == 1
    (said,) = done.stderr.strip().splitlines()
    assert re.fullmatch(line, said), said


def test_wrong_dpm_mappings_stop_the_start_with_one_line_each(tmp_path: Path) -> None:
    with cloud(tmp_path, "dpm") as site:
        good = site.moorage.config.read_text()
        first = re.findall(r"^physical_storage_adapter_mappings = (.*)$", good, re.MULTILINE)[0]
        base = re.sub(r"^physical_storage_adapter_mappings.*\n", "", good, flags=re.MULTILINE)
        cases = {
            "no-colon": "no-colon", "unknown:0": "unknown", f"{first[:-1]}7": "7",
            f"{first}\nphysical_storage_adapter_mappings = {first}": first,
        }  # fmt: skip
        for value, named in cases.items():
            done = serve(tmp_path, f"{base}physical_storage_adapter_mappings = {value}\n")
            assert done.returncode == 1, value
            said = [line for line in done.stderr.strip().splitlines() if line.startswith("moorage: ")]
            assert len(said) == 1, done.stderr
            assert "physical_storage_adapter_mappings" in said[0]
            assert named in said[0]


def test_operations_are_listed_and_shown_with_their_steps(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        server = site.server([site.volume()])
        site.wait(server, "ACTIVE")
        site.settle()
        (boot,) = [operation for operation in site.moorage.operations() if operation["kind"] == "boot"]
        assert (boot["state"], boot["subject"]) == ("succeeded", f"server/{server}")
        data_dir = ["--data-dir", str(site.data_dir)]
        shown = json.loads(site.moorage.moorage("operations", "show", boot["id"], "--json", *data_dir).stdout)
        assert next(step["name"] for step in shown["steps"]) == "list_disks"
        assert all(step["finished_at"] >= step["started_at"] > 0 for step in shown["steps"])
        table = site.moorage.moorage("operations", "show", boot["id"], *data_dir).stdout
        assert "boot_guest" in table
        assert "took" in table


def test_a_boot_on_sim_is_active_soon_after_the_post(tmp_path: Path) -> None:
    """The figure is in the benchmarks; here only that no polling queue stands in the way."""
    with cloud(tmp_path, "sim") as site:
        volume = site.volume()
        took = min(_boot_and_delete(site, volume) for _ in range(5))
        assert took < 0.5, took


def _boot_and_delete(site: Cloud, volume: str) -> float:
    began = time.monotonic()
    server = site.server([volume])
    site.wait(server, "ACTIVE")
    took = time.monotonic() - began
    site.delete(server)
    site.wait(server, "GONE")
    site.settle()
    return took


def test_many_boots_at_once_all_end_and_agree(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        volumes = [site.volume() for _ in range(8)]
        servers: list[str] = []
        threads = [threading.Thread(target=lambda v=volume: servers.append(site.server([v]))) for volume in volumes]  # type: ignore[misc]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for server in servers:
            site.wait(server, "ACTIVE")
        site.settle()
        assert len(servers) == 8
        assert site.problems() == []


def test_a_create_is_answered_without_waiting_for_the_hypervisor(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        SimDriver(site.data_dir / "sim" / "guests.db").faults.add("latency", "reserve_identity", seconds=4.0)
        volume = site.volume()
        began = time.monotonic()
        server = site.server([volume])
        assert time.monotonic() - began < 2
        assert site.show(server)["status"] == "BUILD"


def test_it_speaks_https_when_given_a_certificate(tmp_path: Path) -> None:
    tls = certificates.ensure(tmp_path, "127.0.0.1")
    options = f"[DEFAULT]\ntls_cert_file = {tls.server}\ntls_key_file = {tls.server}\n"
    with running(tmp_path / "data", options) as process:
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        answer = httpx2.get(f"https://127.0.0.1:{process.port}/compute/v2.1", verify=context)
        assert answer.status_code == 200
        assert answer.json()["version"]["links"][0]["href"].startswith("https://")


def test_the_log_names_requests_operations_and_servers_and_no_secret(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        server = site.server([site.volume()])
        site.wait(server, "ACTIVE")
        site.settle()
        log = site.moorage.log.read_text()
        assert re.search(rf"operation [0-9a-f-]{{36}}: boot server/{server} begins \(req-", log)
        assert re.search(r"req-[0-9a-f-]{36} POST /compute/v2.1/servers 202", log)
        for secret in yaml.safe_load((site.data_dir / "secrets.yaml").read_text()).values():
            assert secret not in log
