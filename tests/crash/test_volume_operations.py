"""kill -9 at every step of attach, detach and swap, the steps of taking them back included.

The cells are not written by hand: one undisturbed run of a scene writes down its own steps, and each of them is a cell.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.volume_scenes import DIRECT_SWAP, SCENES, Stage
from tests.support.clouds import cloud

CASES = [(name, driver) for name, scene in SCENES.items() for driver in scene.drivers]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "driver"), CASES)
def test_killed_at_every_step_it_ends_as_if_nothing_had_happened(tmp_path: Path, name: str, driver: str) -> None:
    scene = SCENES[name]
    with cloud(tmp_path, driver, more_options=DIRECT_SWAP) as site:
        stage = Stage(site)
        stage.arrange(scene)
        site.steps()
        with stage.in_state(scene):
            stage.play(scene)
            site.settle()
        assert stage.statuses() == scene.ends
        steps = [step for kind, step in site.steps() if kind == scene.kind]
        assert len(steps) >= 2
        for step in steps:
            for when in ("before",) if step == scene.raises else ("before", "after"):
                stage.arrange(scene)
                site.kill_at(scene.kind, step, when)
                with stage.in_state(scene):
                    stage.play(scene)
                    site.moorage.wait_dead()
                    site.moorage.start()
                    site.settle()
                told = f"{name}: killed {when} {step}"
                assert site.problems() == [], told
                assert stage.statuses() == scene.ends, told
                in_use = [v for v, status in zip((stage.a, stage.b), scene.ends, strict=True) if status == "in-use"]
                assert stage.attached() == in_use, told
        site.delete(stage.server)
        site.wait(stage.server, "GONE")
        site.settle()
        assert site.problems() == []
        assert stage.statuses() == ("available", "available")
