"""Which request is to go wrong, how, and how often?

Rules are tried in the order they were added; the first that matches and has turns left decides. ``latency`` delays and
then lets later rules decide. Rules live in memory: a restarted mock has none.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

from moorage.errors import ConfigError

KINDS = ("latency", "drop-before", "drop-after", "503", "error", "expire", "restart")


@dataclass
class Fault:
    """One rule.

    :param match: regular expression searched in ``METHOD /path?query``.
    :param kind: ``latency`` waits before the effect; ``drop-before`` and ``drop-after`` cut the connection before or
        after the effect; ``503`` and ``error`` answer without effect; ``expire`` ends all sessions, then handles the
        request; ``restart`` also cuts all connections and stays away.
    :param times: how many requests it hits, None for all.
    :param skip: how many matching requests pass first.
    :param seconds: of latency, or of being away.
    :param lose_jobs: with ``restart``: the job table is forgotten.
    """

    match: str
    kind: str
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.0
    status: int = 409
    reason: int = 2
    lose_jobs: bool = False
    regex: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"kind: '{self.kind}' is not one of {', '.join(KINDS)}")
        if self.times is not None and self.times < 1:
            raise ConfigError("times: must be at least 1, or null for every request")
        try:
            self.regex = re.compile(self.match)
        except re.error as exc:
            raise ConfigError(f"match: '{self.match}' is not a regular expression: {exc}") from exc

    def hits(self, line: str) -> bool:
        """Whether this request is hit; counts it."""
        if self.times == 0 or not self.regex.search(line):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def as_dict(self) -> dict[str, Any]:
        names = ("match", "kind", "times", "skip", "seconds", "status", "reason", "lose_jobs")
        return {name: getattr(self, name) for name in names}


class Faults:
    """The rules in force; thread-safe."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._rules.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def pending(self) -> list[dict[str, Any]]:
        with self._lock:
            return [rule.as_dict() for rule in self._rules]

    def take(self, line: str) -> tuple[float, Fault | None]:
        """Seconds to wait for this request, and the rule that decides about it."""
        wait_s, deciding = 0.0, None
        with self._lock:
            for rule in self._rules:
                if not rule.hits(line):
                    continue
                if rule.kind != "latency":
                    deciding = rule
                    break
                wait_s += rule.seconds
            self._rules = [rule for rule in self._rules if rule.times != 0]
        return wait_s, deciding
