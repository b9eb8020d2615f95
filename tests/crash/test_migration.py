"""A volume moves between two backends, whoever has it; kill -9 at every step, and ends that are refused.

Each cell moves the same volume to the backend where it is not, so each one also shows that the last one left it usable.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from moorage.drivers.sim.driver import SimDriver
from tests.crash.volume_scenes import ALWAYS, FREE, USED, Scene, Stage
from tests.support import invariants
from tests.support.clouds import Cloud, cloud
from tests.support.process import eventually

KINDS = ("migrate_volume", "swap_volume", "discard_target")
HOLDERS = {
    "nobody": Scene(kind="migrate_volume", begins=(FREE, FREE), ends=(FREE, FREE)),
    "a running server": Scene(kind="migrate_volume", begins=(USED, FREE), ends=(USED, FREE)),
    "a shelved server": Scene(kind="migrate_volume", begins=(USED, FREE), ends=(USED, FREE), vm_state="shelved"),
}
REFUSED = Scene(kind="migrate_volume", begins=(USED, FREE), ends=(USED, FREE), refused="swap")
OTHER = {"fcarray": "files", "files": "fcarray"}


class Moves(Stage):
    """A volume with known content, and a server that may have it."""

    def __init__(self, site: Cloud) -> None:
        super().__init__(site)
        self.content = os.urandom(4096)
        with self.file("fcarray").open("r+b") as disk:
            disk.seek(1 << 20)
            disk.write(self.content)

    def file(self, backend: str) -> Path:
        folder = next(self.site.data_dir.glob(f"{'fcarray/*' if backend == 'fcarray' else 'volumes'}/volumes"))
        return folder / self.a

    def record(self) -> dict[str, Any]:
        path = f"/volumes/{self.a}"
        answer = self.site.moorage.call("GET", "block-storage", path, cloud="moorage-admin", version="3.48")
        return dict(answer.json()["volume"])

    def backend(self) -> str:
        return str(self.record()["os-vol-host-attr:host"].partition("@")[2].partition("#")[0])

    def act(self, name: str, value: Any, volume: str = "") -> Any:
        path = f"/volumes/{volume or self.a}/action"
        return self.site.moorage.call("POST", "block-storage", path, {name: value}, cloud="moorage-admin")

    def move(self) -> str:
        """Ask for the volume to go to the backend where it is not; returns that one."""
        target = OTHER[self.backend()]
        answer = self.act("os-migrate_volume", {"host": f"moorage@{target}#{target}"})
        assert answer.status_code == 202, answer.text
        return target

    def check(self, scene: Scene, backend: str, migration_status: str, told: str) -> None:
        assert self.site.problems() == [], told
        assert self.statuses() == scene.ends, told
        assert (self.backend(), self.record()["migration_status"]) == (backend, migration_status), told
        assert self.attached() == ([self.a] if scene.ends[0] == USED else []), told
        with self.file(backend).open("rb") as disk:
            disk.seek(1 << 20)
            assert disk.read(4096) == self.content, f"{told}: the content is another one"
        assert not self.file(OTHER[backend]).exists(), f"{told}: the old content is still there"
        targets = "SELECT id FROM volumes WHERE migration_status LIKE 'target:%'"
        assert invariants.rows(self.site.data_dir / "moorage.db", targets) == [], told


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["nobody", *(pytest.param(n, marks=pytest.mark.long) for n in list(HOLDERS)[1:])])
def test_killed_at_every_step_the_volume_is_in_the_other_backend_with_its_content(tmp_path: Path, name: str) -> None:
    scene = HOLDERS[name]
    with cloud(tmp_path, "sim") as site:
        stage = Moves(site)
        stage.arrange(scene)
        for step in undisturbed(stage, scene):
            for when in ("before", "after") if name == "a running server" else ("after",):
                killed(stage, scene, step, when)
        site.delete(stage.server)
        site.wait(stage.server, "GONE")
        site.settle()
        assert site.problems() == []
        assert stage.statuses() == (FREE, FREE)


def undisturbed(stage: Moves, scene: Scene) -> list[tuple[str, str]]:
    """Move once, and write down the steps."""
    stage.site.steps()
    with stage.in_state(scene):
        target = stage.move()
        stage.site.settle()
    stage.check(scene, target, "success", "undisturbed")
    return [(kind, step) for kind, step in stage.site.steps() if kind in KINDS]


def killed(stage: Moves, scene: Scene, step: tuple[str, str], when: str) -> None:
    stage.site.kill_at(*step, when)
    with stage.in_state(scene):
        target = stage.move()
        stage.site.moorage.wait_dead()
        stage.site.moorage.start()
        stage.site.settle()
    stage.check(scene, target, "success", f"killed {when} {step}")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_swap_that_the_hypervisor_refuses_killed_at_every_step_leaves_the_volume_where_it_was(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        stage = Moves(site)
        stage.arrange(REFUSED)
        site.steps()
        with stage.in_state(REFUSED):
            stage.move()
            site.settle()
        stage.check(REFUSED, "fcarray", "error", "undisturbed")
        steps = [(kind, step) for kind, step in site.steps() if kind in KINDS]
        assert ("swap_volume", "undo_connect") in steps
        for step in [(kind, step) for kind, step in steps if kind == "swap_volume"]:
            site.kill_at(*step, "before")
            with stage.in_state(REFUSED):
                stage.move()
                site.moorage.wait_dead()
                site.moorage.start()
                site.settle()
            stage.check(REFUSED, "fcarray", "error", f"killed before {step}")


def test_a_driver_that_cannot_swap_ends_the_migration_of_a_running_server_s_volume(tmp_path: Path) -> None:
    with cloud(tmp_path, "dpm") as site:
        stage, scene = Moves(site), HOLDERS["a running server"]
        stage.arrange(scene)
        stage.move()
        site.settle()
        stage.check(scene, "fcarray", "error", "dpm")
        (failed,) = (o for o in site.moorage.operations() if o["kind"] == "migrate_volume")
        assert "driver cannot swap" in failed["error"]


@pytest.mark.parametrize("is_attached_while_offloaded", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_volume_of_an_offloaded_server_moves_and_an_unshelve_waits_for_it(
    tmp_path: Path, *, is_attached_while_offloaded: bool
) -> None:
    with cloud(tmp_path, "sim") as site:
        stage = Moves(site)
        if not is_attached_while_offloaded:
            assert stage.ask("POST", other=stage.a).status_code == 200
            site.settle()
        assert site.act(stage.server, "shelve").status_code == 202
        site.wait(stage.server, "SHELVED_OFFLOADED")
        site.settle()
        if is_attached_while_offloaded:
            assert stage.ask("POST", other=stage.a).status_code == 200
        before = site.volume_status(stage.a)
        site.kill_at("migrate_volume", "copy_content", "after")
        stage.move()
        site.moorage.wait_dead()
        site.moorage.start()
        assert site.act(stage.server, "unshelve").status_code == 202
        site.wait(stage.server, "ACTIVE")
        site.settle()
        assert before == (USED if is_attached_while_offloaded else "reserved")
        stage.check(HOLDERS["a running server"], "files", "success", before)


def test_a_volume_stays_locked_while_it_moves_and_its_target_is_hidden(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        stage = Moves(site)
        site.array_faults.add("read_image", "fail-before", times=3)
        stage.move()
        eventually(lambda: stage.record()["migration_status"] == "migrating")
        assert site.volume_status(stage.a) == "maintenance"
        assert stage.ask("POST", other=stage.a).status_code == 400
        shown = site.moorage.call("GET", "block-storage", "/volumes").json()["volumes"]
        assert len(shown) == 3
        everything = site.moorage.call("GET", "block-storage", "/volumes?all_tenants=1", cloud="moorage-admin")
        assert len(everything.json()["volumes"]) == 4
        site.settle()
        stage.check(HOLDERS["nobody"], "files", "success", "after it")


def test_a_copy_that_storage_refuses_leaves_the_volume_available_where_it_was(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        stage = Moves(site)
        site.array_faults.add("read_image", "refuse", times=ALWAYS)
        stage.move()
        site.settle()
        stage.check(HOLDERS["nobody"], "fcarray", "error", "refused")


@pytest.mark.parametrize("holder", [pytest.param("nobody", marks=pytest.mark.long), "a running server"])
def test_a_retype_on_demand_moves_the_volume_and_changes_its_type(tmp_path: Path, holder: str) -> None:
    scene = HOLDERS[holder]
    with cloud(tmp_path, "sim") as site:
        stage = Moves(site)
        stage.arrange(scene)
        never = stage.act("os-retype", {"new_type": "files", "migration_policy": "never"})
        assert (never.status_code, "migration_policy is never" in never.text) == (400, True)
        assert stage.act("os-retype", {"new_type": "files", "migration_policy": "on-demand"}).status_code == 202
        site.settle()
        assert stage.record()["volume_type"] == "files"
        stage.check(scene, "files", "success", holder)


def test_the_completion_is_refused_before_the_guest_has_moved_and_confirmed_after_it(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        stage, faults = Moves(site), SimDriver(site.data_dir / "sim" / "guests.db").faults
        stage.arrange(HOLDERS["a running server"])
        assert "not mid-migration" in stage.act("os-migrate_volume_completion", {"new_volume": stage.b}).text
        faults.add("fail-before", "swap", times=ALWAYS)
        stage.move()
        eventually(lambda: any(o["step"] == "try_move" for o in site.moorage.operations()))
        wanted = "SELECT id FROM volumes WHERE migration_status LIKE 'target:%'"
        (target,) = invariants.rows(site.data_dir / "moorage.db", wanted)
        early = stage.act("os-migrate_volume_completion", {"new_volume": target["id"]})
        assert (early.status_code, "still works on the exchange" in early.text) == (400, True)
        assert site.volume_status(stage.a) == USED
        assert stage.attached() == [stage.a]
        site.array_faults.add("disconnect", "fail-before", times=ALWAYS)
        faults.clear()
        eventually(lambda: stage.record()["migration_status"] == "completing")
        for _ in range(2):
            late = stage.act("os-migrate_volume_completion", {"new_volume": target["id"]})
            assert (late.status_code, late.json()) == (200, {"save_volume_id": stage.a})
        site.array_faults.clear()
        site.settle()
        stage.check(HOLDERS["a running server"], "files", "success", "at the end")


def test_a_server_deleted_in_the_middle_of_the_move_leaves_one_volume_and_no_copy(tmp_path: Path) -> None:
    with cloud(tmp_path, "sim") as site:
        stage, faults = Moves(site), SimDriver(site.data_dir / "sim" / "guests.db").faults
        stage.arrange(HOLDERS["a running server"])
        faults.add("fail-before", "swap", times=ALWAYS)
        stage.move()
        eventually(lambda: any(o["step"] == "try_move" for o in site.moorage.operations()))
        site.delete(stage.server)
        site.wait(stage.server, "GONE")
        site.settle()
        assert site.problems() == []
        assert stage.statuses() == (FREE, FREE)
        assert stage.backend() == "fcarray"
        assert not stage.file("files").exists()
