"""Answers of array and hypervisor get lost during attach, detach and swap, also more often than is tried at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moorage.drivers.sim.driver import SimDriver
from tests.crash.volume_scenes import DIRECT_SWAP, FREE, SCENES, USED, Scene, Stage
from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

TWICE, MORE_THAN_TRIED = 2, 7
"""Quick tries are six: after that an attach is taken back, and a detach or a swap goes on in its own time."""
SWAP = SCENES["swap"]
DETACH = SCENES["detach"]
UNDONE = Scene(kind="attach_volume", begins=(FREE, FREE), ends=(FREE, FREE))
CASES = [
    (SCENES["attach"], "connect", TWICE), (UNDONE, "connect", MORE_THAN_TRIED),
    (DETACH, "disconnect", TWICE), (DETACH, "disconnect", MORE_THAN_TRIED),
    (SCENES["attach"], "plug", TWICE), (UNDONE, "plug", MORE_THAN_TRIED),
    (DETACH, "unplug", TWICE), (DETACH, "unplug", MORE_THAN_TRIED),
    (SWAP, "swap", TWICE), (SWAP, "swap", MORE_THAN_TRIED), (SWAP, "disconnect", TWICE), (SWAP, "connect", TWICE),
]  # fmt: skip


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with cloud(tmp_path, "sim", more_options=DIRECT_SWAP) as site:
        yield Stage(site)


def hypervisor(site: Cloud) -> SimDriver:
    return SimDriver(site.data_dir / "sim" / "guests.db")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("fault", ["fail-before", "lost-reply"])
def test_records_array_and_guest_agree_whatever_answer_was_lost(stage: Stage, fault: str) -> None:
    site = stage.site
    for scene, call, times in CASES:
        stage.arrange(scene)
        if call in ("connect", "disconnect"):
            site.array_faults.add(call, fault, times=times)
        else:
            hypervisor(site).faults.add(fault, call, times=times)
        stage.play(scene)
        site.settle()
        told = f"{times} times {fault} of {call} during {scene.kind}"
        assert site.problems() == [], told
        assert stage.statuses() == scene.ends, told


def test_a_detach_that_storage_does_not_confirm_stays_on_record_and_says_why(stage: Stage) -> None:
    stage.arrange(DETACH)
    stage.site.array_faults.add("disconnect", "fail-before", times=1000)
    stage.play(DETACH)
    operation = eventually(lambda: next((o for o in stage.site.moorage.operations() if o["error"]), None))
    assert operation["kind"] == "detach_volume"
    assert stage.statuses() == ("detaching", FREE)
    assert stage.attached() == [stage.a]
    stage.site.array_faults.clear()
    stage.site.settle()
    assert stage.statuses() == (FREE, FREE)
    assert stage.site.problems() == []


@pytest.mark.parametrize("scene", ["attach", "detach", "swap"])
def test_a_server_deleted_meanwhile_leaves_nothing_attached_and_every_volume(stage: Stage, scene: str) -> None:
    chosen = SCENES[scene]
    stage.arrange(chosen)
    hypervisor(stage.site).faults.add("latency", {"attach": "plug", "detach": "unplug"}.get(scene, "swap"), seconds=0.5)
    stage.play(chosen)
    stage.site.delete(stage.server)
    stage.site.wait(stage.server, "GONE")
    stage.site.settle()
    assert stage.site.problems() == []
    assert stage.statuses() == (FREE, FREE)


@pytest.mark.parametrize(("scene", "call"), [("attach", "plug"), ("detach", "unplug"), ("swap", "swap")])
def test_a_delete_does_not_wait_for_an_operation_that_gets_no_answer(stage: Stage, scene: str, call: str) -> None:
    chosen = SCENES[scene]
    stage.arrange(chosen)
    faults = hypervisor(stage.site).faults
    faults.add("fail-before", call, times=1000)
    if scene == "attach":
        faults.add("fail-before", "unplug", times=1000)
    stage.play(chosen)
    stage.site.delete(stage.server)
    stage.site.wait(stage.server, "GONE")
    stage.site.settle()
    assert stage.site.problems() == []
    assert stage.statuses() == (FREE, FREE)


def test_the_instance_action_tells_that_the_guest_kept_the_disk(stage: Stage) -> None:
    scene = SCENES["detach that the guest refuses"]
    stage.arrange(scene)
    with stage.in_state(scene):
        stage.play(scene)
        stage.site.settle()
    assert stage.statuses() == (USED, FREE)
    actions = f"/servers/{stage.server}/os-instance-actions"
    newest = stage.site.moorage.call("GET", "compute", actions, version="2.84").json()["instanceActions"][0]
    assert (newest["action"], newest["message"]) == ("detach_volume", "Error")
    shown = stage.site.moorage.call(
        "GET", "compute", f"{actions}/{newest['request_id']}", version="2.84", cloud="moorage-admin"
    ).json()["instanceAction"]
    (event,) = shown["events"]
    assert (event["event"], event["result"]) == ("compute_detach_volume", "Error")
    assert "refused unplug" in event["details"]
