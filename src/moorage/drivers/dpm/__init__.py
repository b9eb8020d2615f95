"""The ``dpm`` driver: servers as partitions of an IBM Z or LinuxONE machine in DPM mode.

The driver itself is imported on demand: zhmcclient takes a sixth of the time that a start takes, and only DPM needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moorage.drivers.dpm.options import GROUP, OPTIONS, DpmSettings

if TYPE_CHECKING:
    from moorage.drivers.dpm.driver import DpmDriver

__all__ = ["GROUP", "OPTIONS", "DpmDriver", "DpmSettings"]


def __getattr__(name: str) -> Any:
    if name != "DpmDriver":
        raise AttributeError(name)
    from moorage.drivers.dpm.driver import DpmDriver  # noqa: PLC0415

    return DpmDriver
