"""Storage volumes of a group: declared and removed by modifying the group, told their path by fulfilment."""

from __future__ import annotations

from typing import Any

from moorage.mock_hmc import groups, listing, lun_paths, ports
from moorage.mock_hmc.errors import HmcError, not_found
from moorage.mock_hmc.group_fields import FULFILLMENT, checked_volume, initial_volume
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.jobs import Plan
from moorage.mock_hmc.requests import NO_CONTENT, Reply, Request
from moorage.mock_hmc.store import Resource
from moorage.mock_hmc.validation import check_create

_FILTERS = ("name", "fulfillment-state", "usage")
_SHOWN = ("element-uri", "name", "fulfillment-state", "size", "usage")


def list_of_group(hmc: Hmc, request: Request) -> Reply:
    group = hmc.find(f"/api/storage-groups/{request.ids['group']}", "storage-group")
    found = listing.short(request, hmc.model.children(group.uri, "storage-volume"), _FILTERS, _SHOWN)
    return Reply(200, {"storage-volumes": found})


def show(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "storage-volume")))


def fulfill(hmc: Hmc, request: Request) -> Reply:
    """204; 404,2/6 no such port, 409,8 complete already, 409,484/485 the path is checked and does not answer."""
    volume = hmc.find(request.path.partition("/operations/")[0], "storage-volume")
    group = hmc.find(volume.props["parent"], "storage-group")
    body = check_create(request.body, FULFILLMENT, tuple(FULFILLMENT))
    ports.check(hmc.model, group.parent, body["adapter-port-uri"])
    inferences = hmc.core.config.inferences
    if volume.props["fulfillment-state"] == "complete" and not inferences.has_repeated_fulfillment:
        raise HmcError(409, groups.IN_USE, f"Storage volume '{volume.props['name']}' is complete.")
    if inferences.has_path_check_at_fulfillment:
        _check_path(hmc, group, body)
    groups.tell_path(hmc.core, group, volume, body)
    if inferences.has_fulfillment_at_once:
        groups.complete(hmc.core, group, hmc.find(volume.uri, "storage-volume"))
    else:
        hmc.jobs.create(Plan("complete-volume", volume.uri, None), request.session.id, hmc.core.config.start_delay_s)
    return NO_CONTENT


def _check_path(hmc: Hmc, group: Resource, body: dict[str, str]) -> None:
    failures = []
    for initiator in groups.wwpn_names(hmc.model, group):
        path = (initiator, body["world-wide-port-name"], body["logical-unit-number"])
        try:
            lun_paths.refusal(hmc.model, hmc.core.config.reachable, body["adapter-port-uri"], *path)
        except HmcError as failure:
            failures.append(failure)
        else:
            return
    if failures:
        raise failures[0]


def apply(hmc: Hmc, group: Resource, entries: list[dict[str, Any]]) -> list[str]:
    """Create, modify and delete as the entries say; URIs of the created in their order. 400, or 404,1."""
    made = []
    for number, entry in enumerate(entries):
        body = checked_volume(entry)
        if body["operation"] == "create":
            made.append(_create(hmc, group, body, number))
            continue
        volume = hmc.model.get(body["element-uri"], "storage-volume")
        if volume is None or volume.parent != group.uri:
            raise not_found(f"The storage volume {body['element-uri']}")
        if body["operation"] == "delete":
            _delete(hmc, group, volume)
        else:
            hmc.core.update(volume, {name: body[name] for name in body if name not in ("operation", "element-uri")})
    if entries:
        current = hmc.find(group.uri, "storage-group")
        volumes = hmc.model.children(group.uri, "storage-volume")
        hmc.core.update(current, {"storage-volume-uris": [volume.uri for volume in volumes]})
        groups.refresh(hmc.core, hmc.find(group.uri, "storage-group"))
    return made


def forget(hmc: Hmc, volume: Resource) -> None:
    """The volume and the path told for it."""
    hmc.model.remove(f"/internal/told-path{volume.uri}")
    hmc.model.remove(volume.uri)
    hmc.core.notifications.removed(volume)


def _create(hmc: Hmc, group: Resource, body: dict[str, Any], number: int) -> str:
    volume = hmc.model.put(initial_volume(group, body, number))
    hmc.core.notifications.added(volume)
    return volume.uri


def _delete(hmc: Hmc, group: Resource, volume: Resource) -> None:
    for partition in groups.attached(hmc.model, group):
        if partition.props["boot-storage-volume"] == volume.uri:
            hmc.core.update(partition, {"boot-storage-volume": None})
    forget(hmc, volume)
