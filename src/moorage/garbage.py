"""How often does the interpreter look for unreachable cycles?

By default after every 700 objects: a list of 200 servers alone makes ten times as many, all of which go away without
being looked for (``docs/decisions/0008-what-a-request-costs.md`` has the figures).
"""

from __future__ import annotations

import gc

_OBJECTS = 50_000
"""Objects that live on before the youngest are looked at; at some hundred bytes each a few megabytes."""


def not_yet() -> None:
    """The process starts: what it makes until ``look_seldom`` are modules and tables, which stay."""
    gc.disable()


def look_seldom() -> None:
    """Leave what was made so far alone for good, and look seldom at the rest.

    The unreachable objects among it stay as well, a thousand, or 25,000 if tables were made or migrated: to look for
    them would take a twentieth of each start.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS, 10, 10)
    gc.enable()
