"""All threads of a process on one CPU.

The interpreter lets one thread run at a time. On several CPUs its lock wanders between them with every row that SQLite
fetches, which halves what eight clients get done (``docs/decisions/0008-what-a-request-costs.md`` has the figures).
"""

from __future__ import annotations

import os

_before: set[int] = set()


def settle() -> None:
    """Stay on one of the CPUs that the process may use; several processes spread. Only where the system can (Linux)."""
    if not hasattr(os, "sched_setaffinity"):
        return
    _before.update(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {sorted(_before)[os.getpid() % len(_before)]})


def leave() -> None:
    """For programs that a settled process starts: they may use every CPU it could."""
    if _before:
        os.sched_setaffinity(0, _before)
