"""Which cells are wanted? All, or what the environment names.

SCENE, OPERATION (a kind), DRIVER, STORE, STRIKE and STEP choose; SHARD=2/8 plays every eighth cell.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import msgspec

from tests.crash_matrix.cells import Cell
from tests.crash_matrix.scene import Scene
from tests.crash_matrix.scenes import SCENES
from tests.support import libvirt_daemon

DRIVERS, STORES = ("sim", "dpm", "dpm-groups", "libvirt"), ("sqlite", "postgresql")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen; empty means all."""

    scene: str = ""
    kind: str = ""
    driver: str = ""
    store: str = ""
    strike: str = ""
    step: str = ""
    shard: tuple[int, int] = (1, 1)

    @classmethod
    def from_environment(cls) -> Wanted:
        part, _, parts = os.environ.get("SHARD", "1/1").partition("/")
        return cls(
            scene=os.environ.get("SCENE", ""), kind=os.environ.get("OPERATION", ""),
            driver=os.environ.get("DRIVER", ""), store=os.environ.get("STORE", ""),
            strike=os.environ.get("STRIKE", ""), step=os.environ.get("STEP", ""), shard=(int(part), int(parts)),
        )  # fmt: skip

    def stages(self) -> Iterator[tuple[Scene, str, str]]:
        """Scenes with their drivers and databases: on one of each all scenes are played before any is repeated."""
        playable = [driver for driver in DRIVERS if driver not in left_out()]
        for store, driver in itertools.product(STORES, playable):
            for scene in sorted(SCENES.values(), key=lambda scene: scene.options):
                chosen = (self.scene or scene.name, self.kind or scene.kind, self.driver or driver, self.store or store)
                if driver in scene.drivers and chosen == (scene.name, scene.kind, driver, store):
                    yield scene, driver, store

    def wants(self, cell: Cell, number: int) -> bool:
        part, parts = self.shard
        is_named = (self.strike or cell.strike) == cell.strike and (self.step or cell.place) == cell.place
        return is_named and number % parts == part - 1


def left_out() -> dict[str, str]:
    """Drivers that cannot be played on this machine, and why."""
    reason = libvirt_daemon.missing()
    return {"libvirt": reason} if reason else {}
