"""How does a partition with HBAs (z13) get its WWPNs and boot? The WWPNs live and die with the partition."""

from __future__ import annotations

from typing import Any

import msgspec

from moorage import errors
from moorage.compute.model.guest import Disk, Guest
from moorage.conversion import convert
from moorage.drivers.dpm import boot_path, hbas, outfit, statuses
from moorage.drivers.dpm.boot_path import Path
from moorage.drivers.dpm.failover import Failover, Start
from moorage.drivers.dpm.lifecycle import Lifecycle
from moorage.drivers.dpm.options import DpmSettings
from moorage.drivers.dpm.partitions import Partition, Partitions
from moorage.drivers.dpm.sessions import Hmc

_HBAS = "hba-uris"
_DEVICE, _TARGET, _LUN = "boot-storage-device", "boot-world-wide-port-name", "boot-logical-unit-number"


class HbaStorage:
    """Implements ``storage.Storage``."""

    def __init__(
        self, settings: DpmSettings, host: str, lifecycle: Lifecycle, failover: Failover, port_uris: list[str]
    ) -> None:
        self.partitions = Partitions(settings, host, (_HBAS, _DEVICE, _TARGET, _LUN, *outfit.PROPERTIES))
        self._outfit = outfit.Outfit(
            f"/api/cpcs/{settings.cpc_object_id}", sets_mac=False, mounts_config_drive=settings.mount_config_drive
        )
        self._settings = settings
        self._lifecycle = lifecycle
        self._failover = failover
        self._port_uris = port_uris

    def reserve(self, hmc: Hmc, guest: Guest) -> tuple[list[str], dict[str, Any]]:
        partition = self.partitions.find_or_create(hmc, guest)
        made = hbas.find_or_create(hmc, partition.uri, partition.properties.get(_HBAS, []), self._port_uris)
        return [hba.wwpn for hba in made], {"partition": partition.uri, "hbas": msgspec.to_builtins(made)}

    def boot(self, hmc: Hmc, guest: Guest, disks: list[Disk]) -> None:
        self._run(hmc, guest, disks, is_any_boot_fine=False)

    def power_on(self, hmc: Hmc, guest: Guest, disks: list[Disk]) -> None:
        self._run(hmc, guest, disks, is_any_boot_fine=True)

    def plug(self, hmc: Hmc, guest: Guest, disk: Disk) -> None:
        """Nothing for the HMC to do: the LUN is masked for the partition's WWPNs, and the guest has to scan for it."""

    def unplug(self, hmc: Hmc, guest: Guest, disk: Disk) -> None:
        """Nothing for the HMC to do: the guest has to let go of the LUN before it is unmasked."""

    def destroy(self, hmc: Hmc, guest: Guest) -> None:
        partition = self.partitions.find(hmc, guest)
        if partition is not None:
            self._lifecycle.delete(hmc, partition.uri)

    def release(self, hmc: Hmc, guest: Guest) -> None:
        """Nothing is left: the WWPNs went with the partition."""

    def held(self, hmc: Hmc) -> list[str]:
        """None: nothing but the partition holds WWPNs."""
        del hmc
        return []

    def rest(self, hmc: Hmc, guest: Guest) -> bool:  # noqa: ARG002
        """The WWPNs cannot be kept without the partition."""
        return False

    def _run(self, hmc: Hmc, guest: Guest, disks: list[Disk], *, is_any_boot_fine: bool) -> None:
        found = self.partitions.require(hmc, guest)
        partition = self._lifecycle.settled(hmc, found, self.partitions.properties)
        made = self._hbas(hmc, guest, partition)
        disk = boot_path.boot_disk(disks)
        is_running = partition.status in statuses.RUNNING
        if is_running and (is_any_boot_fine or _is_booted_from(partition, disk)):
            self._failover.take_up(hmc, guest.id, partition)
            return
        if not is_running:
            self._failover.take_up(hmc, guest.id, partition)
        if partition.status not in statuses.STOPPED:
            self._lifecycle.stop(hmc, partition.uri)
        self._outfit.provide(hmc, guest, partition)
        initiators = {hba.wwpn: hba.adapter_port for hba in made}
        paths = boot_path.candidates(disk, initiators, self._settings.target_wwpn_ignore_list)
        uris = {hba.wwpn: hba.uri for hba in made}

        def prepare(path: Path) -> None:
            hmc.post(partition.uri, self._boot_properties(uris[path.wwpn], path))

        self._failover.run(hmc, Start(guest.id, partition.uri, paths, {}, prepare))

    def _boot_properties(self, hba_uri: str, path: Path) -> dict[str, Any]:
        return {
            "boot-device": "storage-adapter",
            _DEVICE: hba_uri,
            _TARGET: path.target,
            _LUN: path.lun,
            "boot-timeout": self._settings.boot_timeout,
        }

    def _hbas(self, hmc: Hmc, guest: Guest, partition: Partition) -> list[hbas.Hba]:
        """As stored, else from the HMC."""
        stored: dict[str, Any] = guest.identity.get("driver") or {}
        if stored.get("hbas"):
            return convert(stored["hbas"], list[hbas.Hba])
        found = hbas.read_all(hmc, partition.properties[_HBAS])
        if not found:
            raise errors.Refused(f"partition {partition.uri} of server {guest.id} has no HBA to boot from")
        return found


def _is_booted_from(partition: Partition, disk: Disk) -> bool:
    properties = partition.properties
    is_same_lun = str(properties.get(_LUN)).lower() == boot_path.lun(disk)
    return is_same_lun and str(properties.get(_TARGET)).lower() in boot_path.targets(disk)
