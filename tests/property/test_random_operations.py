"""Random operations on servers and volumes, random kills and lost answers: the invariants hold after every recovery.

CI plays ``EXAMPLES`` stories of up to ``STEPS`` steps each, always the same ones; ``make soak`` plays other ones for as
long as ``MOORAGE_SOAK_EXAMPLES`` says.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from moorage.drivers.sim import SimDriver
from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

SOAK = int(os.environ.get("MOORAGE_SOAK_EXAMPLES", "0"))
EXAMPLES = SOAK or 20
STEPS = 100
MOST_VOLUMES = 8
PICK = st.integers(0, 10_000)
ARRAY_FAULT = {"call": st.sampled_from(["connect", "disconnect", "create", "delete", "read_image"])}
SIM_FAULT = {"call": st.sampled_from(["boot", "destroy", "plug", "unplug", "power_off", "swap"])}
LOST = {"kind": st.sampled_from(["fail-before", "lost-reply"])}
CHANGES = ["os-stop", "os-start", "shelve", "unshelve", "pause", "unpause"]
ARGUMENTS: dict[str, dict[str, Any]] = {
    "make_volume": {},
    "boot": {"pick": PICK, "goes_along": st.booleans()},
    "attach": {"server": PICK, "volume": PICK},
    "detach": {"server": PICK, "volume": PICK},
    "swap": {"server": PICK, "old": PICK, "new": PICK},
    "move": {"volume": PICK, "backend": st.sampled_from(["files", "fcarray"])},
    "change": {"number": PICK, "action": st.sampled_from(CHANGES)},
    "reboot": {"number": PICK, "kind": st.sampled_from(["SOFT", "HARD"])},
    "delete": {"number": PICK},
    "lose_an_answer_of_the_array": {**ARRAY_FAULT, **LOST},
    "lose_an_answer_of_the_hypervisor": {**SIM_FAULT, **LOST},
    "kill_and_start_again": {"dice": st.integers(0, 7)},
    "come_to_rest_and_compare": {"dice": st.integers(0, 2)},
}
"""What can happen, and with which arguments."""

STEP = st.one_of([st.tuples(st.just(name), st.fixed_dictionaries(a)) for name, a in ARGUMENTS.items()])
VERSION = "2.90"


class Tally:
    """What was played, over all stories."""

    steps = 0
    requests = 0
    kills = 0
    moves = 0
    refused = 0


class RandomOperations:
    """Asks for anything at any time; a refusal is fine, a 5xx or a contradiction is not."""

    def __init__(self, site: Cloud) -> None:
        self.site = site
        self.hypervisor_faults = SimDriver(site.data_dir / "sim" / "guests.db").faults
        self.servers: list[str] = []
        self.volumes: list[str] = self.call("GET", "block-storage", "/volumes/detail").json()["volumes"]
        self.volumes = [volume["id"] for volume in self.volumes]  # type: ignore[index]

    def call(self, method: str, service: str, path: str, body: Any = None) -> Any:
        version = VERSION if service == "compute" else ""
        answer = self.site.moorage.call(method, service, path, body, version=version)
        assert answer.status_code < 500, f"{method} {path} {body}: {answer.status_code} {answer.text}"
        Tally.requests += 1
        Tally.refused += answer.status_code >= 400
        return answer

    def act(self, number: int, action: str, value: Any = None) -> None:
        if self.servers:
            server = self.servers[number % len(self.servers)]
            self.call("POST", "compute", f"/servers/{server}/action", {action: value})

    def make_volume(self) -> None:
        if len(self.volumes) < MOST_VOLUMES:
            self.volumes.append(self.site.volume())

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

    def attach(self, server: int, volume: int) -> None:
        if self.servers and self.volumes:
            path = f"/servers/{self.servers[server % len(self.servers)]}/os-volume_attachments"
            body = {"volumeAttachment": {"volumeId": self.volumes[volume % len(self.volumes)]}}
            self.call("POST", "compute", path, body)

    def detach(self, server: int, volume: int) -> None:
        if self.servers and self.volumes:
            path = f"/servers/{self.servers[server % len(self.servers)]}/os-volume_attachments"
            self.call("DELETE", "compute", f"{path}/{self.volumes[volume % len(self.volumes)]}")

    def swap(self, server: int, old: int, new: int) -> None:
        if self.servers and self.volumes:
            path = f"/servers/{self.servers[server % len(self.servers)]}/os-volume_attachments"
            body = {"volumeAttachment": {"volumeId": self.volumes[new % len(self.volumes)]}}
            self.call("PUT", "compute", f"{path}/{self.volumes[old % len(self.volumes)]}", body)

    def move(self, volume: int, backend: str) -> None:
        if self.volumes:
            body = {"os-retype": {"new_type": backend, "migration_policy": "on-demand"}}
            path = f"/volumes/{self.volumes[volume % len(self.volumes)]}/action"
            answer = self.call("POST", "block-storage", path, body)
            Tally.moves += answer.status_code == 202

    def change(self, number: int, action: str) -> None:
        self.act(number, action)

    def reboot(self, number: int, kind: str) -> None:
        self.act(number, "reboot", {"type": kind})

    def delete(self, number: int) -> None:
        if self.servers:
            server = self.servers.pop(number % len(self.servers))
            self.call("DELETE", "compute", f"/servers/{server}")

    def lose_an_answer_of_the_array(self, call: str, kind: str) -> None:
        self.site.array_faults.add(call, kind)

    def lose_an_answer_of_the_hypervisor(self, call: str, kind: str) -> None:
        self.hypervisor_faults.add(kind, call)

    def kill_and_start_again(self, dice: int) -> None:
        if dice == 0:
            self.site.moorage.kill()
            self.site.moorage.start()
            Tally.kills += 1

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

    def end(self) -> None:
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


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.timeout(0 if SOAK else 900)
def test_random_operations_kills_and_lost_answers_never_leave_a_contradiction(site: Cloud) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=not SOAK, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(STEP, min_size=STEPS, max_size=STEPS))
    def play(story: list[tuple[str, dict[str, Any]]]) -> None:
        machine = RandomOperations(site)
        for name, arguments in story:
            getattr(machine, name)(**arguments)
            Tally.steps += 1
        machine.end()

    play()
    done = (Tally.steps, Tally.requests, Tally.refused, Tally.kills, Tally.moves)
    print("steps {}, requests {}, refused {}, kills {}, moves {}".format(*done))
    assert Tally.steps >= 2000, Tally.steps
