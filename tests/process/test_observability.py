"""What an operator sees of a real process: JSON logs, figures on a port of their own, operations that do not get on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx2

from moorage.drivers.sim import SimDriver
from tests.support.clouds import Cloud, cloud
from tests.support.process import COMMAND, ROOT, eventually, free_port


def lines(site: Cloud) -> list[dict[str, Any]]:
    return [json.loads(line) for line in site.moorage.log.read_text().splitlines()]


def test_json_logs_follow_a_request_to_the_operation_and_the_driver(tmp_path: Path) -> None:
    port = free_port()
    metrics = f"[metrics]\nlisten = 127.0.0.1:{port}\n"
    with cloud(tmp_path, "sim", "log_json = true\ndebug = true\n", metrics) as site:
        server = site.server([site.volume()])
        site.wait(server, "ACTIVE")
        site.settle()
        (booted,) = [line for line in lines(site) if line["message"].startswith("hypervisor sim boot: ok")]
        assert booted["server"] == server
        (operation,) = [o for o in site.moorage.operations() if o["kind"] == "boot"]
        assert (booted["operation"], booted["request"]) == (operation["id"], operation["request_id"])
        shown = [line for line in lines(site) if f"GET /compute/v2.1/servers/{server} 200" in line["message"]]
        assert {line["request"] for line in shown} == {line["message"].split()[0] for line in shown}

        assert "moorage_operations_ended_total" in httpx2.get(f"http://127.0.0.1:{port}/metrics").text
        assert httpx2.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
        assert httpx2.get(f"{site.moorage.url}/metrics").status_code == 404
        assert httpx2.get(f"{site.moorage.url}/readyz").status_code == 200
        assert site.moorage.stop()[0] == 0


def test_operations_that_are_repeated_or_wait_are_listed_with_the_reason(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        server = site.server([site.volume()])
        site.wait(server, "ACTIVE")
        site.settle()
        assert stuck(site) == []
        faults = SimDriver(site.data_dir / "sim" / "guests.db").faults
        faults.add("fail-before", "destroy", times=1000)
        site.delete(server)
        site.act(server, "os-stop", cloud="moorage-admin")
        (found,) = eventually(lambda: stuck(site), what="the destroy is troubled")
        assert (found["kind"], found["subject"]) == ("destroy", f"server/{server}")
        assert found["reason"].startswith(f"tried again {found['retries']} times: ")
        assert found["step"] in found["reason"]
        metrics = httpx2.get(f"{site.moorage.url}/metrics").text
        assert "moorage_operations_troubled 1" in metrics
        assert 'moorage_step_retries_total{kind="destroy"' in metrics

        faults.clear()
        site.settle()
        assert stuck(site) == []
        (retried,) = listed(site, "--retried")
        assert (retried["id"], retried["state"], retried["reason"]) == (found["id"], "succeeded", "")


def stuck(site: Cloud) -> list[dict[str, Any]]:
    return listed(site, "--stuck", "--patience", "30")


def listed(site: Cloud, *words: str) -> list[dict[str, Any]]:
    done = site.moorage.moorage("operations", "list", "--json", *words, "--data-dir", str(site.data_dir))
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_an_address_for_figures_that_is_taken_stops_the_start_with_one_line(tmp_path: Path) -> None:
    port = free_port()
    with cloud(tmp_path / "one", "sim", "", f"[metrics]\nlisten = 127.0.0.1:{port}\n"):
        config = tmp_path / "two.conf"
        config.write_text(f"[metrics]\nlisten = 127.0.0.1:{port}\n")
        words = [
            "--config-file",
            str(config),
            "--data-dir",
            str(tmp_path / "two"),
            "--listen",
            f"127.0.0.1:{free_port()}",
        ]
        done = subprocess.run([*COMMAND, "serve", *words], capture_output=True, text=True, cwd=ROOT, timeout=60)
        assert done.returncode == 1
        assert done.stderr.strip() == f"moorage: [metrics] listen = 127.0.0.1:{port}: Address already in use"
