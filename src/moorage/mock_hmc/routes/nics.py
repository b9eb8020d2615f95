"""NICs of a partition, on a virtual switch or on a network port."""

from __future__ import annotations

from typing import Any

from moorage import ids
from moorage.mock_hmc import lifecycle, listing
from moorage.mock_hmc.errors import bad_request, not_found
from moorage.mock_hmc.hmc import Hmc
from moorage.mock_hmc.requests import NO_CONTENT, Reply, Request
from moorage.mock_hmc.routes.cpcs import has_storage_management
from moorage.mock_hmc.store import Resource
from moorage.mock_hmc.validation import Field, check_create, choice, integer, pattern, text

_URI = pattern(r"/api/.+", "a URI")
_MAC = "mac-address"
_FIELDS = {
    "name": Field(text(64, 1)),
    "description": Field(text(1024), ""),
    "device-number": Field(pattern(r"[0-9a-fA-F]{4}", "4 hexadecimal digits")),
    "virtual-switch-uri": Field(_URI),
    "network-adapter-port-uri": Field(_URI),
    _MAC: Field(pattern(r"[0-9a-f][26ae](:[0-9a-f]{2}){5}", "a locally administered MAC address")),
    "vlan-id": Field(integer(1, 4094)),
    "vlan-type": Field(choice("enforced")),
}
_BACKINGS = {"virtual-switch-uri": "virtual-switch", "network-adapter-port-uri": "network-port"}


def create(hmc: Hmc, request: Request) -> Reply:
    """201; 400,8 name, device number or MAC in use, 400,6 a MAC on a machine that takes none, 404,2 no such backing."""
    partition = hmc.find(f"/api/partitions/{request.ids['partition']}", "partition")
    body = check_create(request.body, _FIELDS, ("name", "device-number"))
    lifecycle.require(partition, "update")
    if _MAC in body and not has_storage_management(hmc.find(partition.parent, "cpc")):
        raise bad_request(6, f"The field '{_MAC}' cannot be written on this machine.")
    _check_backing(hmc, partition, body)
    _check_unique(hmc, partition, body)
    nic = hmc.model.put(_new(partition, body))
    hmc.core.update(partition, {"nic-uris": [*partition.props["nic-uris"], nic.uri]})
    hmc.core.notifications.added(nic)
    return Reply(201, {"element-uri": nic.uri})


def show(hmc: Hmc, request: Request) -> Reply:
    return Reply(200, listing.full(request, hmc.find(request.path, "nic")))


def delete(hmc: Hmc, request: Request) -> Reply:
    partition = hmc.find(f"/api/partitions/{request.ids['partition']}", "partition")
    nic = hmc.find(f"{partition.uri}/nics/{request.ids['nic']}", "nic")
    lifecycle.require(partition, "update")
    hmc.core.update(partition, {"nic-uris": [uri for uri in partition.props["nic-uris"] if uri != nic.uri]})
    hmc.model.remove(nic.uri)
    hmc.core.notifications.removed(nic)
    return NO_CONTENT


def _check_backing(hmc: Hmc, partition: Resource, body: dict[str, Any]) -> None:
    given = [name for name in _BACKINGS if name in body]
    if len(given) != 1:
        raise bad_request(5, f"One of {' and '.join(_BACKINGS)} is required.")
    backing = hmc.model.get(body[given[0]], _BACKINGS[given[0]])
    machine = None
    if backing is not None:
        parent = str(backing.props["parent"])
        machine = parent if parent.startswith("/api/cpcs/") else hmc.find(parent, "network-card").parent
    if machine != partition.parent:
        raise not_found(f"{given[0]} {body[given[0]]} on the partition's machine", 2)


def _check_unique(hmc: Hmc, partition: Resource, body: dict[str, Any]) -> None:
    for other in hmc.model.children(partition.uri, "nic"):
        for name in ("name", "device-number"):
            if body[name].lower() == str(other.props[name]).lower():
                raise bad_request(8, f"The {name} '{body[name]}' is in use by another NIC.")
    for other in hmc.model.of_kind("nic"):
        if _MAC in body and body[_MAC] == other.props[_MAC]:
            raise bad_request(8, f"The MAC address '{body[_MAC]}' is in use.")


def _new(partition: Resource, body: dict[str, Any]) -> Resource:
    oid = ids.new()
    uri = f"{partition.uri}/nics/{oid}"
    digits = oid.replace("-", "")
    made = "02:" + ":".join(digits[n : n + 2] for n in range(0, 10, 2))
    props = {
        "element-uri": uri, "element-id": oid, "parent": partition.uri, "class": "nic", "description": "",
        "virtual-switch-uri": None, "network-adapter-port-uri": None, _MAC: made, "vlan-id": None, "vlan-type": None,
        **body, "device-number": body["device-number"].lower(),
    }  # fmt: skip
    return Resource(uri, "nic", partition.uri, props)
