"""What must a storage model do? A CPC has one of two: HBAs in a partition (z13), or storage groups (z14 and later)."""

from __future__ import annotations

from typing import Any, Protocol

from moorage.compute.model.guest import Disk, Guest
from moorage.drivers.dpm.partitions import Partitions
from moorage.drivers.dpm.sessions import Hmc


class Storage(Protocol):
    """How a server gets WWPNs and boots through them. Every call finds the effect of an earlier attempt first."""

    partitions: Partitions

    def reserve(self, hmc: Hmc, guest: Guest) -> tuple[list[str], dict[str, Any]]:
        """The server's WWPNs, one for each mapping, and the handles to keep in its row."""

    def boot(self, hmc: Hmc, guest: Guest, disks: list[Disk]) -> None:
        """Run, booted from the disk with ``boot_index`` 0."""

    def power_on(self, hmc: Hmc, guest: Guest, disks: list[Disk]) -> None:
        """As ``boot``, but whatever runs already is fine."""

    def plug(self, hmc: Hmc, guest: Guest, disk: Disk) -> None:
        """Do what the HMC has to do for one more data volume, which storage lets the server reach."""

    def unplug(self, hmc: Hmc, guest: Guest, disk: Disk) -> None:
        """Take that back, before storage shuts the server out."""

    def destroy(self, hmc: Hmc, guest: Guest) -> None:
        """Remove the partition."""

    def release(self, hmc: Hmc, guest: Guest) -> None:
        """Give up the WWPNs, once nothing is mapped for them any more."""

    def held(self, hmc: Hmc) -> list[str]:
        """Ids of the servers whose WWPNs something apart from a partition holds, in order."""

    def rest(self, hmc: Hmc, guest: Guest) -> bool:
        """Keep the WWPNs of an offloaded server if that is wished and can be done; whether they are kept."""
