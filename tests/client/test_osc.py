"""moorage-osc: exactly the commands that break with today's client, by the unmodified openstack command with it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.clouds import Cloud, cloud
from tests.support.data_processing import NETWORKS, DataProcessing
from tests.support.process import ROOT

CLIENT = ROOT / "client"
JSON = ("-f", "json")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that holds what an installation of the package would: its metadata, made of its pyproject.toml."""
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text())["project"]
    directory = tmp_path_factory.mktemp("site")
    info = directory / f"moorage_osc-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    sections = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(sections))
    return directory


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("osc"), "sim", more_options=NETWORKS) as made:
        yield made


def run(site: Cloud, installed: Path | None, *words: str) -> subprocess.CompletedProcess[str]:
    environment = site.moorage.environment()
    if installed is not None:
        environment["PYTHONPATH"] = f"{installed}:{CLIENT / 'src'}"
    command = [
        str(Path(sys.executable).with_name("openstack")),
        "--os-data-processing-api-version",
        "2",
        "dataprocessing",
    ]
    return subprocess.run([*command, *words], env=environment, capture_output=True, text=True, timeout=240)


def ok(site: Cloud, installed: Path, *words: str) -> Any:
    done = run(site, installed, *words)
    assert done.returncode == 0, f"{words}: {done.stderr[-1500:]}"
    assert "WARNING" not in done.stderr
    return json.loads(done.stdout[done.stdout.index("[" if "list" in words else "{") :])


CREATE = (
    "node", "group", "template", "create", "--name", "w", "--plugin", "generic", "--plugin-version", "1.0",
    "--processes", "worker", "--flavor", "m1.tiny", "--boot-from-volume", "--boot-volume-type", "fcarray",
    "--boot-volume-availability-zone", "nova",
)  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_broken_commands_work_with_it(site: Cloud, installed: Path) -> None:
    service = DataProcessing(site)
    made = ok(site, installed, *CREATE, *JSON)
    assert (made["Flavor id"], made["Boot from volume"], made["Boot volume type"]) == ("1", True, "fcarray")
    changed = ok(site, installed, "node", "group", "template", "update", "w", "--flavor", "m1.small", *JSON)
    assert changed["Flavor id"] == "2"
    plugins = ok(site, installed, "plugin", "list", *JSON)
    assert {plugin["Name"]: plugin["Versions"] for plugin in plugins}["generic"] == ["1.0"]
    assert ok(site, installed, "image", "list", *JSON)[0]["Tags"] == ["generic"]
    (listed,) = ok(site, installed, "node", "group", "template", "list", "--long", *JSON)
    assert listed["Node processes"] == ["worker"]
    ok(site, installed, "cluster", "template", "create", "--name", "ct", "--node-groups", "w:1", *JSON)
    assert ok(site, installed, "cluster", "template", "list", "--long", *JSON)[0]["Name"] == "ct"
    words = ("--name", "c", "--cluster-template", "ct", "--image", "nodes", "--neutron-network", "private")
    assert ok(site, installed, "cluster", "create", *words, "--wait", *JSON)["Status"] == "Active"
    scaled = ok(site, installed, "cluster", "scale", "c", "--instances", "w:2", "--wait", *JSON)
    assert scaled["Status"] == "Active"
    assert service.servers() == ["c-w-0", "c-w-1"]
    text = run(site, installed, "plugin", "list").stdout
    assert "3.5.5, 4.0.1" in text


@pytest.mark.long
def test_without_it_they_are_broken(site: Cloud, installed: Path) -> None:
    """Should this fail, a release of the client has mended itself, and so much of the package may go."""
    assert "Invalid formatter provided" in run(site, None, "plugin", "list").stderr
    assert "'function' object has no attribute 'list'" in run(site, None, *CREATE).stderr
