"""Every URL of the HMC that needs a session, and the function that answers it.

A function takes the HMC and the request, runs inside one transaction, and returns a reply or raises ``HmcError``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from moorage.mock_hmc.errors import not_found
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.requests import Reply, Request
from moorage.mock_hmc.routes import (
    adapters,
    attachments,
    console,
    cpcs,
    hbas,
    iso_images,
    jobs,
    nics,
    partitions,
    storage_groups,
    storage_volumes,
    virtual_storage_resources,
)

Handler = Callable[[Hmc, Request], Reply]

ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", "/api/console"): console.show,
    ("GET", "/api/console/operations/list-permitted-partitions"): console.list_permitted_partitions,
    ("POST", "/api/services/inventory"): console.inventory,
    ("DELETE", "/api/sessions/this-session"): console.logoff,
    ("GET", "/api/sessions/operations/get-notification-topics"): console.topics,
    ("GET", "/api/cpcs"): cpcs.list_all,
    ("GET", "/api/cpcs/{cpc}"): cpcs.show,
    ("POST", "/api/cpcs/{cpc}/operations/export-port-names-list"): cpcs.export_port_names,
    ("POST", "/api/cpcs/{cpc}/operations/validate-lun-path"): cpcs.validate_lun_path,
    ("GET", "/api/cpcs/{cpc}/adapters"): adapters.list_of_cpc,
    ("GET", "/api/adapters/{adapter}"): adapters.show,
    ("GET", "/api/adapters/{adapter}/storage-ports/{port}"): adapters.show_port,
    ("GET", "/api/adapters/{adapter}/network-ports/{port}"): adapters.show_network_port,
    ("GET", "/api/cpcs/{cpc}/virtual-switches"): adapters.list_switches,
    ("GET", "/api/virtual-switches/{switch}"): adapters.show_switch,
    ("GET", "/api/cpcs/{cpc}/partitions"): partitions.list_of_cpc,
    ("POST", "/api/cpcs/{cpc}/partitions"): partitions.create,
    ("GET", "/api/partitions/{partition}"): partitions.show,
    ("POST", "/api/partitions/{partition}"): partitions.update,
    ("DELETE", "/api/partitions/{partition}"): partitions.delete,
    ("POST", "/api/partitions/{partition}/operations/attach-storage-group"): attachments.attach,
    ("POST", "/api/partitions/{partition}/operations/detach-storage-group"): attachments.detach,
    ("GET", "/api/partitions/{partition}/operations/list-os-messages"): partitions.list_os_messages,
    ("POST", "/api/partitions/{partition}/operations/mount-iso-image"): iso_images.mount,
    ("POST", "/api/partitions/{partition}/operations/unmount-iso-image"): iso_images.unmount,
    ("POST", "/api/partitions/{partition}/operations/{operation}"): partitions.operate,
    ("POST", "/api/partitions/{partition}/nics"): nics.create,
    ("GET", "/api/partitions/{partition}/nics/{nic}"): nics.show,
    ("DELETE", "/api/partitions/{partition}/nics/{nic}"): nics.delete,
    ("POST", "/api/partitions/{partition}/hbas"): hbas.create,
    ("GET", "/api/partitions/{partition}/hbas/{hba}"): hbas.show,
    ("POST", "/api/partitions/{partition}/hbas/{hba}"): hbas.update,
    ("DELETE", "/api/partitions/{partition}/hbas/{hba}"): hbas.delete,
    ("POST", "/api/partitions/{partition}/hbas/{hba}/operations/reassign-storage-adapter-port"): hbas.reassign,
    ("GET", "/api/storage-groups"): storage_groups.list_all,
    ("POST", "/api/storage-groups"): storage_groups.create,
    ("GET", "/api/storage-groups/{group}"): storage_groups.show,
    ("GET", "/api/storage-groups/{group}/operations/get-partitions"): storage_groups.partitions,
    ("GET", "/api/storage-groups/{group}/operations/get-connection-report"): storage_groups.connection_report,
    ("POST", "/api/storage-groups/{group}/operations/get-connection-report"): storage_groups.connection_report,
    ("POST", "/api/storage-groups/{group}/operations/{operation}"): storage_groups.operate,
    ("GET", "/api/storage-groups/{group}/storage-volumes"): storage_volumes.list_of_group,
    ("GET", "/api/storage-groups/{group}/storage-volumes/{volume}"): storage_volumes.show,
    (
        "POST",
        "/api/storage-groups/{group}/storage-volumes/{volume}/operations/fulfill-fcp-storage-volume",
    ): storage_volumes.fulfill,
    ("GET", "/api/storage-groups/{group}/virtual-storage-resources"): virtual_storage_resources.list_of_group,
    ("GET", "/api/storage-groups/{group}/virtual-storage-resources/{vsr}"): virtual_storage_resources.show,
    ("POST", "/api/storage-groups/{group}/virtual-storage-resources/{vsr}"): virtual_storage_resources.update,
    ("GET", "/api/jobs/{job}"): jobs.query,
    ("DELETE", "/api/jobs/{job}"): jobs.delete,
    ("POST", "/api/jobs/{job}/operations/cancel"): jobs.cancel,
}


class _Route(NamedTuple):
    method: str
    regex: re.Pattern[str]
    handler: Handler


def _compile(routes: Mapping[tuple[str, str], Handler]) -> list[_Route]:
    return [
        _Route(method, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template)), handler)
        for (method, template), handler in routes.items()
    ]


_COMPILED = _compile(ROUTES)


def find(method: str, uri: str) -> tuple[Handler, dict[str, str]]:
    """The function for a request and the ids in its path. Raises 404,1: the HMC knows no 405."""
    path = urlsplit(uri).path
    for route in _COMPILED:
        if route.method == method and (match := route.regex.fullmatch(path)):
            return route.handler, match.groupdict()
    raise not_found(f"{method} {path}")
