"""What is played: an operation of one kind, what must be there before it, and how it may end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tests.support.clouds import Cloud

Subject = Any
"""What ``arrange`` has made for the scene: a server, or ids of several things."""


DRIVERS = ("sim", "dpm", "dpm-groups")
WITH_GUESTS = (*DRIVERS, "libvirt")
"""With real QEMU guests, for operations that change one."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which an operation is asked for."""

    name: str
    kind: str
    """The ``Kind.name`` of the operation whose steps are struck."""
    arrange: Callable[[Cloud], Subject]
    """Make what the operation needs; nothing is under way afterwards."""
    play: Callable[[Cloud, Subject], None]
    """Ask for the operation as a client does."""
    end: Callable[[Cloud, Subject], str]
    """In which state it has ended, in a word: the same as undisturbed unless something was refused."""
    clear: Callable[[Cloud, Subject], None]
    """Remove what ``arrange`` made, as a client does."""
    drivers: tuple[str, ...] = DRIVERS
    options: str = ""
    """Further lines of section DEFAULT."""
    patience_s: float = 40.0
    """How long it may take until nothing is under way."""
