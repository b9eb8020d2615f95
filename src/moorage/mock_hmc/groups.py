"""What happens to a storage group's WWPNs, virtual storage resources and volumes when something is done to it?

A group holds connectivity x max-partitions WWPNs, either unassigned or in a virtual storage resource. The path told
for a volume is kept apart from its properties, as no property of the data model holds it before an adapter uses it.
"""

from __future__ import annotations

from typing import Any

from moorage.mock_hmc import ports, wwpns
from moorage.mock_hmc.core import Core
from moorage.mock_hmc.errors import HmcError
from moorage.mock_hmc.group_fields import initial_vsr
from moorage.mock_hmc.resources import Model
from moorage.mock_hmc.store import Resource

IN_USE = 8
"""Reason of a 409 that an object's present use causes; the real code is not known."""


def top_up(core: Core, group: Resource) -> Resource:
    """Bring the number of WWPNs to what connectivity and max-partitions ask for."""
    is_validated = core.config.inferences.has_validated_wwpns
    free = list(group.props["unassigned-world-wide-port-names"])
    wanted = group.props["connectivity"] * group.props["max-partitions"] - len(vsrs(core.model, group))
    status = "validated" if is_validated else "not-validated"
    while len(free) < wanted:
        free.append({"world-wide-port-name": wwpns.next_wwpn(core.model), "status": status})
    changes: dict[str, Any] = {"unassigned-world-wide-port-names": free[: max(wanted, 0)]}
    if is_validated:
        changes["candidate-adapter-port-uris"] = ports.of_machine(core.model, group.parent)
    return core.update(group, changes)


def vsrs(model: Model, group: Resource, partition_uri: str | None = None) -> list[Resource]:
    """The group's virtual storage resources, or those of one partition."""
    found = model.children(group.uri, "virtual-storage-resource")
    return [each for each in found if partition_uri in (None, each.props["partition-uri"])]


def of_partition(model: Model, partition: Resource) -> list[Resource]:
    """The virtual storage resources of a partition, of all its groups."""
    found = model.of_kind("virtual-storage-resource")
    return [each for each in found if each.props["partition-uri"] == partition.uri]


def attached(model: Model, group: Resource) -> list[Resource]:
    """The partitions the group is attached to."""
    return [each for each in model.children(group.parent, "partition") if group.uri in each.props["storage-group-uris"]]


def attach(core: Core, group: Resource, partition: Resource) -> None:
    """One virtual storage resource for each path, with the group's first unassigned WWPNs. Raises 409,8."""
    count, free = group.props["connectivity"], list(group.props["unassigned-world-wide-port-names"])
    holders = attached(core.model, group)
    if partition in holders or len(holders) >= group.props["max-partitions"]:
        raise HmcError(409, IN_USE, f"Storage group '{group.props['name']}' is attached already.")
    if len(free) < count:
        raise HmcError(409, IN_USE, f"Storage group '{group.props['name']}' has no {count} unassigned WWPNs yet.")
    made = [_add_vsr(core, group, partition, wwpn, number) for number, wwpn in enumerate(free[:count])]
    changes = {
        "unassigned-world-wide-port-names": free[count:],
        "virtual-storage-resource-uris": [*group.props["virtual-storage-resource-uris"], *made],
    }
    core.update(group, changes)
    core.update(partition, {"storage-group-uris": [*partition.props["storage-group-uris"], group.uri]})


def _add_vsr(core: Core, group: Resource, partition: Resource, wwpn: dict[str, str], number: int) -> str:
    device = wwpns.free_device_number(of_partition(core.model, partition))
    candidates = group.props["candidate-adapter-port-uris"]
    has_port = core.config.inferences.has_port_at_attach and wwpn["status"] == "validated" and candidates
    port = candidates[number % len(candidates)] if has_port else None
    made = core.model.put(initial_vsr(group, partition, device, wwpn, port))
    core.notifications.added(made)
    return made.uri


