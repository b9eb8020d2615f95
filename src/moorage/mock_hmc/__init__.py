"""A simulated Hardware Management Console of IBM Z and LinuxONE machines in DPM mode, on the wire.

It speaks the Web Services API over HTTPS and notifications over STOMP, well enough for an unmodified ``zhmcclient``;
keeps its state across being killed; boots a partition only if the storage fabric answers; can be made to fail.
Simulated: partitions, HBAs, FCP storage groups, FCP adapters, jobs, notifications. Not simulated: networks, guests.
Where real behaviour is only inferred, ``Inferences`` has a switch.
"""

from __future__ import annotations

from moorage.mock_hmc.config import Address, CpcSpec, HmcConfig, everything_reachable, nothing_reachable
from moorage.mock_hmc.inferences import Inferences
from moorage.mock_hmc.simulator import MockHmc

__all__ = ["Address", "CpcSpec", "HmcConfig", "Inferences", "MockHmc", "everything_reachable", "nothing_reachable"]
