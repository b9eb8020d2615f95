"""Which of the LUNs that a group's WWPNs see is which declared volume, and what is left over?

DPM tells LUNs apart by size only, so with two data volumes of one size it is chance which LUN becomes which of them:
the volume's ``uuid`` says.
"""

from __future__ import annotations

from typing import NamedTuple

from moorage.mock_hmc import groups, lun_paths
from moorage.mock_hmc.core import Core
from moorage.mock_hmc.store import Resource


class _Lun(NamedTuple):
    uuid: str
    size_gib: int


def assign(core: Core, group: Resource) -> None:
    """Complete each data volume a LUN was found for, and the group's state by what is missing or left over."""
    seen = _seen(core, group)
    if not seen:
        groups.refresh(core, group)
        return
    volumes = core.model.children(group.uri, "storage-volume")
    left = seen - {lun for lun in seen if any(volume.props["uuid"] == lun.uuid for volume in volumes)}
    for volume in volumes:
        if volume.props["usage"] == "boot" or (volume.props["uuid"] in {lun.uuid for lun in seen}):
            continue
        fits = sorted(lun for lun in left if lun.size_gib == volume.props["size"])
        if not fits:
            core.update(volume, {"fulfillment-state": "pending", "uuid": None})
            continue
        left.discard(fits[0])
        core.update(
            volume, {"fulfillment-state": "complete", "uuid": fits[0].uuid, "active-size": float(fits[0].size_gib)}
        )
    groups.refresh(core, group)
    _judge(core, group, is_over=bool(left))


def _judge(core: Core, group: Resource, *, is_over: bool) -> None:
    volumes = core.model.children(group.uri, "storage-volume")
    is_missing = any(volume.props["fulfillment-state"] != "complete" for volume in volumes)
    over = "overprovisioned" if core.config.inferences.has_overprovisioned_for_undeclared else "pending-with-mismatches"
    if is_missing or is_over:
        state = "pending-with-mismatches" if is_missing and is_over else over if is_over else "incomplete"
        core.update(group, {"fulfillment-state": state})


def _seen(core: Core, group: Resource) -> set[_Lun]:
    """LUNs that answer on a path of a resource that has a port."""
    found = set()
    for vsr in groups.vsrs(core.model, group):
        port, wwpn = vsr.props["adapter-port-uri"], vsr.props["world-wide-port-name-info"]["world-wide-port-name"]
        for target, lun, uuid, size_gib in core.config.luns(wwpn) if port else ():
            if lun_paths.reason_dead(core.model, core.config.reachable, port, wwpn, target, lun) is None:
                found.add(_Lun(uuid, size_gib))
    return found