def detach(core: Core, group: Resource, partition: Resource, *, are_wwpns_back: bool) -> None:
    """Remove the partition's virtual storage resources; their WWPNs return or are replaced by new ones."""
    gone = vsrs(core.model, group, partition.uri)
    for vsr in gone:
        core.model.remove(vsr.uri)
        core.notifications.removed(vsr)
    uris = [vsr.uri for vsr in gone]
    back = [vsr.props["world-wide-port-name-info"] for vsr in gone] if are_wwpns_back else []
    changes = {
        "unassigned-world-wide-port-names": [*back, *group.props["unassigned-world-wide-port-names"]],
        "virtual-storage-resource-uris": [
            uri for uri in group.props["virtual-storage-resource-uris"] if uri not in uris
        ],
    }
    top_up(core, core.update(group, changes))
    left = [uri for uri in partition.props["storage-group-uris"] if uri != group.uri]
    lost_boot = {"boot-storage-volume": None} if boots_from(partition, group) else {}
    core.update(partition, {"storage-group-uris": left, **lost_boot})


def boots_from(partition: Resource, group: Resource) -> bool:
    """Whether the partition's boot volume is in this group."""
    return str(partition.props["boot-storage-volume"] or "").startswith(f"{group.uri}/")


def told_path(model: Model, volume_uri: str) -> dict[str, str] | None:
    """Target, LUN and port told for a volume, in the words of the request that told them."""
    path = model.get(f"/internal/told-path{volume_uri}", "told-path")
    return dict(path.props) if path else None


def tell_path(core: Core, group: Resource, volume: Resource, body: dict[str, str]) -> None:
    """Keep the path; a resource without port may move to the port told."""
    core.model.put(Resource(f"/internal/told-path{volume.uri}", "told-path", volume.uri, body))
    core.update(volume, {"fulfillment-state": "pending"})
    mine = vsrs(core.model, group)
    port = body["adapter-port-uri"]
    idle = [vsr for vsr in mine if vsr.props["adapter-port-uri"] is None]
    is_served = any(vsr.props["adapter-port-uri"] == port for vsr in mine)
    if core.config.inferences.has_port_at_fulfillment and idle and not is_served:
        core.update(idle[0], {"adapter-port-uri": port})
    refresh(core, group)


def complete(core: Core, group: Resource, volume: Resource) -> None:
    """The volume told is there: its size and identifier as the LUN has them, where the fabric tells."""
    told = told_path(core.model, volume.uri)
    if told is None:
        return
    where = (told["world-wide-port-name"], told["logical-unit-number"])
    seen = {(target, lun): (uuid, size) for wwpn in wwpn_names(core.model, group)
            for target, lun, uuid, size in core.config.luns(wwpn)}  # fmt: skip
    uuid, size = seen.get(where, (None, volume.props["size"]))
    core.update(volume, {"fulfillment-state": "complete", "active-size": float(size), "uuid": uuid})
    refresh(core, group)


def wwpn_names(model: Model, group: Resource) -> list[str]:
    """Every WWPN of the group, in use or not."""
    infos = [vsr.props["world-wide-port-name-info"] for vsr in vsrs(model, group)]
    infos += group.props["unassigned-world-wide-port-names"]
    return [str(info["world-wide-port-name"]) for info in infos]


def refresh(core: Core, group: Resource) -> None:
    """Group state from its volumes' states, and each volume's paths from told path and virtual storage resources."""
    volumes = core.model.children(group.uri, "storage-volume")
    for volume in volumes:
        core.update(volume, {"paths": _paths(core.model, group, volume)})
    is_complete = bool(volumes) and all(each.props["fulfillment-state"] == "complete" for each in volumes)
    changes: dict[str, Any] = {"fulfillment-state": "complete" if is_complete else "pending"}
    if is_complete:
        changes["active-connectivity"] = group.props["connectivity"]
        changes["active-max-partitions"] = group.props["max-partitions"]
    core.update(group, changes)


def _paths(model: Model, group: Resource, volume: Resource) -> list[dict[str, str]]:
    told = told_path(model, volume.uri)
    if told is None or volume.props["fulfillment-state"] != "complete":
        return []
    return [
        {
            "partition-uri": vsr.props["partition-uri"],
            "device-number": vsr.props["device-number"],
            "target-world-wide-port-name": told["world-wide-port-name"],
            "logical-unit-number": told["logical-unit-number"],
        }
        for vsr in vsrs(model, group)
        if vsr.props["adapter-port-uri"] == told["adapter-port-uri"]
    ]
