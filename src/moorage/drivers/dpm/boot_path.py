"""Through which initiator, target port and LUN can a partition boot its first disk?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moorage import errors
from moorage.compute.ports import Disk
from moorage.drivers.dpm import wwpn
from moorage.drivers.dpm.hbas import Hba

_SHORT = 0xFFFF
_LONG = 0xFFFFFFFF


def boot_properties(hba: Hba, disks: list[Disk], ignored_targets: Iterable[str]) -> dict[str, Any]:
    """The partition's boot properties for the disk with ``boot_index`` 0.

    The target is the first one the storage lists for the HBA that is not ignored. Raises ``errors.Refused`` when
    there is no boot disk or none of its targets can be used.
    """
    disk = boot_disk(disks)
    return {
        "boot-device": "storage-adapter",
        "boot-storage-device": hba.uri,
        "boot-world-wide-port-name": usable_targets(disk, hba.wwpn, ignored_targets)[0],
        "boot-logical-unit-number": lun(disk),
    }


def boot_disk(disks: list[Disk]) -> Disk:
    """The disk with ``boot_index`` 0. Raises ``errors.Refused`` when there is none on Fibre Channel."""
    disk = next((disk for disk in disks if disk.boot_index == 0), None)
    if disk is None:
        raise errors.Refused("no disk has boot_index 0: there is nothing to boot from")
    if disk.connection_info.get("driver_volume_type") != "fibre_channel":
        raise errors.Refused(f"volume {disk.volume_id} is not connected by fibre_channel")
    return disk


def lun(disk: Disk) -> str:
    return scsi_lun(int(disk.connection_info["data"]["target_lun"]))


def scsi_lun(number: int) -> str:
    """Eight bytes in SCSI order as 16 hex digits: LUN 1 is ``0001000000000000``, not the number padded on the left."""
    if not 0 <= number <= _LONG:
        raise errors.Refused(f"LUN {number} is not between 0 and {_LONG}")
    return f"{number:04x}" + "0" * 12 if number <= _SHORT else f"{number:08x}" + "0" * 8


def usable_targets(disk: Disk, initiator: str, ignored_targets: Iterable[str]) -> list[str]:
    """Target ports the storage lists for an initiator, in its order, without the ignored. Refused if none is left."""
    mapped: dict[str, list[str]] = disk.connection_info["data"].get("initiator_target_map") or {}
    by_initiator = {wwpn.normal(key): targets for key, targets in mapped.items()}
    targets = [wwpn.normal(target) for target in by_initiator.get(initiator, [])]
    if not targets:
        raise errors.Refused(f"volume {disk.volume_id}: the storage names no target port for initiator {initiator}")
    ignored = {wwpn.normal(target) for target in ignored_targets}
    usable = [target for target in targets if target not in ignored]
    if not usable:
        raise errors.Refused(
            f"volume {disk.volume_id}: all target ports of initiator {initiator} ({', '.join(targets)}) "
            "are in [dpm] target_wwpn_ignore_list"
        )
    return usable
