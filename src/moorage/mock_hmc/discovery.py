"""What does LUN discovery find, and what does the connection report say?

Boot volumes are looked for along the paths told by fulfilment: a WWPN whose resource is on a path told is validated if
every such volume answers there. Data volumes are found unaided: each takes the first LUN of its size that is left.
"""

from __future__ import annotations

from typing import Any

from moorage.mock_hmc import found_luns, groups, lun_paths, ports
from moorage.mock_hmc.core import Core
from moorage.mock_hmc.jobs import Ending, Plan
from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.store import Resource


class Discovery:
    """Ends the jobs that concern storage groups."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def endings(self) -> dict[str, Any]:
        """Job operation -> what ends it."""
        return {
            "discover-luns": self._discovered,
            "assign-wwpns": self._assigned,
            "complete-volume": self._completed,
        }

    def _completed(self, plan: Plan) -> Ending:
        with self._core.transaction() as model:
            volume = model.get(plan.target, "storage-volume")
            group = model.get(volume.parent, "storage-group") if volume else None
            if volume is not None and group is not None:
                groups.complete(self._core, group, volume)
        return Ending()

    def _assigned(self, plan: Plan) -> Ending:
        with self._core.transaction() as model:
            group = model.get(plan.target, "storage-group")
            if group is not None:
                groups.top_up(self._core, group)
        return Ending()

    def _discovered(self, plan: Plan) -> Ending:
        with self._core.transaction() as model:
            group = model.get(plan.target, "storage-group")
            if group is not None:
                self._discover(model, group)
        return Ending()

    def _discover(self, model: Model, group: Resource) -> None:
        for vsr in _placed(self._core, model, group):
            if _status(self._core, model, group, vsr) == "correct-volumes":
                info = {**vsr.props["world-wide-port-name-info"], "status": "validated"}
                self._core.update(vsr, {"world-wide-port-name-info": info})
        found_luns.assign(self._core, group)
        if any(_is_validated(vsr) for vsr in groups.vsrs(model, group)):
            current = model.get(group.uri, "storage-group")
            assert current is not None
            self._core.update(current, {"candidate-adapter-port-uris": ports.of_machine(model, group.parent)})


def report(core: Core, group: Resource) -> dict[str, Any]:
    """The Get Connection Report reply: for each target told, how each WWPN of the group sees its volumes."""
    told = _told(core.model, group)
    targets = dict.fromkeys(path["world-wide-port-name"] for path in told)
    return {"fcp-storage-subsystems": [_subsystem(core, group, target) for target in targets]}


def _subsystem(core: Core, group: Resource, target: str) -> dict[str, Any]:
    configurations = [
        {
            "world-wide-port-name": vsr.props["world-wide-port-name-info"]["world-wide-port-name"],
            "adapter-port-uri": vsr.props["adapter-port-uri"],
            "volumes-configuration-status": _status(core, core.model, group, vsr, target),
        }
        for vsr in groups.vsrs(core.model, group)
    ]
    return {"world-wide-port-name": target, "storage-configurations": configurations}


def _status(core: Core, model: Model, group: Resource, vsr: Resource, target: str | None = None) -> str:
    told = [path for path in _told(model, group) if target in (None, path["world-wide-port-name"])]
    port = vsr.props["adapter-port-uri"]
    if port is None or not told:
        return "no-volumes"
    wwpn = vsr.props["world-wide-port-name-info"]["world-wide-port-name"]
    for path in told:
        where = (wwpn, path["world-wide-port-name"], path["logical-unit-number"])
        if lun_paths.reason_dead(model, core.config.reachable, port, *where) is not None:
            return "incorrect-volumes"
    return "correct-volumes"


def _placed(core: Core, model: Model, group: Resource) -> list[Resource]:
    """The resources on a port; those without one get a candidate port that works."""
    candidates = [uri for uri in group.props["candidate-adapter-port-uris"] if lun_paths.port_fault(model, uri) is None]
    for number, vsr in enumerate(groups.vsrs(model, group)):
        if vsr.props["adapter-port-uri"] is None and candidates:
            core.update(vsr, {"adapter-port-uri": candidates[number % len(candidates)]})
    return [vsr for vsr in groups.vsrs(model, group) if vsr.props["adapter-port-uri"] is not None]


def _is_validated(vsr: Resource) -> bool:
    return bool(vsr.props["world-wide-port-name-info"]["status"] == "validated")


def _told(model: Model, group: Resource) -> list[dict[str, str]]:
    paths = [groups.told_path(model, volume.uri) for volume in model.children(group.uri, "storage-volume")]
    return [path for path in paths if path is not None]
