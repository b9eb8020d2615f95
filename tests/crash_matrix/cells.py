"""What is struck where? The cells of a scene, generated from the steps and calls of one undisturbed run."""

from __future__ import annotations

import enum
from collections import Counter

import msgspec


class Strike(enum.StrEnum):
    """What goes wrong; each is an order that ``tests/support/probed_serve.py`` carries out."""

    BEFORE = "before"
    ANSWER = "answer"
    AFTER = "after"
    FAIL = "fail"
    HANG = "hang"

    @property
    def words(self) -> str:
        return _WORDS[self]

    @property
    def kills(self) -> bool:
        return self in (Strike.BEFORE, Strike.ANSWER, Strike.AFTER)


_WORDS = {
    Strike.BEFORE: "killed before the call",
    Strike.ANSWER: "killed after the call, without its answer",
    Strike.AFTER: "killed after the answer, before its record",
    Strike.FAIL: "the call fails",
    Strike.HANG: "the call hangs past its time-out",
}


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One strike at one step of one scene."""

    scene: str
    driver: str
    store: str
    step: str
    nth: int
    """The how manieth step of that name, from 0."""
    strike: Strike
    skip: int
    """How many matches of the strike's order pass first."""

    @property
    def place(self) -> str:
        return self.step if self.nth == 0 else f"{self.step}#{self.nth}"

    @property
    def command(self) -> str:
        """What plays this cell alone."""
        which = f"SCENE={self.scene!r} DRIVER={self.driver} STORE={self.store} STEP={self.place!r}"
        return f"{which} STRIKE={self.strike} make crash-matrix"


def cells(
    scene: str,
    driver: str,
    store: str,
    kind: str,
    steps: list[tuple[str, str, bool]],
    calls: list[tuple[str, str, str]],
) -> list[Cell]:
    """For each step begun the strikes that can hit it.

    A step that calls nobody can only be killed around, and one that ended in a refusal only before its work. A call
    that is refused anyway has no answer to be lost.
    """
    made: list[Cell] = []
    seen: Counter[str] = Counter()
    done: Counter[str] = Counter()
    called = Counter((step, mark) for k, step, mark in calls if k == kind)
    total = Counter(step for k, step, _ in steps if k == kind)
    for k, step, is_done in steps:
        if k != kind:
            continue
        nth = seen[step]
        seen[step] += 1
        asked, answered = (called[step, mark] // total[step] for mark in ("asked", "answered"))  # each calls alike
        for strike in Strike:
            if not is_done and strike not in (Strike.BEFORE, Strike.FAIL):
                continue
            if strike in (Strike.BEFORE, Strike.AFTER):
                skip = nth if strike is Strike.BEFORE else done[step]
            elif not (of_each := asked if strike is Strike.FAIL else answered):
                continue
            else:
                skip = nth * of_each + (of_each - 1 if strike is Strike.ANSWER else 0)
            made.append(Cell(scene=scene, driver=driver, store=store, step=step, nth=nth, strike=strike, skip=skip))
        done[step] += is_done
    return made
