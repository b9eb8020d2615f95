"""Servers without machines: for CI, for scale, and to try what faults do."""

from moorage.drivers.sim.driver import SimDriver

__all__ = ["SimDriver"]
