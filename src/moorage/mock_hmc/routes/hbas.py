"""HBAs of a partition: each has a WWPN of its own that is never used again."""

from __future__ import annotations

from typing import Any

from moorage import ids
from moorage.mock_hmc import lifecycle, listing, ports, wwpns
from moorage.mock_hmc.errors import HmcError
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.machines import FEATURE
from moorage.mock_hmc.requests import NO_CONTENT, Reply, Request
from moorage.mock_hmc.routes.cpcs import has_storage_management
from moorage.mock_hmc.store import Resource
from moorage.mock_hmc.validation import Field, check_create, check_update, pattern, text

_URI = pattern(r"/api/.+", "a URI")
_FIELDS = {
    "name": Field(text(64, 1)),
    "description": Field(text(1024), ""),
    "device-number": Field(pattern(r"[0-9a-fA-F]{4}", "4 hexadecimal digits")),
    "adapter-port-uri": Field(_URI, is_updatable=False),
}
_REASSIGN = {"adapter-port-uri": Field(_URI)}


def create(hmc: Hmc, request: Request) -> Reply:
    """201; 400,8 name or device number in use, 404,2 no such adapter, 404,6 no such port, 409,8 feature is on."""
    partition = hmc.find(f"/api/partitions/{request.ids['partition']}", "partition")
    cpc = hmc.find(partition.parent, "cpc")
    if has_storage_management(cpc):
        raise HmcError(409, 8, f"CPC '{cpc.props['name']}' has the feature {FEATURE}: there are no HBAs.")
    body = check_create(request.body, _FIELDS, ("name", "adapter-port-uri"))
    lifecycle.require(partition, "update")
    ports.check(hmc.model, partition.parent, body["adapter-port-uri"])
    _check_unique(hmc, partition, body, None)
    hba = hmc.model.put(_new(hmc, partition, body))
    hmc.core.update(partition, {"hba-uris": [*partition.props["hba-uris"], hba.uri]})
    hmc.core.notifications.added(hba)
    return Reply(201, {"element-uri": hba.uri})


def show(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "hba")))


def update(hmc: Hmc, request: Request) -> Reply:
    """204; WWPN and port are read-only here (400,6)."""
    hba, partition = _changeable(hmc, request)
    body = check_update(request.body, _FIELDS)
    _check_unique(hmc, partition, body, hba.uri)
    if "device-number" in body:
        body["device-number"] = body["device-number"].lower()
    hmc.core.update(hba, body)
    return NO_CONTENT


def delete(hmc: Hmc, request: Request) -> Reply:
    """204; a partition that was to boot from it has no boot device any more."""
    hba, partition = _changeable(hmc, request)
    props: dict[str, Any] = {"hba-uris": [uri for uri in partition.props["hba-uris"] if uri != hba.uri]}
    if partition.props["boot-storage-device"] == hba.uri:
        props["boot-storage-device"] = None
    hmc.core.update(partition, props)
    hmc.model.remove(hba.uri)
    hmc.core.notifications.removed(hba)
    return NO_CONTENT


def reassign(hmc: Hmc, request: Request) -> Reply:
    """204: the HBA keeps its WWPN and moves to another port."""
    hba, partition = _changeable(hmc, request)
    body = check_create(request.body, _REASSIGN, tuple(_REASSIGN))
    ports.check(hmc.model, partition.parent, body["adapter-port-uri"])
    hmc.core.update(hba, {"adapter-port-uri": body["adapter-port-uri"]})
    return NO_CONTENT


def _changeable(hmc: Hmc, request: Request) -> tuple[Resource, Resource]:
    partition_uri = f"/api/partitions/{request.ids['partition']}"
    hba = hmc.find(f"{partition_uri}/hbas/{request.ids['hba']}", "hba")
    partition = hmc.find(partition_uri, "partition")
    lifecycle.require(partition, "update")
    return hba, partition


def _check_unique(hmc: Hmc, partition: Resource, body: dict[str, Any], own_uri: str | None) -> None:
    for other in hmc.model.children(partition.uri, "hba"):
        if other.uri == own_uri:
            continue
        if body.get("name") == other.props["name"]:
            raise hmc.name_in_use(f"The name '{body['name']}' is in use by another HBA.")
        if body.get("device-number", "").lower() == other.props["device-number"]:
            raise hmc.name_in_use(f"The device number '{body['device-number']}' is in use.")


def _new(hmc: Hmc, partition: Resource, body: dict[str, Any]) -> Resource:
    oid = ids.new()
    uri = f"{partition.uri}/hbas/{oid}"
    device = body.get("device-number") or wwpns.free_device_number(hmc.model.children(partition.uri, "hba"))
    props = {
        "element-uri": uri,
        "element-id": oid,
        "parent": partition.uri,
        "class": "hba",
        "name": body["name"],
        "description": body.get("description", ""),
        "device-number": device.lower(),
        "adapter-port-uri": body["adapter-port-uri"],
        "wwpn": wwpns.next_wwpn(hmc.model),
    }
    return Resource(uri, "hba", partition.uri, props)
