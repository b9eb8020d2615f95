"""A simulated Hardware Management Console of IBM Z and LinuxONE machines in DPM mode, on the wire.

It speaks the Web Services API over HTTPS and notifications over STOMP, well enough for an unmodified ``zhmcclient``;
keeps its state across being killed; boots a partition only if the storage fabric answers; can be made to fail.
Simulated: partitions, HBAs, FCP adapters, jobs, notifications. Not simulated: storage groups, networks, guests.
"""

from __future__ import annotations

from moorage.mock_hmc.config import Address, CpcSpec, HmcConfig, everything_reachable, nothing_reachable
from moorage.mock_hmc.simulator import MockHmc

__all__ = ["Address", "CpcSpec", "HmcConfig", "MockHmc", "everything_reachable", "nothing_reachable"]
