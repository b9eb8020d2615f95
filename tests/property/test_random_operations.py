"""Random operations on servers and volumes, random kills and lost answers: the invariants hold after every recovery.

CI plays ``EXAMPLES`` stories of up to ``STEPS`` steps each, always the same ones; ``make soak`` plays other ones for as
long as ``MOORAGE_SOAK_EXAMPLES`` says.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from moorage.drivers.sim import SimDriver
from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

SOAK = int(os.environ.get("MOORAGE_SOAK_EXAMPLES", "0"))
EXAMPLES = SOAK or 20
STEPS = 100
MOST_VOLUMES = 8
PICK = st.integers(0, 10_000)
VERSION = "2.90"


class Tally:
    """How many steps and kills were played, over all stories."""

    steps = 0
    kills = 0
    refused = 0


class RandomOperations(RuleBasedStateMachine):
    """Asks for anything at any time; a refusal is fine, a 5xx or a contradiction is not."""

    site: ClassVar[Cloud]

    @initialize()
    def begin(self) -> None:
        self.servers: list[str] = []
        self.volumes: list[str] = self.call("GET", "block-storage", "/volumes/detail").json()["volumes"]
        self.volumes = [volume["id"] for volume in self.volumes]  # type: ignore[index]

    def call(self, method: str, service: str, path: str, body: Any = None) -> Any:
        version = VERSION if service == "compute" else ""
        answer = self.site.moorage.call(method, service, path, body, version=version)
        assert answer.status_code < 500, f"{method} {path} {body}: {answer.status_code} {answer.text}"
        Tally.steps += 1
        Tally.refused += answer.status_code >= 400
        return answer

    def act(self, number: int, action: str, value: Any = None) -> None:
        if self.servers:
            server = self.servers[number % len(self.servers)]
            self.call("POST", "compute", f"/servers/{server}/action", {action: value})

    @rule()
    def make_volume(self) -> None:
        if len(self.volumes) < MOST_VOLUMES:
            self.volumes.append(self.site.volume())

    @rule(pick=PICK, goes_along=st.booleans())
    def boot(self, pick: int, goes_along: bool) -> None:
        if not self.volumes or len(self.servers) >= 4:
            return
        volume = self.volumes[pick % len(self.volumes)]
        disk = {"uuid": volume, "source_type": "volume", "destination_type": "volume", "boot_index": 0}
        blank = {"source_type": "blank", "destination_type": "volume", "volume_size": 1, "boot_index": -1}
        disks = [disk, {**blank, "delete_on_termination": True}] if goes_along else [disk]
        server = {"name": "s", "flavorRef": "5", "networks": "none", "block_device_mapping_v2": disks}
        answer = self.call("POST", "compute", "/servers", {"server": server})
        if answer.status_code == 202:
            self.servers.append(answer.json()["server"]["id"])

    @rule(server=PICK, volume=PICK)
    def attach(self, server: int, volume: int) -> None:
        if self.servers and self.volumes:
            path = f"/servers/{self.servers[server % len(self.servers)]}/os-volume_attachments"
            body = {"volumeAttachment": {"volumeId": self.volumes[volume % len(self.volumes)]}}
            self.call("POST", "compute", path, body)

    @rule(server=PICK, volume=PICK)
    def detach(self, server: int, volume: int) -> None:
        if self.servers and self.volumes:
            path = f"/servers/{self.servers[server % len(self.servers)]}/os-volume_attachments"
            self.call("DELETE", "compute", f"{path}/{self.volumes[volume % len(self.volumes)]}")

    @rule(server=PICK, old=PICK, new=PICK)
    def swap(self, server: int, old: int, new: int) -> None:
        if self.servers and self.volumes:
            path = f"/servers/{self.servers[server % len(self.servers)]}/os-volume_attachments"
            body = {"volumeAttachment": {"volumeId": self.volumes[new % len(self.volumes)]}}
            self.call("PUT", "compute", f"{path}/{self.volumes[old % len(self.volumes)]}", body)

    @rule(number=PICK, action=st.sampled_from(["os-stop", "os-start", "shelve", "unshelve", "pause", "unpause"]))
    def change(self, number: int, action: str) -> None:
        self.act(number, action)

    @rule(number=PICK, kind=st.sampled_from(["SOFT", "HARD"]))
    def reboot(self, number: int, kind: str) -> None:
        self.act(number, "reboot", {"type": kind})

    @rule(number=PICK)
    def delete(self, number: int) -> None:
        if self.servers:
            server = self.servers.pop(number % len(self.servers))
            self.call("DELETE", "compute", f"/servers/{server}")

    @rule(
        call=st.sampled_from(["connect", "disconnect", "create", "delete"]),
        kind=st.sampled_from(["fail-before", "lost-reply"]),
    )
    def lose_an_answer_of_the_array(self, call: str, kind: str) -> None:
        self.site.array_faults.add(call, kind)
        Tally.steps += 1

    @rule(
        call=st.sampled_from(["boot", "destroy", "plug", "unplug", "power_off"]),
        kind=st.sampled_from(["fail-before", "lost-reply", "refuse"]),
    )
    def lose_an_answer_of_the_hypervisor(self, call: str, kind: str) -> None:
        self.hypervisor_faults.add(kind, call)
        Tally.steps += 1

    @rule(dice=st.integers(0, 7))
    def kill_and_start_again(self, dice: int) -> None:
        if dice == 0:
            self.site.moorage.kill()
            self.site.moorage.start()
            Tally.kills += 1
            Tally.steps += 1

    @rule(dice=st.integers(0, 2))
    def come_to_rest_and_compare(self, dice: int) -> None:
        if dice == 0:
            self.compare()

    def compare(self) -> None:
        self.site.settle(90)
        assert self.site.problems() == []
        known = {s["id"] for s in self.call("GET", "compute", "/servers").json()["servers"]}
        self.servers = [server for server in self.servers if server in known]
        there = self.call("GET", "block-storage", "/volumes").json()["volumes"]
        self.volumes = [volume["id"] for volume in there]

    @property
    def hypervisor_faults(self) -> Any:
        return self.simulated.faults

    simulated: ClassVar[SimDriver]

    def teardown(self) -> None:
        """Every story ends with nothing left but free volumes."""
        self.site.array_faults.clear()
        self.hypervisor_faults.clear()
        self.compare()
        for server in self.servers:
            self.call("DELETE", "compute", f"/servers/{server}")
        self.site.settle(90)
        assert self.site.problems() == []
        for volume in self.volumes:
            eventually(lambda v=volume: self.site.volume_status(v) in ("available", "gone", "error"))  # type: ignore[misc]


@pytest.fixture
def site() -> Iterator[Cloud]:
    with tempfile.TemporaryDirectory() as directory, cloud(Path(directory), "sim") as made:
        yield made


@pytest.mark.timeout(0 if SOAK else 600)
def test_random_operations_kills_and_lost_answers_never_leave_a_contradiction(site: Cloud) -> None:
    RandomOperations.site = site
    RandomOperations.simulated = SimDriver(site.data_dir / "sim" / "guests.db")
    run_state_machine_as_test(
        RandomOperations,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=not SOAK, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    print(f"steps {Tally.steps}, of them refused {Tally.refused}, kills {Tally.kills}")
    assert Tally.steps >= (0 if SOAK else 2000), Tally.steps
