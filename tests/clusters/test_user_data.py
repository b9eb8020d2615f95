"""User data of the plugins: valid by cloud-init's own schema, scripts that shells accept, and the report."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from moorage.clusters.model import Cluster, NodeGroup
from moorage.clusters.plugins import registry
from moorage.clusters.plugins.port import INDEX, SIGNAL
from moorage.clusters.refusals import InvalidReference
from moorage.compute import first_boot
from tests.clusters.shapes import cluster, group

SCHEMA = json.loads((Path(__file__).parent / "data" / "cloud-init" / "schema-cloud-config-v1.json").read_text())
URL = "http://10.0.0.1:8780/wait-conditions/5a1c?token=mark"
COMMAND = f"curl -X PUT '{URL}' -H 'Content-Type: application/json'"
START = """#!/bin/bash
# quotes " and ', a dollar $HOME, a backslash \\ and a `tick`
exec sleep infinity
"""

GENERIC = cluster(
    group("m", 1, node_processes=["manager"], node_configs={"manager": {"Start script": START, "Stop script": "true"}}),
    group("w", 3, node_configs={"worker": {"Start script": START}, "general": {"Setup script": "apt-get update"}}),
    group("both", 1, node_processes=["manager", "worker"], volumes_per_node=2, volumes_size=1),
)
SPARK = cluster(
    group("m", 1, node_processes=["master"]),
    group("w", 3, volumes_per_node=1, volumes_size=1, node_configs={"Spark": {"Worker memory": 2048}}),
    plugin_name="spark", plugin_version="3.5.5", cluster_configs={"general": {"Enable XFS": False}},
)  # fmt: skip
SMALL_SPARK = cluster(group("all", 1, node_processes=["master", "worker"]), plugin_name="spark", plugin_version="4.0.1")
NTP = cluster(
    group("w", 1), cluster_configs={"general": {"Enable NTP service": True, "URL of NTP server": "ntp.example"}}
)
CASES = [(shape, each) for shape in (GENERIC, SPARK, SMALL_SPARK, NTP) for each in shape.node_groups]


def as_on_the_node(shape: Cluster, each: NodeGroup) -> str:
    """With everything in place that the stack puts there."""
    made = registry.named(shape.plugin_name).user_data(shape, each)
    text = made.text.replace(SIGNAL, COMMAND).replace(INDEX, "7")
    for placeholder in made.addresses:
        text = text.replace(placeholder, "10.0.0.5")
    return text


def files(shape: Cluster, each: NodeGroup) -> dict[str, str]:
    document = yaml.safe_load(as_on_the_node(shape, each))
    return {entry["path"]: entry["content"] for entry in document["write_files"]}


def id_of(value: Any) -> str:
    return value.name if isinstance(value, NodeGroup) else value.plugin_name


@pytest.mark.parametrize(("shape", "each"), CASES, ids=id_of)
def test_user_data_is_valid_for_cloud_init(shape: Cluster, each: NodeGroup) -> None:
    text = as_on_the_node(shape, each)
    assert text.startswith("#cloud-config\n")
    assert len(text) < 48_000, "Nova takes 64 KiB in base64"
    jsonschema.Draft4Validator(SCHEMA).validate(yaml.safe_load(text))


def test_the_schema_is_one_that_can_refuse() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate({"write_files": [{"content": "no path"}]})


@pytest.mark.parametrize(("shape", "each"), CASES, ids=id_of)
def test_every_script_is_one_that_the_shell_accepts(shape: Cluster, each: NodeGroup, tmp_path: Path) -> None:
    for path, content in files(shape, each).items():
        if content.startswith("#!/bin/bash"):
            script = tmp_path / "script"
            script.write_text(content)
            checked = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True)
            assert checked.returncode == 0, f"{path}: {checked.stderr}"


@pytest.mark.parametrize(("shape", "each"), CASES, ids=id_of)
def test_a_simulated_guest_finds_the_report(shape: Cluster, each: NodeGroup) -> None:
    found = first_boot.reports(as_on_the_node(shape, each).encode())
    assert [(report.method, report.url, json.loads(report.data)["status"]) for report in found] == [
        ("PUT", URL, "SUCCESS")
    ]


def test_the_report_script_sends_what_it_is_given(tmp_path: Path) -> None:
    """Run for real, with a curl that writes down its arguments."""
    curl = tmp_path / "curl"
    curl.write_text(f'#!/bin/bash\nprintf "%s\\n" "$@" > {tmp_path}/sent\n')
    curl.chmod(0o755)
    script = tmp_path / "report"
    script.write_text(files(*CASES[0])["/usr/local/lib/moorage/report"])
    subprocess.run(
        ["bash", str(script), '{"status": "FAILURE"}'], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=True
    )
    sent = (tmp_path / "sent").read_text().splitlines()
    assert sent[:3] == ["-X", "PUT", URL]
    assert sent[-2:] == ["--data-binary", '{"status": "FAILURE"}']


def test_scripts_of_users_arrive_as_they_were_written() -> None:
    assert files(GENERIC, GENERIC.node_groups[0])["/usr/local/lib/moorage/manager-start"] == START


def test_a_process_without_a_script_has_no_service() -> None:
    units = [path for path in files(GENERIC, GENERIC.node_groups[2]) if path.endswith(".service")]
    assert units == []


def test_workers_are_told_the_addresses_of_managers_and_masters() -> None:
    environment = files(GENERIC, GENERIC.node_groups[1])["/etc/moorage/node.env"]
    assert 'MOORAGE_MANAGERS="10.0.0.5"' in environment
    unit = files(SPARK, SPARK.node_groups[1])["/etc/systemd/system/spark-worker.service"]
    assert "start-worker.sh spark://10.0.0.5:${SPARK_MASTER_PORT}" in unit


def test_a_spark_worker_that_is_stopped_decommissions_itself() -> None:
    unit = files(SPARK, SPARK.node_groups[1])["/etc/systemd/system/spark-worker.service"]
    assert "ExecStop=/opt/spark/sbin/decommission-worker.sh --block-until-exit" in unit
    assert "WantedBy=multi-user.target" in unit, "a node that is rebooted comes back"
    assert (
        "spark.decommission.enabled true"
        in files(SPARK, SPARK.node_groups[1])["/usr/local/lib/moorage/setup.d/01-spark"]
    )


@pytest.mark.parametrize("masters", [0, 2])
def test_spark_wants_exactly_one_master(masters: int) -> None:
    shape = cluster(
        group("m", masters, node_processes=["master"]), group("w", 1), plugin_name="spark", plugin_version="3.5.5"
    )
    with pytest.raises(InvalidReference, match="exactly one master"):
        registry.named("spark").check(shape)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"general": {"Boot volume size": "many"}}, "must be of type int"),
        ({"general": {"Enable XFS": 3}}, "must be of type bool"),
        ({"general": {"Nothing": 1}}, "doesn't contain config with name 'Nothing'"),
        ({"nowhere": {}}, "doesn't contain applicable target 'nowhere'"),
    ],
)
def test_settings_are_checked(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidReference, match=reason):
        registry.check_configs(registry.named("generic"), "1.0", given)
