"""A cluster that cannot be made says why and leaves only its record; its template is one that Heat accepts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from moorage.cli.main import main
from tests.api.clusters.conftest import Api
from tests.support import heat
from tests.support.process import eventually


def test_nodes_that_never_report_end_in_error_with_the_reason(api: Api, image: str) -> None:
    """The guests of this house say nothing."""
    configs = {"general": {"Heat Wait Condition timeout": 1}}
    body = api.cluster(image, api.group(count=2, boot_volume_size=1), cluster_configs=configs)
    cluster = api.ok("POST", "/clusters", body, version="2.1")["cluster"]["id"]

    def ended() -> bool:
        return bool(api.ok("GET", f"/clusters/{cluster}", status=200)["cluster"]["status"] == "Error")

    eventually(ended, 60, "the cluster is in Error")
    found = api.ok("GET", f"/clusters/{cluster}?show_progress=True", status=200)["cluster"]
    assert found["status_description"].startswith("Creating cluster failed for the following reason(s): ")
    assert "wait_condition" in found["status_description"]
    states = {step["step_name"]: step["successful"] for step in found["provision_progress"]}
    assert (states["Create boot volumes"], states["Configure instances"]) == (True, False)
    for service, path, noun in (("compute", "/servers", "servers"), ("volume", "/volumes", "volumes")):
        assert api.house.call(api.token, "GET", service, path).json()[noun] == []
    api.ok("DELETE", f"/clusters/{cluster}", status=204)
    eventually(lambda: api.call("GET", f"/clusters/{cluster}").status_code == 404, 30, "the record is gone")


def test_a_cluster_that_waits_can_be_deleted(api: Api, image: str) -> None:
    cluster = api.ok("POST", "/clusters", api.cluster(image, api.group(count=2)))["cluster"]["id"]
    path = f"/clusters/{cluster}"
    eventually(lambda: api.ok("GET", path, status=200)["cluster"]["status"] == "Preparing", 60, "servers are there")
    api.ok("DELETE", path, status=204)
    eventually(lambda: api.call("GET", path).status_code == 404, 60, "the cluster is gone")
    assert api.house.call(api.token, "GET", "volume", "/volumes").json()["volumes"] == []


def test_the_command_prints_a_template_that_heat_accepts(
    api: Api, image: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    group = api.group(count=2, volumes_per_node=1, volumes_size=1)
    made = api.ok("POST", "/clusters", api.cluster(image, group))["cluster"]
    directory = api.house.settings.data_dir
    where = ["--data-dir", str(directory), "--config-file", str(directory.parent / "inside.conf")]
    assert main(["cluster", "template", made["name"], *where]) == 0
    template, *files = list(yaml.safe_load_all(capsys.readouterr().out))
    assert main(["cluster", "template", made["id"], *where, "--directory", str(tmp_path)]) == 0
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert yaml.safe_load(written.pop("template.yaml"))["outputs"] == template["outputs"]
    assert len(files) == len(written) == 2
    document = yaml.safe_load((tmp_path / "template.yaml").read_text())
    assert heat.validate(document, written) is None
    assert main(["cluster", "template", "nobody", *where]) == 1
    api.ok("DELETE", f"/clusters/{made['id']}", status=204)
