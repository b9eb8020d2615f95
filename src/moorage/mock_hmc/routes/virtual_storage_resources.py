"""Virtual storage resources: list, properties, and the writable ones (port, device number, name)."""

from __future__ import annotations

from moorage.mock_hmc import groups, listing, ports
from moorage.mock_hmc.errors import bad_request
from moorage.mock_hmc.group_fields import VSR_FIELDS
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.requests import NO_CONTENT, Reply, Request
from moorage.mock_hmc.validation import check_update

_SHOWN = ("element-uri", "name", "device-number", "adapter-port-uri", "partition-uri")


def list_of_group(hmc: Hmc, request: Request) -> Reply:
    group = hmc.find(f"/api/storage-groups/{request.ids['group']}", "storage-group")
    found = listing.short(request, groups.vsrs(hmc.model, group), _SHOWN[1:], _SHOWN)
    return Reply(200, {"virtual-storage-resources": found})


def show(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "virtual-storage-resource")))


def update(hmc: Hmc, request: Request) -> Reply:
    """204; 400,8 device number in use in the partition, 404,2/6 no such port."""
    vsr = hmc.find(request.path, "virtual-storage-resource")
    group = hmc.find(vsr.props["parent"], "storage-group")
    partition = hmc.find(vsr.props["partition-uri"], "partition")
    body = check_update(request.body, VSR_FIELDS)
    if "adapter-port-uri" in body:
        ports.check(hmc.model, group.parent, body["adapter-port-uri"])
    for other in groups.of_partition(hmc.model, partition):
        if other.uri != vsr.uri and other.props["device-number"] == body.get("device-number"):
            raise bad_request(8, f"The device number '{body['device-number']}' is in use.")
    hmc.core.update(vsr, body)
    groups.refresh(hmc.core, group)
    return NO_CONTENT
