"""Storage groups: create, list, properties, modify, delete, candidate ports, discovery, attached partitions."""

from __future__ import annotations

from typing import Any

from moorage.mock_hmc import discovery, groups, listing, ports
from moorage.mock_hmc.errors import HmcError, not_found
from moorage.mock_hmc.group_fields import (
    DISCOVERY,
    GROUP_FIELDS,
    NOT_KEPT,
    PORTS,
    check_sharing,
    initial_group,
)
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.jobs import Plan
from moorage.mock_hmc.machines import FEATURE
from moorage.mock_hmc.requests import NO_CONTENT, Reply, Request
from moorage.mock_hmc.routes import storage_volumes
from moorage.mock_hmc.routes.cpcs import has_storage_management
from moorage.mock_hmc.store import Resource
from moorage.mock_hmc.validation import check_create, check_update

_FILTERS = ("cpc-uri", "name", "fulfillment-state", "type")
_SHOWN = ("object-uri", "cpc-uri", "name", "fulfillment-state", "type")
_EMAIL = {name: GROUP_FIELDS[name] for name in NOT_KEPT if name.startswith("email")}
_BY_HAND_TOO_LATE, _NO_CANDIDATE = 483, 479


def list_all(hmc: Hmc, request: Request) -> Reply:
    found = listing.short(request, hmc.model.of_kind("storage-group"), _FILTERS, _SHOWN)
    return Reply(200, {"storage-groups": found})


def create(hmc: Hmc, request: Request) -> Reply:
    """201; 400 a field is wrong, 400,8 the name is in use on this machine, 404,1 no such machine, 409,8 feature off."""
    body = check_create(request.body, GROUP_FIELDS, ("name", "cpc-uri", "type"))
    cpc = hmc.find(body["cpc-uri"], "cpc")
    if not has_storage_management(cpc):
        raise HmcError(409, 8, f"CPC '{cpc.props['name']}' has not the feature {FEATURE}: there are no storage groups.")
    _check_unique(hmc, cpc.uri, body["name"], None)
    group = hmc.model.put(initial_group(body))
    hmc.core.notifications.added(group)
    made = storage_volumes.apply(hmc, group, body.get("storage-volumes", []))
    if hmc.core.config.inferences.has_wwpns_at_creation:
        groups.top_up(hmc.core, group)
    else:
        hmc.jobs.create(Plan("assign-wwpns", group.uri, None), request.session.id, hmc.core.config.start_delay_s)
    return Reply(201, {"object-uri": group.uri, "element-uris": made})


def show(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "storage-group")))


def modify(hmc: Hmc, request: Request) -> Reply:
    """200 with the URIs of new volumes; 400 as for create. Other path counts put the group back to pending."""
    group = _group(hmc, request)
    body = check_update(request.body, GROUP_FIELDS)
    props = {name: value for name, value in body.items() if name not in NOT_KEPT}
    if "name" in props:
        _check_unique(hmc, group.parent, props["name"], group.uri)
    is_recounted = any(
        props.get(name, group.props[name]) != group.props[name] for name in ("connectivity", "max-partitions")
    )
    check_sharing({**group.props, **props})
    group = hmc.core.update(group, props)
    made = storage_volumes.apply(hmc, group, body.get("storage-volumes", []))
    if is_recounted:
        groups.top_up(hmc.core, hmc.core.update(group, {"fulfillment-state": "pending"}))
    return Reply(200, {"element-uris": made} if made else {})


def delete(hmc: Hmc, request: Request) -> Reply:
    """204, and its WWPNs are gone for good; 409,8 while it is attached."""
    group = _group(hmc, request)
    check_update(request.body or {}, _EMAIL)
    if groups.attached(hmc.model, group):
        raise HmcError(409, groups.IN_USE, f"Storage group '{group.props['name']}' is attached to a partition.")
    for volume in hmc.model.children(group.uri, "storage-volume"):
        storage_volumes.forget(hmc, volume)
    hmc.model.remove(group.uri)
    hmc.core.notifications.removed(group)
    return NO_CONTENT


def partitions(hmc: Hmc, request: Request) -> Reply:
    attached = groups.attached(hmc.model, _group(hmc, request))
    shown = listing.short(request, attached, ("name", "status"), ("object-uri", "name", "type", "status"))
    return Reply(200, {"partitions": shown})


def add_ports(hmc: Hmc, request: Request) -> Reply:
    """204; 409,483 once a WWPN is validated, as ports are then found by the HMC; 404,2/6 no such port."""
    group = _group(hmc, request)
    uris = check_create(request.body, PORTS, tuple(PORTS))["adapter-port-uris"]
    if _is_validated(hmc, group):
        raise HmcError(409, _BY_HAND_TOO_LATE, "A WWPN of the group is validated: candidate ports are found by DPM.")
    for uri in uris:
        ports.check(hmc.model, group.parent, uri)
    known = group.props["candidate-adapter-port-uris"]
    hmc.core.update(group, {"candidate-adapter-port-uris": list(dict.fromkeys([*known, *uris]))})
    return NO_CONTENT


def remove_ports(hmc: Hmc, request: Request) -> Reply:
    """204; 409,479 for a port that is no candidate."""
    group = _group(hmc, request)
    uris = check_create(request.body, PORTS, tuple(PORTS))["adapter-port-uris"]
    known = group.props["candidate-adapter-port-uris"]
    if not set(uris) <= set(known):
        raise HmcError(409, _NO_CANDIDATE, "One of the ports is no candidate port of the group.")
    hmc.core.update(group, {"candidate-adapter-port-uris": [uri for uri in known if uri not in uris]})
    return NO_CONTENT


def discover(hmc: Hmc, request: Request) -> Reply:
    """202 with the URI of the job."""
    group = _group(hmc, request)
    check_update(request.body or {}, DISCOVERY)
    plan = Plan("discover-luns", group.uri, None)
    return Reply(202, {"job-uri": hmc.jobs.create(plan, request.session.id, hmc.core.config.start_delay_s)})


def connection_report(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, discovery.report(hmc.core, _group(hmc, request)))


OPERATIONS = {
    "modify": modify,
    "delete": delete,
    "add-candidate-adapter-ports": add_ports,
    "remove-candidate-adapter-ports": remove_ports,
    "start-fcp-storage-discovery": discover,
}


def operate(hmc: Hmc, request: Request) -> Reply:
    """The operation named by the path; 404,1 for one that is not simulated."""
    operation = OPERATIONS.get(request.ids["operation"])
    if operation is None:
        raise not_found(f"The operation '{request.ids['operation']}'")
    return operation(hmc, request)


def _group(hmc: Hmc, request: Request) -> Resource:
    return hmc.find(f"/api/storage-groups/{request.ids['group']}", "storage-group")


def _is_validated(hmc: Hmc, group: Resource) -> bool:
    in_use: list[Any] = [vsr.props["world-wide-port-name-info"] for vsr in groups.vsrs(hmc.model, group)]
    every = [*group.props["unassigned-world-wide-port-names"], *in_use]
    return any(wwpn["status"] == "validated" for wwpn in every)


def _check_unique(hmc: Hmc, cpc_uri: str, name: str, own_uri: str | None) -> None:
    for other in hmc.model.children(cpc_uri, "storage-group"):
        if other.uri != own_uri and other.props["name"] == name:
            raise hmc.name_in_use(f"The name '{name}' is in use by another storage group.")
