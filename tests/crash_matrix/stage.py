"""Plays cells: arranges a scene, strikes, lets it recover, and asks all stores whether they agree."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.crash_matrix.cells import Cell, Strike, cells
from tests.crash_matrix.scene import Scene
from tests.support import data_processing, real_cloud
from tests.support.clouds import Cloud, cloud

_SECTIONS = "\n[compute]\nallow_direct_swap = true\n[audit]\nmode = off\ngrace_period = 0\n"


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a cell ended."""

    cell: Cell
    kind: str
    end: str
    undisturbed: str
    took_s: float
    problems: list[str] = []

    @property
    def has_passed(self) -> bool:
        return not self.problems


class Missed(Exception):
    """What was to be struck did not come."""


class Sites:
    """One cloud at a time, for all cells that can share it; what did not end well is not built on."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._open: tuple[tuple[str, ...], Cloud] | None = None

    def get(self, driver: str, store: str, options: str) -> Cloud:
        wanted = (driver, store, options)
        if self._open is None or self._open[0] != wanted:
            self.close()
            directory = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="matrix"))
            sections = _SECTIONS + data_processing.networks(driver)
            site = self._stack.enter_context(_cloud(Path(directory), driver, options, sections, store))
            site.lift_quotas()
            self._open = wanted, site
        return self._open[1]

    def close(self) -> None:
        self._stack.close()
        self._open = None


def _cloud(
    directory: Path, driver: str, options: str, sections: str, store: str
) -> contextlib.AbstractContextManager[Cloud]:
    if driver == "libvirt":
        return real_cloud.on_daemon(directory, options, sections, store)
    return cloud(directory, driver, options, sections, store)


class Stage:
    """Where the cells of one scene are played, one after the other."""

    def __init__(self, sites: Sites, scene: Scene, driver: str, store: str) -> None:
        self.scene = scene
        self.driver, self.store = driver, store
        self._sites = sites
        self.undisturbed = ""
        self.cells: list[Cell] = []

    @property
    def site(self) -> Cloud:
        return self._sites.get(self.driver, self.store, self.scene.options)

    def rehearse(self) -> None:
        """Play it undisturbed, and read off what there is to strike."""
        site = self.site
        subject = self.scene.arrange(site)
        site.settle(self.scene.patience_s)
        site.trace()
        site.calls()
        self.scene.play(site, subject)
        site.settle(self.scene.patience_s)
        steps, calls = site.trace(), site.calls()
        self.undisturbed = self.scene.end(site, subject)
        problems = site.problems()
        assert problems == [], f"undisturbed: {problems}"
        self.scene.clear(site, subject)
        self.cells = cells(self.scene.name, self.driver, self.store, self.scene.kind, steps, calls)
        assert self.cells, f"{self.scene.name}: no step of {self.scene.kind} among {steps}"

    def play(self, cell: Cell) -> Result | None:
        """Never raises for what goes wrong in the cloud: that is how the cell ended.

        None: a step that is repeated as long as it takes came fewer times than at the rehearsal.
        """
        began, end = time.monotonic(), "?"
        try:
            end, problems = self._play(cell)
        except Missed:
            return None
        except AssertionError as problem:
            problems = [str(problem)[:2000]]
        if problems:
            self._sites.close()
        return Result(
            cell=cell, kind=self.scene.kind, end=end, undisturbed=self.undisturbed, problems=problems,
            took_s=round(time.monotonic() - began, 2),
        )  # fmt: skip

    def _play(self, cell: Cell) -> tuple[str, list[str]]:
        """How it ended, and what is wrong with that."""
        site = self.site
        before = site.held()
        subject = self.scene.arrange(site)
        site.settle(self.scene.patience_s)
        site.kill_at(self.scene.kind, cell.step, cell.strike, cell.skip)
        self.scene.play(site, subject)
        site.await_strike(self.scene.patience_s)
        is_missed = not site.has_struck
        if cell.strike.kills and not is_missed:
            site.recover()
        site.settle(self.scene.patience_s)
        site.forget_strike()
        problems = site.problems() + (["the strike did not come"] if is_missed else [])
        end = self.scene.end(site, subject)
        if end != self.undisturbed and cell.strike is not Strike.FAIL:
            problems.append(f"ended as {end}, undisturbed it is {self.undisturbed}")
        site.array_faults.clear()  # those that the operation did not get as far as
        site.revive()
        self.scene.clear(site, subject)
        if is_missed and cell.nth:
            raise Missed
        left = [f"{one} is left" for one in site.held() - before]
        return end, problems + [f"after it was cleared away: {problem}" for problem in site.problems() + left]


@contextlib.contextmanager
def stage(scene: Scene, driver: str, store: str) -> Iterator[Stage]:
    """A rehearsed stage on a cloud of its own."""
    with contextlib.closing(Sites()) as sites:
        made = Stage(sites, scene, driver, store)
        made.rehearse()
        yield made
