"""Which target ports is an array built with, and which of them does an initiator reach?

Two fabrics with two ports each, as redundant storage networks are built. An initiator reaches one fabric only: the
host's first initiator fabric 0, the second fabric 1, and so on in turn. A host with one initiator is zoned in both.
"""

from __future__ import annotations

import sqlite3

_FABRICS = 2
_PORTS_PER_FABRIC = 2
_VENDOR = "5005076802"


def make_ports(db: sqlite3.Connection, serial: str) -> None:
    """Give a new array its target ports. ``serial`` is four hex digits."""
    for port in range(_FABRICS * _PORTS_PER_FABRIC):
        wwpn = f"{_VENDOR}{port + 1:x}0{serial}"
        db.execute("INSERT INTO targets (wwpn, fabric) VALUES (?, ?)", (wwpn, port % _FABRICS))


def fabrics_of(position: int, is_only: bool) -> list[int]:
    """The fabrics of a host's initiator, by its position among the host's initiators."""
    return list(range(_FABRICS)) if is_only else [position % _FABRICS]
