"""The ``dpm`` driver: servers as partitions of an IBM Z or LinuxONE machine in DPM mode."""

from __future__ import annotations

from moorage.drivers.dpm.driver import DpmDriver
from moorage.drivers.dpm.options import GROUP, OPTIONS, DpmSettings

__all__ = ["GROUP", "OPTIONS", "DpmDriver", "DpmSettings"]
