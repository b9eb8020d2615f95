"""Attach a storage group to a partition and detach it."""

from __future__ import annotations

from moorage.mock_hmc import groups, lifecycle
from moorage.mock_hmc.errors import HmcError, bad_request
from moorage.mock_hmc.group_fields import PORT_FIELD
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.requests import NO_CONTENT, Reply, Request
from moorage.mock_hmc.store import Resource
from moorage.mock_hmc.validation import check_create

_BODY = {"storage-group-uri": PORT_FIELD}


def attach(hmc: Hmc, request: Request) -> Reply:
    """204; 400,7 group of another machine, 404,1 no such group, 409,1 in a transition, 409,8 attached already."""
    partition, group = _both(hmc, request)
    if group.parent != partition.parent:
        raise bad_request(7, "The storage group belongs to another machine.")
    groups.attach(hmc.core, group, partition)
    groups.refresh(hmc.core, hmc.find(group.uri, "storage-group"))
    return NO_CONTENT


def detach(hmc: Hmc, request: Request) -> Reply:
    """204; 409,1 in a transition or while the partition runs from the group, 409,8 not attached."""
    partition, group = _both(hmc, request)
    if group.uri not in partition.props["storage-group-uris"]:
        raise HmcError(409, groups.IN_USE, f"Storage group '{group.props['name']}' is not attached.")
    if groups.boots_from(partition, group):
        lifecycle.require(partition, "delete")
    groups.detach(hmc.core, group, partition, are_wwpns_back=hmc.core.config.inferences.has_wwpns_back_on_detach)
    groups.refresh(hmc.core, hmc.find(group.uri, "storage-group"))
    return NO_CONTENT


def detach_deleted(hmc: Hmc, partition: Resource) -> None:
    """What the deletion of a partition does to its groups: 409,8, or they are detached."""
    inferences = hmc.core.config.inferences
    for uri in partition.props["storage-group-uris"]:
        if not inferences.has_deletion_while_attached:
            raise HmcError(409, groups.IN_USE, f"Partition '{partition.props['name']}' has storage groups attached.")
        current = hmc.find(partition.uri, "partition")
        back = inferences.has_wwpns_back_on_deletion
        groups.detach(hmc.core, hmc.find(uri, "storage-group"), current, are_wwpns_back=back)


def _both(hmc: Hmc, request: Request) -> tuple[Resource, Resource]:
    partition = hmc.find(f"/api/partitions/{request.ids['partition']}", "partition")
    uri = check_create(request.body, _BODY, tuple(_BODY))["storage-group-uri"]
    lifecycle.require(partition, "update")
    return partition, hmc.find(uri, "storage-group")
