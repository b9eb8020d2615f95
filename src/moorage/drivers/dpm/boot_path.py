"""Through which initiators, adapter ports and target ports can a partition boot its first disk?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from moorage import errors
from moorage.compute.model.guest import Disk
from moorage.drivers.dpm import wwpn

_SHORT = 0xFFFF
_LONG = 0xFFFFFFFF


class Path(NamedTuple):
    """One way from the CPC to a LUN."""

    wwpn: str
    port_uri: str
    target: str
    lun: str

    def __str__(self) -> str:
        return f"{self.wwpn} on {self.port_uri} to {self.target} LUN {self.lun}"


def candidates(disk: Disk, initiators: Mapping[str, str], ignored_targets: Iterable[str]) -> list[Path]:
    """All paths of WWPNs on their ports (``initiators``), adapters alternating, targets in storage's order.

    Raises ``errors.Refused`` when storage names no target that can be used.
    """
    number, ignored = lun(disk), list(ignored_targets)
    by_wwpn: dict[str, list[str]] = {}
    refusals = []
    for name in initiators:
        try:
            by_wwpn[name] = usable_targets(disk, name, ignored)
        except errors.Refused as refusal:
            refusals.append(refusal)
    if not by_wwpn:
        raise refusals[0]
    longest = max(map(len, by_wwpn.values()))
    return [
        Path(name, initiators[name], targets[turn], number)
        for turn in range(longest)
        for name, targets in by_wwpn.items()
        if turn < len(targets)
    ]


def no_path(what: str, reasons: Mapping[str, str]) -> errors.Refused:
    """The refusal when none of the paths (key) is left.

    A fault shows users 255 characters, so each reason comes in short before all are told in full.
    """
    short = "; ".join(f"{number}. {_short(reason)}" for number, reason in enumerate(reasons.values(), start=1))
    full = "; ".join(f"{path}: {reason}" for path, reason in reasons.items())
    return errors.Refused(f"{what} {len(reasons)} paths: {short}. In full: {full}")


def _short(reason: str) -> str:
    words = reason.partition(": ")[0]
    return f"{words})" if words.count("(") > words.count(")") else words


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


def targets(disk: Disk) -> list[str]:
    """All target ports through which storage serves the disk."""
    return [wwpn.normal(target) for target in disk.connection_info["data"].get("target_wwn") or []]


def identifier(disk: Disk) -> str | None:
    """The LUN's world-wide identifier (NAA) in lower case, if storage told it."""
    known = (disk.connection_info.get("data") or {}).get("wwn")
    return str(known).lower().removeprefix("0x") if known else None


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
