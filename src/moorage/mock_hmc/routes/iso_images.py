"""The ISO image that is mounted on a partition."""

from __future__ import annotations

from moorage.mock_hmc import guest, lifecycle
from moorage.mock_hmc.errors import bad_request
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.requests import NO_CONTENT, Reply, Request


def mount(hmc: Hmc, request: Request) -> Reply:
    """204, in place of the one mounted before; 400,3 no image, 400,1 a query parameter is missing."""
    partition = hmc.find(f"/api/partitions/{request.ids['partition']}", "partition")
    lifecycle.require(partition, "update")
    query = request.query("image-name", "ins-file-name")
    for name in ("image-name", "ins-file-name"):
        if not query.get(name, [""])[0]:
            raise bad_request(1, f"The query parameter '{name}' is required.")
    if not isinstance(request.body, bytes) or request.body[0x8001:0x8006] != b"CD001":
        raise bad_request(3, "The request body is not an ISO 9660 image.")
    guest.insert(hmc.model, partition, request.body)
    names = {"boot-iso-image-name": query["image-name"][0], "boot-iso-ins-file": query["ins-file-name"][0]}
    hmc.core.update(partition, names)
    return NO_CONTENT


def unmount(hmc: Hmc, request: Request) -> Reply:
    """204; nothing mounted is success."""
    partition = hmc.find(f"/api/partitions/{request.ids['partition']}", "partition")
    lifecycle.require(partition, "update")
    guest.forget(hmc.model, partition)
    hmc.core.update(partition, {"boot-iso-image-name": None, "boot-iso-ins-file": None})
    return NO_CONTENT
