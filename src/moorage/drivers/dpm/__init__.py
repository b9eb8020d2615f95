"""The ``dpm`` driver: servers as partitions of an IBM Z or LinuxONE machine in DPM mode.

The driver itself is imported on demand: zhmcclient takes a sixth of the time that a start takes, and only DPM needs it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from moorage.drivers.dpm.options import GROUP, OPTIONS, DpmSettings

if TYPE_CHECKING:
    from moorage.drivers.dpm.driver import DpmDriver
    from moorage.drivers.dpm.machines import DpmMachines

__all__ = ["GROUP", "OPTIONS", "DpmDriver", "DpmMachines", "DpmSettings"]
_ON_DEMAND = {"DpmDriver": "moorage.drivers.dpm.driver", "DpmMachines": "moorage.drivers.dpm.machines"}


def __getattr__(name: str) -> Any:
    if name not in _ON_DEMAND:
        raise AttributeError(name)
    return getattr(importlib.import_module(_ON_DEMAND[name]), name)
