"""What kinds of operations are there, and what does each run?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of durable operation."""

    name: str
    """Stored with every operation. A changed order of steps needs a new name, and the old one for a release."""
    run: Callable[..., Any]
    """``run(saga, **args)``: deterministic between its steps; no clock, random or database outside them."""
    failed: Callable[..., Any]
    """``failed(world, message, **args)``: a step that leaves the rows in the agreed state of failure."""
    pool: str = "work"
    """Operations of one pool share its slots. Who waits for other operations is in another pool than they are, so it
    never keeps from them what they need to end."""
    event: str = ""
    """Name of the event that ``os-instance-actions`` shows, as Nova names it."""
