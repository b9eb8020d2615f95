"""A mock HMC in the test process and an unmodified zhmcclient in front of it, over TLS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zhmcclient

from moorage.mock_hmc import CpcSpec, HmcConfig, MockHmc

USER, PASSWORD = "operator", "correct horse"
TARGET, LUN = "50050768021012ab", "0001000000000000"
TIMEOUTS = zhmcclient.RetryTimeoutConfig(
    connect_timeout=5, connect_retries=2, read_timeout=2, read_retries=2, name_uri_cache_timetolive=0
)


class Fabric:
    """A fabric the test opens path by path."""

    def __init__(self) -> None:
        self.paths: set[tuple[str, str, str]] = set()

    def reason_unreachable(self, initiator: str, target: str, lun: str) -> str | None:
        return None if (initiator, target, lun) in self.paths else "not masked"


@pytest.fixture
def fabric() -> Fabric:
    return Fabric()


@pytest.fixture
def config(tmp_path: Path, fabric: Fabric) -> HmcConfig:
    return HmcConfig(
        data_dir=tmp_path / "hmc",
        user=USER,
        password=PASSWORD,
        cpcs=(CpcSpec(), CpcSpec("CPC2", has_storage_management=True)),
        reachable=fabric.reason_unreachable,
        start_delay_s=0.02,
        stop_delay_s=0.02,
    )


@pytest.fixture
def hmc(config: HmcConfig) -> Iterator[MockHmc]:
    with MockHmc(config) as running:
        yield running


def make_session(port: int, ca_file: Path, password: str = PASSWORD, user: str = USER) -> zhmcclient.Session:
    return zhmcclient.Session(
        "127.0.0.1", user, password, port=port, verify_cert=str(ca_file), retry_timeout_config=TIMEOUTS
    )


@pytest.fixture
def session(hmc: MockHmc) -> Iterator[zhmcclient.Session]:
    session = make_session(hmc.port, hmc.ca_file)
    yield session
    session.logoff()


@pytest.fixture
def cpc(session: zhmcclient.Session) -> Any:
    return zhmcclient.Client(session).cpcs.find(name="CPC1")


@pytest.fixture
def partition(cpc: Any) -> Any:
    return cpc.partitions.create(sizes("server1"))


def sizes(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "ifl-processors": 1, "initial-memory": 1024, "maximum-memory": 2048, **more}


def port_uri(cpc: Any, number: int = 0) -> str:
    ports = cpc.adapters.list(filter_args={"type": "fcp"})[number].ports.list()
    return str(ports[0].uri)


def add_boot_hba(cpc: Any, partition: Any) -> Any:
    """An HBA the partition boots from, at TARGET and LUN."""
    hba = partition.hbas.create({"name": "boot", "adapter-port-uri": port_uri(cpc)})
    boot_from(partition, hba)
    return hba


def boot_from(partition: Any, hba: Any) -> None:
    partition.update_properties(
        {
            "boot-device": "storage-adapter",
            "boot-storage-device": hba.uri,
            "boot-world-wide-port-name": TARGET,
            "boot-logical-unit-number": LUN,
        }
    )


def status(partition: Any) -> str:
    partition.pull_properties(["status"])
    return str(partition.properties["status"])


def finish(job: Any, timeout_s: float = 10.0) -> None:
    """Wait for a job's end; raises the HTTPError the job ended with."""
    wait_for(lambda: job.check_for_completion()[0] == "complete", timeout_s)


def wait_for(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "condition not met in time"
        time.sleep(0.01)


def start(partition: Any) -> None:
    finish(partition.start(wait_for_completion=False))


def stop(partition: Any) -> None:
    finish(partition.stop(wait_for_completion=False))


def refused(call: Callable[[], Any]) -> tuple[int, int]:
    """Status and reason with which the HMC refuses a call."""
    with pytest.raises(zhmcclient.HTTPError) as caught:
        call()
    return caught.value.http_status, caught.value.reason
