"""The mock as a process of its own: started, killed, started again."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import zhmcclient

from moorage.drivers.fcarray import FcArray
from moorage.drivers.fcarray.lun import scsi_lun
from moorage.errors import ConfigError
from moorage.mock_hmc import command
from moorage.volumes.ports import Connector
from tests.mock_hmc.conftest import add_boot_hba, finish, make_session, refused, sizes, start, status, stop, wait_for

_MAIN = (
    "import argparse, sys\n"
    "from moorage.mock_hmc import command\n"
    "parser = argparse.ArgumentParser(prog='moorage')\n"
    "command.add_parser(parser.add_subparsers(required=True))\n"
    "args = parser.parse_args()\n"
    "sys.exit(args.run(args))\n"
)
_PORTS = ("--listen", "127.0.0.1:0", "--stomp-listen", "127.0.0.1:0", "--control-listen", "127.0.0.1:0")


class Process:
    """``moorage mock-hmc`` in a process; ready when the constructor returns."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        arguments = [sys.executable, "-c", _MAIN, "mock-hmc", "--data-dir", str(data_dir), *_PORTS, *options]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())
        password = Path(self.ready["password_file"]).read_text().strip()
        port = int(self.ready["url"].rpartition(":")[2])
        self.session = make_session(port, Path(self.ready["ca_file"]), password, self.ready["user"])
        self.cpc = zhmcclient.Client(self.session).cpcs.find(name="CPC1")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def begin(*options: str) -> Process:
        started.append(Process(tmp_path / "hmc", *options))
        return started[-1]

    yield begin
    for process in started:
        process.kill()


def test_everything_answered_survives_a_kill(run: Callable[..., Process]) -> None:
    first = run("--no-fabric-check")
    partition = first.cpc.partitions.create(sizes("a"))
    wwpn = add_boot_hba(first.cpc, partition).get_property("wwpn")
    start(partition)
    first.kill()
    second = run("--no-fabric-check")
    again = second.cpc.partitions.find(name="a")
    assert (again.uri, status(again)) == (partition.uri, "active")
    assert [hba.get_property("wwpn") for hba in again.hbas.list()] == [wwpn]
    other = second.cpc.partitions.create(sizes("b"))
    assert add_boot_hba(second.cpc, other).get_property("wwpn") != wwpn
    assert second.ready["cpcs"] == first.ready["cpcs"]


def test_a_job_under_way_is_carried_on_after_a_kill(run: Callable[..., Process]) -> None:
    first = run("--start-delay-ms", "60000")
    partition = first.cpc.partitions.create(sizes("a"))
    control = requests.post(f"{first.ready['control']}/boot-outcome", json={"partition": "a", "outcome": "active"})
    assert control.status_code == 200
    job = partition.start(wait_for_completion=False)
    first.kill()
    second = run()
    again = second.cpc.partitions.find(name="a")
    assert status(again) == "starting"
    assert zhmcclient.Job(second.session, job.uri, "POST", job.op_uri).query_status()[0] == "running"


def test_a_finished_boot_is_seen_after_a_kill_before_the_poll(run: Callable[..., Process]) -> None:
    first = run("--start-delay-ms", "300")
    partition = first.cpc.partitions.create(sizes("a"))
    job = partition.start(wait_for_completion=False)
    first.kill()
    second = run()
    finish(zhmcclient.Job(second.session, job.uri, "POST", job.op_uri))
    assert status(second.cpc.partitions.find(name="a")) == "paused"


def test_without_an_array_nothing_boots(run: Callable[..., Process]) -> None:
    process = run("--start-delay-ms", "10")
    partition = process.cpc.partitions.create(sizes("a"))
    add_boot_hba(process.cpc, partition)
    with pytest.raises(zhmcclient.HTTPError, match="no storage array"):
        start(partition)


def test_a_partition_boots_only_while_its_lun_is_masked(run: Callable[..., Process], tmp_path: Path) -> None:
    array = FcArray("gold", tmp_path / "array.db")
    array.create("volume", 1)
    process = run("--start-delay-ms", "10", "--array", str(tmp_path / "array.db"))
    partition = process.cpc.partitions.create(sizes("a"))
    hba = add_boot_hba(process.cpc, partition)
    connector: Connector = {"host": "a", "wwpns": [hba.get_property("wwpn")]}
    data = array.connect("volume", connector)["data"]
    target = data["initiator_target_map"][hba.get_property("wwpn")][0]
    path = {"boot-world-wide-port-name": target, "boot-logical-unit-number": scsi_lun(data["target_lun"])}
    partition.update_properties(path)
    start(partition)
    assert status(partition) == "active"
    stop(partition)
    array.disconnect("volume", connector)
    assert refused(lambda: start(partition)) == (409, 131)


def test_a_termination_signal_ends_it_cleanly(run: Callable[..., Process]) -> None:
    process = run().process
    process.send_signal(signal.SIGTERM)
    wait_for(lambda: process.poll() is not None)
    assert process.returncode == 0


def parse(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return parser.parse_args(["mock-hmc", "--data-dir", "d", *options])


@pytest.mark.parametrize(
    "options",
    [
        ("--listen", "nowhere"),
        ("--array", "x", "--no-fabric-check"),
        ("--cpc", "A", "--cpc", "A"),
        ("--cpc", "A,ifls=many"),
    ],
)
def test_wrong_options_are_named(options: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=options[0]):
        command.config_of(parse(*options))


def test_a_wrong_option_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = parse("--listen", "nowhere")
    assert args.run(args) == 2
    assert "--listen" in capsys.readouterr().err
