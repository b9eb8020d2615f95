"""How does a partition with HBAs (z13) get its WWPNs and boot? The WWPNs live and die with the partition."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors
from moorage.compute.ports import Disk, Guest
from moorage.conversion import convert
from moorage.drivers.dpm import boot_path, hbas
from moorage.drivers.dpm.lifecycle import Lifecycle
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.partitions import Partitions
from moorage.drivers.dpm.sessions import Hmc


class HbaStorage:
    """Implements ``storage.Storage``."""

    def __init__(self, settings: DpmSettings, host: str, lifecycle: Lifecycle, port_uris: list[str]) -> None:
        self.partitions = Partitions(settings, host, "hba-uris")
        self._settings = settings
        self._lifecycle = lifecycle
        self._port_uris = port_uris

    def reserve(self, hmc: Hmc, guest: Guest) -> tuple[list[str], dict[str, Any]]:
        partition = self.partitions.find_or_create(hmc, guest)
        made = hbas.find_or_create(hmc, partition.uri, partition.properties["hba-uris"], self._port_uris)
        return [hba.wwpn for hba in made], {"partition": partition.uri, "hbas": msgspec.to_builtins(made)}

    def boot(self, hmc: Hmc, guest: Guest, disks: list[Disk]) -> None:
        self._start(hmc, guest, disks, is_any_boot_fine=False)

    def power_on(self, hmc: Hmc, guest: Guest, disks: list[Disk]) -> None:
        self._start(hmc, guest, disks, is_any_boot_fine=True)

    def destroy(self, hmc: Hmc, guest: Guest) -> None:
        partition = self.partitions.find(hmc, guest)
        if partition is not None:
            self._lifecycle.delete(hmc, partition.uri)

    def release(self, hmc: Hmc, guest: Guest) -> None:
        """Nothing is left: the WWPNs went with the partition."""

    def _start(self, hmc: Hmc, guest: Guest, disks: list[Disk], *, is_any_boot_fine: bool) -> None:
        """Through the first HBA."""
        uri, hba = self._boot_hba(hmc, guest)
        boot = boot_path.boot_properties(hba, disks, self._settings.target_wwpn_ignore_list)
        boot["boot-timeout"] = self._settings.boot_timeout
        self._lifecycle.start(hmc, uri, boot, is_any_boot_fine=is_any_boot_fine)

    def _boot_hba(self, hmc: Hmc, guest: Guest) -> tuple[str, hbas.Hba]:
        """Partition and first HBA: as stored, else from the HMC."""
        stored: dict[str, Any] = guest.identity.get("driver") or {}
        if stored.get("partition") and stored.get("hbas"):
            return str(stored["partition"]), convert(stored["hbas"][0], hbas.Hba)
        partition = self.partitions.require(hmc, guest)
        hba = hbas.read_first(hmc, partition.properties["hba-uris"])
        if hba is None:
            raise errors.Refused(f"partition {partition.uri} of server {guest.id} has no HBA to boot from")
        return partition.uri, hba
